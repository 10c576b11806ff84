"""Sealing and verifying in bulk, in this process or in a worker process beside it.

Public-key work is most of what an exchange costs, and it holds the interpreter lock. For a big exchange a worker
process does it while this process stores and sends. The worker reads the keys from their files itself, so no key passes
between the two. It lives as long as the exchange, and it ends by itself when this process ends in whatever way. When
the worker is lost, this process does the remaining work.
"""

import os
import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, TypeVar

from transport.errors import ReceiptFault
from transport.evidence.envelope import Envelope, Label, Purpose, Sealer
from transport.evidence.receipts import ReceiptVerifier
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity

_Result = TypeVar("_Result")
# How long a worker may take to end once its socket is closed; after that it is killed.
_END_SECONDS: Final = 5.0
# The program names this module through __name__: a module that is not there would end the worker at once, and the
# fallback below would hide that.
_PROGRAM: Final = f"import sys; from {__name__} import serve; serve(int(sys.argv[1]))"


class PlainContent(NamedTuple):
    """A content that is to be sealed under a message id."""

    id: str
    plain: bytes


class SealedEnvelope(NamedTuple):
    """A finished envelope: its exact bytes, its header, and the digests of it and of its content (32 bytes each)."""

    raw: bytes
    header: bytes
    digest: bytes
    content_digest: bytes


class Proof(NamedTuple):
    """A receipt, and the label of the envelope that it is supposed to be for."""

    receipt: bytes
    label: Label


class CryptoWorker(Protocol):
    """Does the public-key work of an exchange."""

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages and keep their order. The future raises what `Sealer.seal` raises."""

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Decide for each receipt whether it verifies. To learn what is wrong with one, use a `ReceiptVerifier`."""


class LocalCryptoWorker:
    """Works in this process and at once. For exchanges of a few messages, which do not repay starting a process."""

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages and keep their order."""
        return _run_now(lambda: _seal_all(sealer, contents, created_at))

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Decide for each receipt whether it verifies."""
        return _run_now(lambda: _verify_all(proofs, signers))


class CryptoWorkerProcess:
    """Works in a process beside this one, which carries out its orders in turn; `close` ends that process."""

    def __init__(self) -> None:
        # A socket pair without a name: no other process can connect to the worker, and it is gone with its two ends.
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # Our own module, with an argument that we made ourselves.
                # -I: neither the working directory nor PYTHON* variables may put other code into the process that
                # reads the keys.
                [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl+C and hang-up of our terminal are meant for this process. The worker ends when this one ends.
                start_new_session=True,
            )
        self._socket = ours
        self._connection = Connection(os.dup(ours.fileno()))
        # `_turn` is held while an order is sent, so that the order of `_pending` is the order on the socket.
        # `_guard` is held only for moments: it protects `_pending` and `_lost` from the reading thread.
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._pending: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lost = False
        self._reader = threading.Thread(target=self._read, name="crypto worker", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        """The id of the worker process."""
        return self._process.pid

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages and keep their order."""
        # Only the directory of the keys is sent: the worker loads them from their files.
        order = _SealOrder(
            sealer.sender.directory, sealer.recipient, sealer.municipality, sealer.peer_version, contents, created_at
        )
        return self._submit(order, lambda: _seal_all(sealer, contents, created_at))

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Decide for each receipt whether it verifies."""
        # The worker remembers the labels of the envelopes that it made, so their digests are enough. It cannot carry
        # out an order about any other envelope; that order is carried out in this process.
        digests = [(proof.receipt, bytes.fromhex(proof.label.digest)) for proof in proofs]
        return self._submit(_VerifyOrder(digests, signers), lambda: _verify_all(proofs, signers))

    def close(self) -> None:
        """End the worker process and give up its remaining work."""
        # The futures are cancelled before the socket closes; otherwise the reading thread would take the closed socket
        # for a lost worker and do all pending work here.
        with self._guard:
            for future, _ in self._pending:
                future.cancel()
            self._pending.clear()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._connection.close()
        self._socket.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _submit(self, order: "_SealOrder | _VerifyOrder", fallback: Callable[[], Any]) -> "Future[Any]":
        """Send an order to the worker; `fallback` does the same work here when the worker cannot."""
        future: Future[Any] = Future()
        with self._turn:
            with self._guard:
                if self._lost:
                    return _run_now(fallback)
                self._pending.append((future, fallback))
            # Not under the guard: sending a long order blocks until the worker has read it, and the reading thread
            # needs the guard meanwhile. If the worker is lost, the reading thread sees it and does what is pending.
            with suppress(OSError):
                self._connection.send(order)
        return future

    def _read(self) -> None:
        """Settle the futures with the answers, which arrive in the order of the orders."""
        while True:
            try:
                answer = self._connection.recv()
            except (EOFError, OSError):
                break
            with self._guard:
                if not self._pending:
                    break
                future, fallback = self._pending.popleft()
            # None means that the worker failed. Doing the work here gives the caller the real error.
            _settle(future, fallback if answer is None else partial(_same, answer))
        # From here on `_submit` does its work itself: nothing may be added to `_pending` that nobody would settle.
        with self._guard:
            self._lost = True
            left = list(self._pending)
            self._pending.clear()
        for future, fallback in left:
            _settle(future, fallback)


@dataclass(frozen=True, slots=True)
class _SealOrder:
    directory: Path
    recipient: PublicIdentity
    municipality: str
    peer_version: str
    contents: Sequence[PlainContent]
    created_at: datetime

    def carry_out(self, labels: dict[bytes, Label]) -> list[SealedEnvelope]:
        sealer = Sealer(_load_identity(self.directory), self.recipient, self.municipality, self.peer_version)
        envelopes = [_seal(sealer, content, self.created_at) for content in self.contents]
        finished = [_finish(envelope) for envelope in envelopes]
        # A label is far smaller than its envelope, and it is all that the receipt is compared with later.
        labels.update((sealed.digest, envelope.label) for sealed, envelope in zip(finished, envelopes, strict=True))
        return finished


@dataclass(frozen=True, slots=True)
class _VerifyOrder:
    proofs: Sequence[tuple[bytes, bytes]]
    signers: Sequence[DatedIdentity]

    def carry_out(self, labels: dict[bytes, Label]) -> list[bool]:
        verifier = ReceiptVerifier(self.signers)
        # An envelope gets one receipt in an exchange, so its label is dropped here and memory does not grow.
        # An unknown digest raises KeyError, and the whole order is then carried out by the other side.
        return [_verifies(verifier, receipt, labels.pop(digest)) for receipt, digest in self.proofs]


def _seal(sealer: Sealer, content: PlainContent, created_at: datetime) -> Envelope:
    return sealer.seal(content.plain, message_id=content.id, purpose=Purpose.MESSAGE, created_at=created_at)


def _finish(envelope: Envelope) -> SealedEnvelope:
    digests = (bytes.fromhex(envelope.digest), bytes.fromhex(envelope.header.content_digest))
    return SealedEnvelope(envelope.raw, envelope.header_bytes, *digests)


def _seal_all(sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime) -> list[SealedEnvelope]:
    return [_finish(_seal(sealer, content, created_at)) for content in contents]


def _verify_all(proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> list[bool]:
    # One verifier for the whole batch: its receipts share a signature, which is then checked once.
    verifier = ReceiptVerifier(signers)
    return [_verifies(verifier, proof.receipt, proof.label) for proof in proofs]


def _verifies(verifier: ReceiptVerifier, receipt: bytes, label: Label) -> bool:
    try:
        verifier.verify(receipt, label)
    except ReceiptFault:
        return False
    return True


def _same(answer: Any) -> Any:
    return answer


def _run_now(work: Callable[[], _Result]) -> "Future[_Result]":
    """Do `work` now and return its result or error in a future, as if a worker process had done it."""
    future: Future[_Result] = Future()
    _settle(future, work)
    return future


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    # `close` may have cancelled the future already; setting a result on it then would raise.
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001  # Whatever the error is, it belongs to the caller that awaits the future.
        future.set_exception(error)


# ── In the worker process ─────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4)  # An exchange uses one identity, or two while keys change; their files are read once.
def _load_identity(directory: Path) -> Identity:
    return Identity.load(directory)


def _receive(connection: Connection, orders: "queue.SimpleQueue[_SealOrder | _VerifyOrder]") -> None:
    """Take orders off the socket while others are carried out, and end this process when the other side ends."""
    # A separate thread waits at the socket for two reasons: the other side can send its next order without waiting for
    # this one, and this process ends at once with the other side, even in the middle of an order.
    with suppress(EOFError, OSError):
        while True:
            orders.put(connection.recv())
    # The socket is closed, so nobody waits for an answer. `sys.exit` would only end this thread.
    os._exit(0)


def serve(handle: int) -> None:
    """Carry out the orders that come through the socket `handle`, until its other end closes."""
    connection = Connection(handle)
    orders: queue.SimpleQueue[_SealOrder | _VerifyOrder] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, orders), daemon=True).start()
    labels: dict[bytes, Label] = {}
    while True:
        try:
            answer: object = orders.get().carry_out(labels)
        except Exception:  # noqa: BLE001  # The other side repeats the work and so learns what is wrong.
            # Errors are not sent back: only plain data crosses the socket.
            answer = None
        connection.send(answer)
