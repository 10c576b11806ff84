"""Whatever the other side sends, either side stays small: at most 150 MB, at every endpoint (`transport.bounds`).

Both sides run in processes of their own here, whose peak is read from the system.
"""

import gzip
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.transport.rehearsing import PATIENCE, Rehearsal, Stranger, Strangers, record, server_context
from transport import bounds, wire

MOST: Final = 150 * 1024
"""In kB, as the system counts."""
HUGE: Final = 47_000_000
BEGINNING: Final = b"[" + b"[]," * 300_000
"""The beginning of what took 1.27 GB once: whoever would read on waits for the rest, and gives no answer."""
CHUNK: Final = f"{HUGE:X}\r\n".encode()
# By endpoint, the largest body that each side reads, and its type.
ASKED: Final = {
    "/v1/messages": bounds.MOST_BODY_BYTES,
    "/v1/receipts": bounds.IDS.length,
    "/v1/feed": bounds.QUESTION.length,
    "/v1/acknowledgements": bounds.receipts(bounds.MOST_ITEMS).length,
    "/v1/witness": bounds.QUESTION.length,
    "/v1/holdings": bounds.QUESTION.length,
}
ANSWERED: Final = {
    "status": bounds.STATUS.length,
    "deliver": bounds.MOST_BODY_BYTES,
    "ask": bounds.receipts(bounds.MOST_ITEMS).length,
    "pull": bounds.MOST_BODY_BYTES,
    "acknowledge": bounds.problems(bounds.MOST_ITEMS).length,
    "witness": bounds.WITNESS.length,
    "holdings": bounds.envelopes(1).length,
}
_AGENCY: Final = """
import sys, threading
from pathlib import Path
from transport import agency
agency.serve(Path(sys.argv[1]), ready=lambda _, port: print(port, flush=True), stop=threading.Event())
"""
_CLIENT: Final = """
import json, sys
from pathlib import Path
from datetime import UTC, datetime
from transport.errors import LineFault
from transport.evidence.holdings import Inquiry
from transport.line.client import FeedItem, Line, LineLimits
from transport.line.peer import PeerEndpoint
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity

order = json.loads(sys.stdin.read())
identity = Identity.load(Path(order["identity"]))
versions = (DatedIdentity("v1", PublicIdentity.from_json(order["peer"]), datetime(2020, 1, 1, tzinfo=UTC)),)
envelope = bytes.fromhex(order["envelope"])
calls = {
    "status": lambda line: line.status(),
    "deliver": lambda line: line.deliver([envelope] * 512),
    "ask": lambda line: line.ask([str(number).zfill(32) for number in range(512)]),
    "pull": lambda line: line.pull(0, 512),
    "acknowledge": lambda line: line.acknowledge([FeedItem(number, envelope) for number in range(1, 513)]),
    "witness": lambda line: line.show_checkpoint(1, "0" * 64),
    "holdings": lambda line: line.holdings(Inquiry(datetime(2026, 1, 1, tzinfo=UTC), 0)),
}
for port, call in order["calls"]:
    peer = PeerEndpoint("rehearsal-agency", "127.0.0.1", port, "131041", versions)
    try:
        with Line(peer, identity, LineLimits(60.0, 60.0)) as line:
            calls[call](line)
    except LineFault as fault:
        print(fault.code)
    else:
        print("taken")
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def worst_bodies(length: int) -> list[bytes]:
    """Return texts of at most `length` bytes that take the most memory, each in its own way."""
    return [
        b"[" + b"[]," * ((length - 4) // 3) + b"[]]",
        b'{"items":[' + b"{}," * ((length - 16) // 3) + b"{}]}",
        b"[" * length,
        b"[" + b"1" * (length - 2) + b"]",
        b"[1." + b"1" * (length - 4) + b"]",
        b"{" + b",".join(b'"%d":%d' % (number, number) for number in range(length // 18)) + b"}",
        # One character beyond the first plane, and the whole text takes four bytes for each.
        '{"name":"𠮷'.encode() + b"a" * (length - 16) + b'"}',
        b'{"name":"' + rb"\u3042" * ((length - 12) // 6) + b'"}',
    ]


def _peak(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1])


class Asking:
    """A terminal that sends what it likes."""

    def __init__(self, rehearsal: Rehearsal, port: int) -> None:
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._context.load_verify_locations(cadata=rehearsal.agency.certificate_pem)
        self._context.load_cert_chain(rehearsal.identity.certificate_file, rehearsal.identity.key_file)

    def say(self, head: str, body: bytes) -> bytes:
        """Send a request, as much of it as the agency takes, and return the status of its answer, if any."""
        with (
            socket.create_connection(("127.0.0.1", self._port), timeout=6 * PATIENCE) as plain,
            self._context.wrap_socket(plain) as secured,
        ):
            answer = b""
            with suppress(OSError):
                secured.sendall(head.encode() + b"\r\n\r\n" + body)
            with suppress(OSError):
                while b"\r\n" not in answer and (chunk := secured.recv(4096)):
                    answer += chunk
            return answer[9:12]

    def post(self, path: str, body: bytes, declared: int | None = None) -> bytes:
        """Post `body`, of which more is `declared` than is sent if that is given."""
        media = wire.BYTES_TYPE if path == "/v1/messages" else wire.JSON_TYPE
        length = len(body) if declared is None else declared
        return self.say(f"POST {path} HTTP/1.1\r\nContent-Type: {media}\r\nContent-Length: {length}", body)


@pytest.fixture
def agency_process(rehearsal: Rehearsal) -> Iterator[tuple[Asking, int]]:
    command = [sys.executable, "-I", "-X", "utf8", "-c", _AGENCY, str(rehearsal.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Asking(rehearsal, int(process.stdout.readline())), process.pid
        finally:
            process.kill()


def test_the_agency_stays_small(rehearsal: Rehearsal, agency_process: tuple[Asking, int]) -> None:
    asking, process = agency_process
    packed = gzip.compress(bytes(HUGE))[: bounds.QUESTION.length]
    for path, most in ASKED.items():
        assert asking.post(path, BEGINNING, declared=HUGE) == b"413"
        assert {asking.post(path, body) for body in worst_bodies(most)} == {b"400"}
        assert asking.say(f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked", CHUNK + BEGINNING) == b"411"
        coded = f"POST {path} HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
        assert asking.say(coded, packed) == b"415"
    heads = "GET /v1/status HTTP/1.1\r\n" + "\r\n".join(f"A{number}: {'b' * 60_000}" for number in range(99))
    assert asking.say(heads, b"") == b"400"

    _send_large_batches(rehearsal, asking)

    assert _peak(process) <= MOST


def _send_large_batches(rehearsal: Rehearsal, asking: Asking) -> None:
    """Send eight times, all at once, as many envelopes of the largest size as fit in a body."""
    content = json.dumps(record(padding="p" * (bounds.MOST_ENVELOPE_BYTES - 4096))).encode()
    envelopes = [rehearsal.seal(content, uuid.uuid4().hex).raw for _ in range(64)]
    body = wire.join(envelopes)
    statuses: list[bytes] = []
    sending = [threading.Thread(target=lambda: statuses.append(asking.post("/v1/messages", body))) for _ in range(8)]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join()
    assert statuses == [b"200"] * 8


class Hostile:
    """A peer with the true certificate that gives such answers; each port serves one call."""

    def __init__(self, rehearsal: Rehearsal, strangers: Strangers) -> None:
        self._context = server_context(rehearsal.home / "identity")
        self._strangers = strangers

    def answers(self, call: str, head: str, body: bytes) -> tuple[int, str]:
        """Return a port on which `call` gets this answer, and the call."""

        def behave(plain: socket.socket, _: Stranger) -> None:
            with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as secured:
                if call != "status":
                    _read_request(secured)
                    secured.sendall(_http(wire.JSON_TYPE, wire.encode(_STATUS)))
                _read_request(secured)
                secured.sendall(head.encode() + b"\r\n\r\n" + body)

        return self._strangers.listen(behave).port, call


_STATUS: Final = {
    "protocol": "renkei/1",
    "name": "rehearsal-agency",
    "municipality": "131041",
    "time": "2026-11-23T07:15:00.000000Z",
    "suites": [],
}


def _http(media: str, body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _read_request(secured: ssl.SSLSocket) -> None:
    raw = b""
    while b"\r\n\r\n" not in raw and (chunk := secured.recv(65536)):
        raw += chunk
    head, _, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    left = int(length[1]) - len(body) if length else 0
    while left > 0 and (chunk := secured.recv(65536)):
        left -= len(chunk)


@pytest.mark.long
def test_the_terminal_stays_small(rehearsal: Rehearsal, strangers: Strangers) -> None:
    hostile = Hostile(rehearsal, strangers)
    packed = gzip.compress(bytes(HUGE))
    calls = []
    for call, most in ANSWERED.items():
        media = wire.BYTES_TYPE if call == "deliver" else wire.JSON_TYPE
        ok = f"HTTP/1.1 200 OK\r\nContent-Type: {media}"
        calls += [hostile.answers(call, f"{ok}\r\nContent-Length: {len(body)}", body) for body in worst_bodies(most)]
        calls.append(hostile.answers(call, f"{ok}\r\nContent-Length: {HUGE}", BEGINNING))
        calls.append(hostile.answers(call, f"{ok}\r\nTransfer-Encoding: chunked", CHUNK + BEGINNING))
        calls.append(hostile.answers(call, f"{ok}\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}", packed))
        refused = f"HTTP/1.1 500 Failed\r\nContent-Type: {wire.PROBLEM_TYPE}\r\nContent-Length: {HUGE}"
        calls.append(hostile.answers(call, refused, BEGINNING))
    interim = "HTTP/1.1 100 Continue\r\n" + "\r\n".join(f"A{number}: {'b' * 60_000}" for number in range(99))
    calls.append(hostile.answers("ask", interim, b""))

    printed = _run_client(rehearsal, calls)

    assert set(printed[:-1]) == {"answer_too_large", "answer_malformed"}
    assert len(printed) == len(calls) + 1
    assert int(printed[-1]) <= MOST


def _run_client(rehearsal: Rehearsal, calls: list[tuple[int, str]]) -> list[str]:
    """Make the calls in a process of its own; return what became of each, and its peak in kB."""
    order = {
        "identity": str(rehearsal.identity.directory),
        "peer": rehearsal.agency.to_json(),
        "envelope": rehearsal.seal(record()).raw.hex(),
        "calls": calls,
    }
    command = [sys.executable, "-I", "-X", "utf8", "-c", _CLIENT]
    done = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()
