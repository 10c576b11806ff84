"""A rehearsal on loopback: a terminal, a served agency, and strangers that count what reaches them."""

import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from transport import agency
from transport.evidence.envelope import Envelope, Purpose
from transport.line.client import Line, LineLimits
from transport.line.peer import PeerEndpoint
from transport.parties.authority import RehearsalAuthority
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity

MUNICIPALITY = "131041"
PATIENCE = 10.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SETTINGS = LineLimits(connect_seconds=PATIENCE, read_seconds=PATIENCE)


def record(reference: str = "C-000001", **items: Any) -> dict[str, Any]:
    """Return the shortest message there is, with an invented number."""
    return {
        "kind": "certificate_delivery",
        "reference": reference,
        "municipality": MUNICIPALITY,
        "occurred_at": "2026-11-20T10:00:00+09:00",
        "certificate_number": "AB12345678CD",
        "delivered_on": "2026-11-19",
        **items,
    }


def notice(reference: str = "N-000001", **items: Any) -> dict[str, Any]:
    """Return an agency notice about an invented person."""
    return {
        "kind": "agency_notice",
        "reference": reference,
        "municipality": MUNICIPALITY,
        "occurred_at": "2026-11-20T10:00:00+09:00",
        "noticed_on": "2026-11-19",
        "person": {
            "name": "REHEARSAL PERSON",
            "birth_date": "1990-01-00",
            "sex": "female",
            "nationality": "VNM",
            "address": "東京都新宿区西新宿七丁目1番1号",
            "name_kanji": "葛\U000e0100城",
        },
        "category": "mid_long_term",
        "card_number": "AB12345678CD",
        "changes": [{"item": "period_of_stay", "before": "1年", "after": "3年", "reason": "changed"}],
        **items,
    }


@dataclass
class Rehearsal:
    """A prepared agency with one registered terminal."""

    home: Path
    authority: RehearsalAuthority
    identity: Identity
    agency: PublicIdentity
    port: int = 0

    def peer(self, *, port: int | None = None, **changes: Any) -> PeerEndpoint:
        """Return the peer as the terminal has it registered."""
        facts: dict[str, Any] = {
            "name": self.agency.name,
            "address": "127.0.0.1",
            "port": self.port if port is None else port,
            "municipality": MUNICIPALITY,
            "versions": (DatedIdentity("2019-04-01", self.agency, LONG_AGO),),
        }
        return PeerEndpoint(**{**facts, **changes})

    def line(self, *, settings: LineLimits = SETTINGS, **changes: Any) -> Line:
        """Return a line to the peer."""
        return Line(self.peer(**changes), self.identity, settings)

    def seal(self, content: dict[str, Any] | bytes, message_id: str | None = None) -> Envelope:
        """Seal a message as the terminal does."""
        now = datetime.now(UTC)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        sealer = self.peer(port=1).sealer(self.identity, now)
        message_id = message_id or uuid.uuid4().hex
        return sealer.seal(raw, message_id=message_id, purpose=Purpose.MESSAGE, created_at=now)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the agency in a thread of this process."""
        ready, stop = threading.Event(), threading.Event()

        def note(_: str, port: int) -> None:
            self.port = port
            ready.set()

        thread = threading.Thread(target=agency.serve, args=(self.home,), kwargs={"ready": note, "stop": stop})
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            yield
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@dataclass
class Stranger:
    """A listening socket that is not the peer, and what reached it."""

    port: int
    application_bytes: int = 0
    raw: bytes = b""
    certificate: bytes | None = None
    faults: list[str] = field(default_factory=list)


Behaviour = Callable[[socket.socket, Stranger], None]


class Strangers:
    def __init__(self) -> None:
        self._listening: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listening in self._listening:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self.join()

    def join(self) -> None:
        """Wait until all that were called on have finished."""
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def listen(self, behave: Behaviour) -> Stranger:
        listening = socket.create_server(("127.0.0.1", 0))
        found = Stranger(listening.getsockname()[1])
        self._listening.append(listening)

        def accept() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                behave(connection, found)

        thread = threading.Thread(target=accept)
        thread.start()
        self._threads.append(thread)
        return found


def tls_server(context: ssl.SSLContext, answer: bytes = b"") -> Behaviour:
    """Return the behaviour of a TLS server that counts the request bytes that it can read, and answers."""

    def behave(connection: socket.socket, found: Stranger) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                while chunk := secured.recv(65536):
                    found.application_bytes += len(chunk)
                    found.certificate = secured.getpeercert(binary_form=True)
                    if chunk.endswith(b"\r\n\r\n") and answer:
                        secured.sendall(answer)
        except (ssl.SSLError, OSError) as error:
            found.faults.append(str(getattr(error, "reason", error)))

    return behave


def server_context(directory: Path, *, trusted: str | None = None) -> ssl.SSLContext:
    """Return the context of a TLS server with the key and certificate in `directory`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "tls.crt", directory / "tls.key")
    if trusted is not None:
        # Asks for the client's certificate, as the real peer does: an impostor would like to see it.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=trusted)
    return context
