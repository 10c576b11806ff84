"""What the terminal makes of a peer that fails: each fault has its code, and says whether the message may be there.

It shows `transport.line.connection` and `transport.line.client` as well.
"""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.transport.rehearsing import PATIENCE, Rehearsal, Stranger, Strangers, record, server_context
from transport import agency, bounds, wire
from transport.errors import (
    AnswerCancelled,
    AnswerCut,
    AnswerMalformed,
    AnswerRedirects,
    AnswerTimeout,
    AnswerTooLarge,
    LineCancelled,
    LineFault,
    LineTimeout,
    PeerFailed,
    ProtocolUnknown,
    RequestRefused,
)
from transport.evidence.receipts import MOST_RECEIPT_BYTES
from transport.line.client import LineLimits

SHORT = LineLimits(connect_seconds=0.3, read_seconds=0.3)
Behaviour = Callable[[ssl.SSLSocket, Stranger], None]

STATUS = {
    "protocol": "renkei/1",
    "name": "rehearsal-agency",
    "municipality": "131041",
    "time": "2026-11-23T07:15:00.000000Z",
    "suites": [],
}


def _http(
    body: bytes | dict[str, Any], *, status: str = "200 OK", media: str = "application/json", more: str = ""
) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(raw)}\r\n{more}\r\n".encode() + raw


def _request(secured: ssl.SSLSocket) -> bytes:
    """Read one whole request."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += secured.recv(65536)
    head, _, body = raw.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]):
        body += secured.recv(65536)
    return head + body


class Peer:
    """A peer with the true certificate that greets as it should and then behaves in its own way."""

    def __init__(self, rehearsal: Rehearsal, strangers: Strangers) -> None:
        self._context = server_context(rehearsal.home / "identity")
        self._rehearsal = rehearsal
        self._strangers = strangers

    def behaves(self, behave: Behaviour, status: dict[str, Any] | None = None) -> int:
        """Let it listen and return its port."""

        def serve(connection: socket.socket, found: Stranger) -> None:
            with self._context.wrap_socket(connection, server_side=True) as secured:
                _request(secured)
                secured.sendall(_http({**STATUS, **(status or {})}))
                behave(secured, found)

        return self._strangers.listen(serve).port

    def answers(self, raw: bytes) -> int:
        """Let it answer a delivery with `raw` and end the connection."""

        def behave(secured: ssl.SSLSocket, _: Stranger) -> None:
            _request(secured)
            secured.sendall(raw)

        return self.behaves(behave)

    def fault(self, port: int, settings: LineLimits | None = None) -> LineFault:
        """Deliver a message and return what goes wrong."""
        settings = settings or LineLimits(PATIENCE, PATIENCE)
        with self._rehearsal.line(port=port, settings=settings) as line, pytest.raises(LineFault) as caught:
            line.deliver([self._rehearsal.seal(record()).raw])
        return caught.value


@pytest.fixture
def peer(rehearsal: Rehearsal, strangers: Strangers) -> Peer:
    return Peer(rehearsal, strangers)


RECEIPT = b"receipt"


def _results(*parts: bytes) -> bytes:
    return _http(wire.join(parts), media=wire.BYTES_TYPE)


@pytest.mark.parametrize(
    "answer",
    [
        _results(),
        _results(b""),
        _results(RECEIPT, RECEIPT),
        _results(bytes(MOST_RECEIPT_BYTES + 1)),
        _results(b"{"),
        _results(b"{}"),
        _results(b"{" * 32_000),
        _http(b"\x00\x00\x00", media=wire.BYTES_TYPE),
        _http(b"\x00\x00\x00\x08receipt", media=wire.BYTES_TYPE),
        _http(wire.join([RECEIPT] * 513), media=wire.BYTES_TYPE),
        _http({"results": []}),
        _http(wire.join([RECEIPT]), media="text/html"),
        _http(wire.join([RECEIPT]), media=wire.BYTES_TYPE, status="206 Partial Content"),
        _http(wire.join([RECEIPT]), media=wire.BYTES_TYPE, more="Transfer-Encoding: chunked\r\n"),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_an_answer_that_breaks_the_protocol_leaves_open_whether_the_message_arrived(peer: Peer, answer: bytes) -> None:
    error = peer.fault(peer.answers(answer))
    assert isinstance(error, AnswerMalformed)
    assert error.may_have_arrived


def test_an_answer_that_is_cut_leaves_open_whether_the_message_arrived(peer: Peer) -> None:
    whole = _results(RECEIPT)
    for cut in (0, 1, 17, 40, len(whole) - 1):
        error = peer.fault(peer.answers(whole[:cut]))
        # A head that is cut cannot be told from one that is wrong; both leave open the same.
        assert isinstance(error, AnswerCut if cut in {0, len(whole) - 1} else AnswerCut | AnswerMalformed), cut
        assert error.may_have_arrived


def test_when_a_later_body_is_not_sent_the_earlier_may_have_arrived(rehearsal: Rehearsal, peer: Peer) -> None:
    def behave(secured: ssl.SSLSocket, _: Stranger) -> None:
        _request(secured)
        secured.sendall(_results(*[RECEIPT] * 63))

    content = json.dumps(record(padding="p" * (bounds.MOST_ENVELOPE_BYTES - 4096))).encode()
    envelopes = [rehearsal.seal(content).raw for _ in range(70)]
    with rehearsal.line(port=peer.behaves(behave)) as line, pytest.raises(LineFault) as caught:
        line.deliver(envelopes)
    assert caught.value.may_have_arrived


def test_a_reset_connection_is_a_lost_answer(peer: Peer) -> None:
    def reset(secured: ssl.SSLSocket, _: Stranger) -> None:
        _request(secured)
        secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    error = peer.fault(peer.behaves(reset))
    assert isinstance(error, AnswerCut)
    assert error.may_have_arrived


def test_too_large_an_answer_is_not_read(peer: Peer) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {bounds.MOST_BODY_BYTES + 1}\r\n\r\n".encode()
    assert isinstance(peer.fault(peer.answers(head)), AnswerTooLarge)


def test_a_redirect_is_not_followed(peer: Peer, strangers: Strangers) -> None:
    elsewhere = strangers.listen(lambda connection, found: setattr(found, "raw", connection.recv(1)))
    answer = _http(b"", status="307 Temporary Redirect", more=f"Location: https://127.0.0.1:{elsewhere.port}/\r\n")

    assert isinstance(peer.fault(peer.answers(answer)), AnswerRedirects)
    assert elsewhere.raw == b""


def _problem(status: int) -> dict[str, Any]:
    text = {"ja": "事由", "en": "cause"}
    return {
        "type": "urn:renkei:problem:some_code",
        "title": "cause",
        "status": status,
        "code": "some_code",
        "retry": "never",
        "cause": text,
        "remedy": text,
        "incident": "20261123-071500-0a1b2c3d",
        "later": "members of later versions are passed over",
    }


def test_a_refused_request_did_not_arrive(peer: Peer) -> None:
    answer = _http(_problem(413), status="413 Too Large", media="application/problem+json")
    error = peer.fault(peer.answers(answer))

    assert isinstance(error, RequestRefused)
    assert error.facts == {"problem": "some_code", "incident": "20261123-071500-0a1b2c3d"}
    assert not error.may_have_arrived


@pytest.mark.parametrize(
    "answer",
    [
        _http(_problem(500), status="500 Failed", media="application/problem+json"),
        _http(b"", status="502 Bad Gateway"),
    ],
)
def test_a_failed_peer_may_have_the_message(peer: Peer, answer: bytes) -> None:
    error = peer.fault(peer.answers(answer))
    assert isinstance(error, PeerFailed)
    assert error.may_have_arrived


def test_another_version_of_the_protocol_is_told_before_a_message_leaves(peer: Peer) -> None:
    error = peer.fault(peer.behaves(lambda *_: None, status={"protocol": "renkei/2"}))
    assert isinstance(error, ProtocolUnknown)
    assert error.facts == {"found": "renkei/2", "wanted": "renkei/1"}
    assert not error.may_have_arrived


def test_a_greeting_that_breaks_off_means_that_nothing_left(rehearsal: Rehearsal, strangers: Strangers) -> None:
    context = server_context(rehearsal.home / "identity")

    def shake_hands_and_go(connection: socket.socket, _: Stranger) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            _request(secured)

    port = strangers.listen(shake_hands_and_go).port
    with rehearsal.line(port=port) as line, pytest.raises(AnswerCut) as caught:
        line.deliver([rehearsal.seal(record()).raw])
    assert not caught.value.may_have_arrived


def _wait_for_end(secured: ssl.SSLSocket, _: Stranger) -> None:
    _request(secured)
    secured.recv(1)


def test_a_silent_peer_is_waited_for_only_so_long(peer: Peer) -> None:
    error = peer.fault(peer.behaves(_wait_for_end), SHORT)
    assert isinstance(error, AnswerTimeout)
    assert error.facts == {"seconds": "0.3"}
    assert error.may_have_arrived


def test_a_peer_that_dribbles_is_waited_for_only_so_long(peer: Peer) -> None:
    gone = threading.Event()

    def dribble(secured: ssl.SSLSocket, _: Stranger) -> None:
        _request(secured)
        secured.sendall(b"HTTP/1.1 200 OK\r\nA: ")
        with suppress(OSError):
            while not gone.wait(0.02):
                secured.sendall(b"A")

    error = peer.fault(peer.behaves(dribble), SHORT)
    gone.set()
    assert isinstance(error, AnswerTimeout)


def test_a_peer_that_does_not_shake_hands_is_waited_for_only_so_long(peer: Peer, strangers: Strangers) -> None:
    def keep_silent(connection: socket.socket, _: Stranger) -> None:
        while connection.recv(65536):
            continue

    error = peer.fault(strangers.listen(keep_silent).port, SHORT)
    assert isinstance(error, LineTimeout)
    assert not error.may_have_arrived


def _cancelled(rehearsal: Rehearsal, port: int, reached: threading.Event) -> LineFault:
    """Deliver in a thread, close the line when `reached`, and return what the thread got within a second."""
    line = rehearsal.line(port=port)
    caught: list[LineFault] = []

    def deliver() -> None:
        try:
            line.deliver([rehearsal.seal(record()).raw])
        except LineFault as error:
            caught.append(error)

    thread = threading.Thread(target=deliver)
    thread.start()
    assert reached.wait(PATIENCE)
    line.close()
    thread.join(1.0)
    assert not thread.is_alive()
    return caught[0]


def test_cancelling_ends_a_call_that_waits_for_its_answer(rehearsal: Rehearsal, peer: Peer) -> None:
    reached = threading.Event()

    def hold(secured: ssl.SSLSocket, _: Stranger) -> None:
        _request(secured)
        reached.set()
        secured.recv(1)

    error = _cancelled(rehearsal, peer.behaves(hold), reached)
    assert isinstance(error, AnswerCancelled)
    assert error.may_have_arrived


def test_cancelling_ends_a_call_that_waits_for_the_handshake(rehearsal: Rehearsal, strangers: Strangers) -> None:
    reached = threading.Event()

    def hold(connection: socket.socket, _: Stranger) -> None:
        connection.recv(65536)
        reached.set()
        connection.recv(1)

    error = _cancelled(rehearsal, strangers.listen(hold).port, reached)
    assert isinstance(error, LineCancelled)
    assert not error.may_have_arrived


def test_cancelling_ends_a_call_that_waits_for_a_connection(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = threading.Event()
    connect = socket.socket.connect

    def connect_and_report(self: socket.socket, address: Any) -> None:
        reached.set()
        connect(self, address)

    # Nobody takes connections from this queue, and it is full: the next one is neither taken nor refused.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            monkeypatch.setattr(socket.socket, "connect", connect_and_report)
            error = _cancelled(rehearsal, port, reached)
    assert isinstance(error, LineCancelled)


def test_a_lost_answer_is_mended_by_asking(served: Rehearsal, strangers: Strangers) -> None:
    """A relay loses the answer to a delivery: the message is there once, and its receipt is got by asking."""
    relay = strangers.listen(_lose_second_answer(served.port))
    envelope = served.seal(record())
    with served.line(port=relay.port) as line, pytest.raises(AnswerCut) as caught:
        line.deliver([envelope.raw])
    assert caught.value.may_have_arrived

    with served.line() as line:
        asked = line.ask([envelope.id])[envelope.id]
        (again,) = line.deliver([envelope.raw])
    assert asked is not None
    assert again.receipt == asked
    assert agency.received(served.home) == agency.Holdings(messages=1, distinct=1, alarms=0, acknowledged=0)


def _lose_second_answer(port: int) -> Callable[[socket.socket, Stranger], None]:
    """Return a relay that passes bytes on until the agency has kept the message, and then cuts both sides."""

    def relay(connection: socket.socket, _: Stranger) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as onward:
            upward = threading.Thread(target=_pump, args=(connection, onward))
            upward.start()
            # The handshake's answer, the greeting's answer, and then the one that is lost.
            seen = 0
            while chunk := onward.recv(65536):
                seen += 1
                if seen > 2 and len(chunk) > 500:
                    break
                connection.sendall(chunk)
            connection.shutdown(socket.SHUT_RDWR)
            upward.join(PATIENCE)

    return relay


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
    except OSError:
        return
