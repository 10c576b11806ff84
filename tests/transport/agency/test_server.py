"""The reference agency is strict: with whatever follows no protocol, it keeps nothing and says why."""

import json
import socket
import sqlite3
import ssl
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.transport.rehearsing import PATIENCE, Rehearsal, record
from transport import agency, bounds, wire
from transport.agency import server
from transport.errors import (
    AgencyBusy,
    AgencyExists,
    AgencyMissing,
    AgencyPortTaken,
    AgencyVersionUnknown,
    PeerFailed,
    RequestRefused,
)
from transport.problems import Problem


class Raw:
    """A terminal that says what it likes."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=rehearsal.agency.certificate_pem)
        context.load_cert_chain(rehearsal.identity.certificate_file, rehearsal.identity.key_file)
        self._context = context
        self.port = rehearsal.port

    def say(self, request: bytes) -> tuple[int, bytes]:
        """Send `request` and nothing more; return status and body of the one answer."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain,
            self._context.wrap_socket(plain) as secured,
        ):
            secured.sendall(request)
            answer = b""
            while chunk := secured.recv(65536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def wait_for_end(self, part: bytes) -> None:
        """Send part of a request and wait until the other side ends; raise TimeoutError when it does not."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain,
            self._context.wrap_socket(plain) as secured,
        ):
            secured.sendall(part)
            # An end in the middle of a request comes as an alert of TLS.
            with suppress(ssl.SSLError):
                while secured.recv(65536):
                    continue

    def post(self, path: str, body: bytes, media: str = wire.JSON_TYPE) -> tuple[int, dict[str, Any]]:
        """Post `body` and return status and JSON object of the answer."""
        status, answer = self.ask(path, body, media)
        return status, json.loads(answer)

    def ask(self, path: str, body: bytes, media: str) -> tuple[int, bytes]:
        """Post `body` and return status and body of the answer."""
        head = f"POST {path} HTTP/1.1\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
        return self.say(head.encode() + b"Connection: close\r\n\r\n" + body)


@pytest.fixture
def raw(served: Rehearsal) -> Raw:
    return Raw(served)


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"GET /v2/status HTTP/1.1\r\n\r\n", "path_unknown"),
        (b"GET / HTTP/1.1\r\n\r\n", "path_unknown"),
        (b"GET /v1/status?x=1 HTTP/1.1\r\n\r\n", "path_unknown"),
        (b"GET //v1/status HTTP/1.1\r\n\r\n", "path_unknown"),
        (b"GET /v1/messages HTTP/1.1\r\n\r\n", "method_unknown"),
        (b"DELETE /v1/messages HTTP/1.1\r\n\r\n", "method_unknown"),
        (b"POST /v1/messages HTTP/1.1\r\n\r\n", "length_missing"),
        (b"POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "length_missing"),
        (b"POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length_missing"),
        (b"POST /v1/messages HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}", "request_unreadable"),
        (
            f"POST /v1/messages HTTP/1.1\r\nContent-Length: {bounds.MOST_BODY_BYTES + 1}\r\n\r\n".encode(),
            "request_too_large",
        ),
        (b"POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "media_type_unknown"),
        (b"nonsense\r\n\r\n", "request_unreadable"),
        (b"POST /v1/status\r\n\r\n", "request_unreadable"),
        (b"GET /v1/status HTTP/9.9\r\n\r\n", "request_unreadable"),
        (b"GET " + b"/" * 70000 + b" HTTP/1.1\r\n\r\n", "request_unreadable"),
        (b"GET /v1/status HTTP/1.1\r\n" + b"A: b\r\n" * 4000 + b"\r\n", "request_unreadable"),
        (b"POST /v1/witness HTTP/1.1\r\nContent-Length: 1025\r\n\r\n", "request_too_large"),
        (b"POST /v1/witness HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "request_too_large"),
    ],
)
def test_requests_that_follow_no_protocol_get_a_problem(raw: Raw, request_bytes: bytes, code: str) -> None:
    status, answer = raw.say(request_bytes)
    body = json.loads(answer)
    problem = Problem.from_wire(body)
    assert (problem.code, problem.status) == (code, status)
    assert body["type"] == f"urn:renkei:problem:{code}"


def test_strangers_that_say_nothing_shut_no_terminal_out(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    # So long that none of them gives up its place by itself.
    monkeypatch.setattr(server, "_HANDSHAKE_SECONDS", 10 * PATIENCE)
    with ExitStack() as strangers:
        for _ in range(server._MOST_CONNECTIONS):
            strangers.enter_context(socket.create_connection(("127.0.0.1", raw.port)))
        for _ in range(3):
            assert raw.say(b"GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")[0] == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", b"\x00"),
        ("/v1/messages", b"\x00\x00\x00\x01"),
        ("/v1/messages", b"\x00\x00\x00\x01AB"),
        ("/v1/messages", b"\xff\xff\xff\xff"),
        ("/v1/messages", wire.join([bytes(2 * bounds.MOST_ENVELOPE_BYTES + 1)])),
        ("/v1/messages", wire.join([b""] * 513)),
        ("/v1/receipts", b""),
        ("/v1/receipts", b"{"),
        ("/v1/receipts", b"[]"),
        ("/v1/receipts", b"[" * 30_000),
        ("/v1/receipts", b'{"ids":{}}'),
        ("/v1/receipts", b'{"ids":[],"more":1}'),
        ("/v1/acknowledgements", b'{"items":[{"position":1,"receipt":"*"}]}'),
        ("/v1/acknowledgements", b'{"items":[{"position":1,"receipt":"QQ"}]}'),
        ("/v1/acknowledgements", b'{"items":[{"position":1,"receipt":"QR=="}]}'),
        ("/v1/receipts", b'{"ids":[1]}'),
        ("/v1/receipts", b'{"ids":["../../etc/passwd"]}'),
        ("/v1/feed", b'{"after":-1,"limit":1}'),
        ("/v1/feed", b'{"after":0,"limit":0}'),
        ("/v1/feed", b'{"after":0,"limit":513}'),
        ("/v1/feed", b'{"after":true,"limit":1}'),
        ("/v1/feed", b'{"after":1e3,"limit":1}'),
        ("/v1/feed", b'{"after":0,"after":0,"limit":1}'),
        ("/v1/acknowledgements", b'{"items":[{"position":1}]}'),
        ("/v1/acknowledgements", b'{"items":[{"position":0,"receipt":""}]}'),
    ],
)
def test_bodies_that_follow_no_protocol_are_refused_whole(served: Rehearsal, raw: Raw, path: str, body: bytes) -> None:
    status, answer = raw.post(path, body, media=wire.BYTES_TYPE if path == "/v1/messages" else wire.JSON_TYPE)
    assert (status, answer["code"]) == (400, "request_unreadable")
    assert answer["incident"] in (served.home / "technical.log").read_text()


def test_bytes_that_are_no_envelope_are_refused_by_themselves(raw: Raw) -> None:
    body = wire.join([b"", b"ABC", bytes(bounds.MOST_ENVELOPE_BYTES + 1)])
    status, answer = raw.ask("/v1/messages", body, media=wire.BYTES_TYPE)
    assert status == 200
    assert [json.loads(part)["code"] for part in wire.split(answer, "results", 4096)] == [
        "envelope_malformed",
        "envelope_malformed",
        "envelope_too_large",
    ]


def test_a_database_that_cannot_be_written_is_told_and_nothing_is_receipted(
    served: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("transport.agency.database.AgencyDatabase.keep", full)
    with served.line() as line, pytest.raises(PeerFailed) as caught:
        line.deliver([served.seal(record()).raw])
    assert caught.value.facts["status"] == "503"
    monkeypatch.undo()
    assert agency.received(served.home).messages == 0


def test_an_agency_that_fails_goes_on_with_the_others(served: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transport.agency.service.Service.feed", lambda *_: 1 // 0)
    with served.line() as line:
        with pytest.raises(PeerFailed) as caught:
            line.pull(0, 1)
        assert caught.value.facts["status"] == "500"
        assert line.ask([]) == {}


def test_a_refused_request_is_an_error_of_the_line(served: Rehearsal) -> None:
    with served.line() as line, pytest.raises(RequestRefused) as caught:
        line.pull(0, 513)
    assert caught.value.facts["problem"] == "request_unreadable"


def test_slow_strangers_do_not_hold_up_terminals(served: Rehearsal) -> None:
    idle = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(10)]
    try:
        with served.line() as line:
            line.status()
    finally:
        for item in idle:
            item.close()


@pytest.mark.parametrize(
    "part", [b"", b"GET /v1/st", b"POST /v1/messages HTTP/1.1\r\nContent-Length: 9\r\nContent-Type: application/oc"]
)
def test_a_request_that_does_not_come_whole_ends_the_connection(
    served: Rehearsal, raw: Raw, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    monkeypatch.setattr("transport.agency.server._REQUEST_SECONDS", 0.2)
    raw.wait_for_end(part)
    # The others are served as before.
    with served.line() as line:
        assert line.ask([]) == {}


def test_it_keeps_everything_over_a_restart(rehearsal: Rehearsal) -> None:
    envelope = rehearsal.seal(record())
    with rehearsal.served(), rehearsal.line() as line:
        (first,) = line.deliver([envelope.raw])
        before = line.pull(0, 10)
    with rehearsal.served(), rehearsal.line() as line:
        (again,) = line.deliver([envelope.raw])
        assert again.receipt == first.receipt
        assert line.pull(0, 10) == before


def test_there_is_one_agency_on_a_directory(served: Rehearsal) -> None:
    with pytest.raises(AgencyBusy):
        agency.serve(served.home, ready=lambda *_: None, stop=threading.Event())


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = agency.AgencySettings("127.0.0.1", port, "1")
        agency.prepare(tmp_path / "agency", "rehearsal-agency", settings=settings)
        with pytest.raises(AgencyPortTaken) as caught:
            agency.serve(tmp_path / "agency", ready=lambda *_: None, stop=threading.Event())
    assert caught.value.facts == {"address": "127.0.0.1", "port": str(port)}


def test_directories_that_are_no_agency_are_told(tmp_path: Path, rehearsal: Rehearsal) -> None:
    with pytest.raises(AgencyMissing):
        agency.received(tmp_path)
    with pytest.raises(AgencyExists):
        agency.prepare(rehearsal.home, "rehearsal-agency")
    with sqlite3.connect(rehearsal.home / "agency.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(AgencyVersionUnknown):
        agency.received(rehearsal.home)


def test_nobody_else_can_read_the_agency_and_its_public_side_is_told(rehearsal: Rehearsal) -> None:
    assert agency.public_identity(rehearsal.home) == rehearsal.agency
    assert rehearsal.home.stat().st_mode & 0o777 == 0o700
