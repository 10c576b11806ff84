"""Who may answer in the peer's place, and how much of what the terminal says reaches them."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.console.jobs.site import AGENCY, MUNICIPALITY, PATIENCE
from transport import wire
from transport.parties.authority import RehearsalAuthority, Use, Validity

DAY: Final = timedelta(days=1)
_CHUNK: Final = 65536
_REQUEST_WITH_MESSAGES: Final = b"POST /v1/messages"


@dataclass
class Heard:
    """What a listener got: bytes in all, bytes that it could read, and those of requests that carry messages."""

    raw: int = 0
    readable: int = 0
    of_messages: int = 0
    client: bytes | None = None

    def read(self, chunk: bytes) -> None:
        """Count what could be read; once messages have begun to come, everything after belongs to them."""
        self.readable += len(chunk)
        if self.of_messages or _REQUEST_WITH_MESSAGES in chunk:
            self.of_messages += len(chunk)


@dataclass
class Listener:
    """Listens on loopback and lets `behave` do as it likes with each connection."""

    behave: Callable[[socket.socket, Heard], None]
    heard: Heard = field(default_factory=Heard)

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, name="listener")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                self.behave(connection, self.heard)


@dataclass(frozen=True)
class Certified:
    """A key and a certificate in the peer's name, in files."""

    directory: Path
    pem: str

    def context(
        self, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, terminal: str | None = None
    ) -> ssl.SSLContext:
        """Return the context of a server that has it and would like to see the client's certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        context.load_cert_chain(self.directory / "tls.crt", self.directory / "tls.key")
        if terminal is not None:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.load_verify_locations(cadata=terminal)
        return context


def certify(
    authority: RehearsalAuthority, directory: Path, *, use: Use = Use.AGENCY, begin: timedelta = -DAY
) -> Certified:
    """Put a key and a certificate in the peer's name, valid for two days, into a new directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    since = datetime.now(UTC).replace(microsecond=0) + begin
    certificate = authority.issue(AGENCY, key.public_key(), use, period=Validity(since, since + 2 * DAY))
    directory.mkdir()
    (directory / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem = certificate.public_bytes(Encoding.PEM)
    (directory / "tls.crt").write_bytes(pem)
    return Certified(directory, pem.decode())


def answering(context: ssl.SSLContext, answer: bytes = b"") -> Callable[[socket.socket, Heard], None]:
    """Return the behaviour of a TLS server that answers every request with `answer`."""

    def behave(connection: socket.socket, heard: Heard) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            while chunk := secured.recv(_CHUNK):
                heard.read(chunk)
                heard.client = secured.getpeercert(binary_form=True)
                if answer:
                    secured.sendall(answer)

    return behave


def in_clear(answer: bytes) -> Callable[[socket.socket, Heard], None]:
    """Return the behaviour of a server that speaks no TLS."""

    def behave(connection: socket.socket, heard: Heard) -> None:
        while chunk := connection.recv(_CHUNK):
            heard.raw += len(chunk)
            # Whatever a request would begin with could be read here.
            if b"HTTP/" in chunk or b"/v1/" in chunk:
                heard.read(chunk)
            connection.sendall(answer)

    return behave


def relaying(context: ssl.SSLContext, onward: ssl.SSLContext, port: int) -> Callable[[socket.socket, Heard], None]:
    """Return the behaviour of the peer itself with somebody who counts: it needs the keys of both sides."""

    def behave(connection: socket.socket, heard: Heard) -> None:
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with (
            context.wrap_socket(connection, server_side=True) as near,
            onward.wrap_socket(plain) as far,
        ):
            heard.client = near.getpeercert(binary_form=True)
            answers = threading.Thread(target=_pass, args=(far, near, lambda _: None))
            answers.start()
            _pass(near, far, heard.read)
            answers.join(PATIENCE)

    return behave


def _pass(source: ssl.SSLSocket, sink: ssl.SSLSocket, note: Callable[[bytes], None]) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            note(chunk)
            sink.sendall(chunk)
    with suppress(OSError):
        socket.socket.shutdown(sink, socket.SHUT_WR)


def scripted(
    context: ssl.SSLContext, answers: Mapping[str, bytes | None], *, status: Mapping[str, Any] | None = None
) -> Callable[[socket.socket, Heard], None]:
    """Return the behaviour of a peer that greets as it should and answers the paths named in its own way.

    An answer that is None never comes. Other paths do not exist.
    """

    def behave(connection: socket.socket, heard: Heard) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            while head := _request(secured, heard):
                path = head.split(" ")[1]
                if path == "/v1/status":
                    secured.sendall(http_answer({**_greeting(), **(status or {})}))
                elif path not in answers:
                    secured.sendall(http_answer(problem(404, "path_unknown"), status="404 Not Found", problem=True))
                    return
                else:
                    answer = answers[path]
                    if answer is None:
                        secured.recv(1)
                        return
                    secured.sendall(answer)
                    if not _whole(answer):
                        return

    return behave


def http_answer(body: Mapping[str, Any] | bytes, *, status: str = "200 OK", problem: bool = False) -> bytes:
    """Return an answer with a body of declared length."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    media = wire.PROBLEM_TYPE if problem else wire.JSON_TYPE
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


def problem(status: int, code: str) -> dict[str, Any]:
    """Return the body with which a whole request is refused."""
    text = {"ja": "事由", "en": "cause"}
    return {
        "type": f"urn:renkei:problem:{code}",
        "title": "cause",
        "status": status,
        "code": code,
        "retry": "never",
        "cause": text,
        "remedy": text,
        "incident": "20261123-071500-0a1b2c3d",
    }


def _greeting() -> dict[str, Any]:
    now = wire.to_time(datetime.now(UTC))
    return {"protocol": wire.PROTOCOL, "name": AGENCY, "municipality": MUNICIPALITY, "time": now, "suites": []}


def _request(secured: ssl.SSLSocket, heard: Heard) -> str:
    """Read one whole request and return its head; empty when there is none."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        chunk = secured.recv(_CHUNK)
        if not chunk:
            return ""
        raw += chunk
    head, _, body = raw.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        body += secured.recv(_CHUNK)
    heard.read(head + body)
    return head.decode("latin-1")


def _whole(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: application/json")
