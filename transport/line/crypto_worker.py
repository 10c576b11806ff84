"""Sealing and verifying many at once, here or in a process beside this one.

Public-key work is most of what an exchange costs and holds the interpreter's lock. For a big exchange a process of its
own does it while this one stores and sends. That process reads the keys from their files itself, so that none passes
between the two; it lives as long as the exchange, and ends by itself when this process ends in whatever way. Should it
be lost, what it was to do is done here.
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
_END_SECONDS: Final = 5.0
_PROGRAM: Final = "import sys; from transport import notary; notary.serve(int(sys.argv[1]))"


class PlainContent(NamedTuple):
    """What is to be sealed under a message id."""

    id: str
    plain: bytes


class SealedEnvelope(NamedTuple):
    """A finished envelope: its exact bytes, SHA-256 of them, and the digest of its content (32 bytes each)."""

    raw: bytes
    digest: bytes
    content_digest: bytes


class Proof(NamedTuple):
    """A receipt, the exact envelope that it is said to be for, and SHA-256 of that (32 bytes)."""

    receipt: bytes
    envelope: bytes
    digest: bytes


class CryptoWorker(Protocol):
    """Does the public-key work of an exchange."""

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages, in their order. The future raises EnvelopeTooLarge and wire.WireError as `Sealer.seal`."""

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Tell of each receipt whether it verifies; what is wrong with one, a `ReceiptVerifier` says."""


class LocalNotary:
    """Works here and at once: for exchanges of a few messages."""

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages, in their order."""
        return _at_once(lambda: _seal_all(sealer, contents, created_at))

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Tell of each receipt whether it verifies."""
        return _at_once(lambda: _verify_all(proofs, signers))


class NotaryProcess:
    """Works in a process of its own, one order after the other; `close` ends it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603, our own module, with an argument of our own making
                [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A Ctrl+C or a hang-up of our terminal is for this process, whose end ends the other.
                start_new_session=True,
            )
        self._socket = ours
        self._connection = Connection(os.dup(ours.fileno()))
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._pending: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lost = False
        self._reader = threading.Thread(target=self._read, name="notary", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        """The number of the process."""
        return self._process.pid

    def seal(
        self, sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime
    ) -> "Future[list[SealedEnvelope]]":
        """Seal messages, in their order."""
        order = _SealOrder(
            sealer.sender.directory, sealer.recipient, sealer.municipality, sealer.peer_version, contents, created_at
        )
        return self._submit(order, lambda: _seal_all(sealer, contents, created_at))

    def verify(self, proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> "Future[list[bool]]":
        """Tell of each receipt whether it verifies."""
        # The process knows the envelopes that it made; of others it knows nothing, and they are looked at here.
        known = [(proof.receipt, proof.digest) for proof in proofs]
        return self._submit(_VerifyOrder(known, signers), lambda: _verify_all(proofs, signers))

    def close(self) -> None:
        """End the process; what it was still to do is given up."""
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

    def _submit(self, order: "_SealOrder | _VerifyOrder", here: Callable[[], Any]) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._turn:
            with self._guard:
                if self._lost:
                    return _at_once(here)
                self._pending.append((future, here))
            # Not under the guard: a long order goes only as fast as the other side takes it. If the process is lost
            # meanwhile, the reading thread sees it and does what is pending.
            with suppress(OSError):
                self._connection.send(order)
        return future

    def _read(self) -> None:
        """Hand the answers, which come in the order of the orders, to those who wait for them."""
        while True:
            try:
                answer = self._connection.recv()
            except (EOFError, OSError):
                break
            with self._guard:
                if not self._pending:
                    break
                future, here = self._pending.popleft()
            # None: it could not be done there; doing it here tells why.
            _settle(future, here if answer is None else partial(_same, answer))
        with self._guard:
            self._lost = True
            left = list(self._pending)
            self._pending.clear()
        for future, here in left:
            _settle(future, here)


@dataclass(frozen=True, slots=True)
class _SealOrder:
    directory: Path
    recipient: PublicIdentity
    municipality: str
    peer_version: str
    contents: Sequence[PlainContent]
    created_at: datetime

    def carry_out(self, made: dict[bytes, Label]) -> list[SealedEnvelope]:
        sealer = Sealer(_identity(self.directory), self.recipient, self.municipality, self.peer_version)
        envelopes = [_seal(sealer, content, self.created_at) for content in self.contents]
        sealed = [_finished(one) for one in envelopes]
        made.update((one.digest, envelope.label) for one, envelope in zip(sealed, envelopes, strict=True))
        return sealed


@dataclass(frozen=True, slots=True)
class _VerifyOrder:
    proofs: Sequence[tuple[bytes, bytes]]
    signers: Sequence[DatedIdentity]

    def carry_out(self, made: dict[bytes, Label]) -> list[bool]:
        verifier = ReceiptVerifier(self.signers)
        # An envelope gets one receipt in an exchange: it is forgotten here, so that memory does not grow.
        return [_verifies(verifier, receipt, made.pop(digest)) for receipt, digest in self.proofs]


def _seal(sealer: Sealer, content: PlainContent, created_at: datetime) -> Envelope:
    return sealer.seal(content.plain, message_id=content.id, purpose=Purpose.MESSAGE, created_at=created_at)


def _finished(envelope: Envelope) -> SealedEnvelope:
    return SealedEnvelope(envelope.raw, bytes.fromhex(envelope.digest), bytes.fromhex(envelope.header.content_digest))


def _seal_all(sealer: Sealer, contents: Sequence[PlainContent], created_at: datetime) -> list[SealedEnvelope]:
    return [_finished(_seal(sealer, content, created_at)) for content in contents]


def _verify_all(proofs: Sequence[Proof], signers: Sequence[DatedIdentity]) -> list[bool]:
    verifier = ReceiptVerifier(signers)
    return [_verifies(verifier, proof.receipt, Envelope.read(proof.envelope).label) for proof in proofs]


def _verifies(verifier: ReceiptVerifier, receipt: bytes, label: Label) -> bool:
    try:
        verifier.verify(receipt, label)
    except ReceiptFault:
        return False
    return True


def _same(answer: Any) -> Any:
    return answer


def _at_once(work: Callable[[], _Result]) -> "Future[_Result]":
    """Do `work` here and now; return what became of it as if it had been done elsewhere."""
    future: Future[_Result] = Future()
    _settle(future, work)
    return future


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001, whatever it is, who waits for the future is told
        future.set_exception(error)


# ── In the process ────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4)
def _identity(directory: Path) -> Identity:
    return Identity.load(directory)


def _take(connection: Connection, orders: "queue.SimpleQueue[_SealOrder | _VerifyOrder]") -> None:
    """Take orders off the pipe while others are carried out; the other side's end is this process's end."""
    with suppress(EOFError, OSError):
        while True:
            orders.put(connection.recv())
    os._exit(0)


def serve(handle: int) -> None:
    """Carry out the orders that come through the socket `handle`, until its other end closes."""
    connection = Connection(handle)
    orders: queue.SimpleQueue[_SealOrder | _VerifyOrder] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(connection, orders), daemon=True).start()
    made: dict[bytes, Label] = {}
    while True:
        try:
            answer: object = orders.get().carry_out(made)
        except Exception:  # noqa: BLE001, the other side does it itself and tells what is wrong
            answer = None
        connection.send(answer)
