"""How requests reach the agency: TLS 1.3 with registered client certificates, strict HTTP/1.1, a thread a connection.

The handshake happens in the connection's own thread under a timeout, so that nobody can hold up the others by being
slow. Who the terminal is, its exact certificate says.
"""

import math
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from transport import wire
from transport.agency import texts
from transport.agency.database import Ledger, TerminalRecord
from transport.agency.home import AgencyHome
from transport.agency.service import Service
from transport.evidence.receipts import MOST_RECEIPT_BYTES

_HANDSHAKE_SECONDS: Final = 5.0
# From the handshake, or the answer before, until a request is whole.
_REQUEST_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 30.0
_LINGER_SECONDS: Final = 1.0
_MOST_CONNECTIONS: Final = 64


class AgencyServer(ThreadingHTTPServer):
    """The listening side: it admits registered terminals in force alone."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, home: AgencyHome, ledger: Ledger) -> None:
        """Bind the address and port of the settings. Raises OSError."""
        self.home: Final = home
        self.desk: Final = Service(home, ledger)
        self._ledger = ledger
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._guard = threading.Lock()
        # Since when each connection waits for its next request to be whole; infinite while it waits for our answer.
        self._open: dict[socket.socket, float] = {}
        self.address_family = socket.AF_INET6 if ":" in home.settings.address else socket.AF_INET
        super().__init__((home.settings.address, home.settings.port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of our own name that the base class makes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.home.settings.address, self.socket.getsockname()[1]

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002, the base class's signature
        """Turn a connection away when there are too many."""
        return self._free.acquire(blocking=False)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands and serve one connection, in its own thread."""
        try:
            request.settimeout(_HANDSHAKE_SECONDS)
            with self._context().wrap_socket(request, server_side=True, do_handshake_on_connect=False) as secured:
                self.await_request(secured)
                try:
                    self._serve(secured, client_address)
                finally:
                    with self._guard:
                        del self._open[secured]
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002, the base class's signature
        """Note that a connection failed; the base class would print a traceback."""
        self.home.record_incident("connection_failed")

    def await_request(self, secured: socket.socket) -> None:
        """Note that a connection begins to wait for its next request."""
        with self._guard:
            self._open[secured] = time.monotonic()

    def request_is_whole(self, secured: socket.socket) -> None:
        """Note that all of a request is here: from now on the other side waits for us."""
        with self._guard:
            self._open[secured] = math.inf

    def service_actions(self) -> None:
        """End the connections whose request takes too long, whether nothing comes or a byte now and then."""
        self._end_reading(time.monotonic() - _REQUEST_SECONDS)

    def end_connections(self) -> None:
        """Let every connection end after the answer that is under way."""
        self._end_reading(math.inf)

    def _end_reading(self, latest: float) -> None:
        """Read no more from connections that have waited since the moment `latest` or before."""
        with self._guard:
            for secured, since in self._open.items():
                if since <= latest:
                    with suppress(OSError):
                        socket.socket.shutdown(secured, socket.SHUT_RD)

    def terminal_of(self, certificate: bytes | None, now: datetime) -> TerminalRecord | None:
        """Return the terminal in force that has exactly this certificate (DER)."""
        for terminal in self._ledger.terminals():
            for version in terminal.versions:
                if version.in_force(now) and version.public.certificate_der == certificate:
                    return terminal
        return None

    def _serve(self, secured: ssl.SSLSocket, client_address: Any) -> None:
        try:
            secured.do_handshake()
        except (ssl.SSLError, OSError) as error:
            self.home.record_incident("handshake_refused", error)
        else:
            _Handler(secured, client_address, self)
        _linger(secured)

    def _context(self) -> ssl.SSLContext:
        """Return a context that trusts the certificates of the terminals in force now, and nothing else."""
        now = datetime.now(UTC)
        trusted = [
            version.public.certificate_pem
            for terminal in self._ledger.terminals()
            for version in terminal.versions
            if version.in_force(now)
        ]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        # A resumed session would carry the trust of yesterday.
        context.num_tickets = 0
        if trusted:
            context.load_verify_locations(cadata="".join(trusted))
        identity = self.home.identity(now)
        context.load_cert_chain(identity.certificate_file, identity.key_file)
        return context


_Endpoint = Callable[[TerminalRecord, datetime], dict[str, Any] | list[bytes]]


class _Refusal(Exception):
    """The request is answered with the problem `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Handler(BaseHTTPRequestHandler):
    """One connection of one terminal."""

    protocol_version = "HTTP/1.1"
    # For whoever does not read our answer.
    timeout = _ANSWER_SECONDS
    disable_nagle_algorithm = True
    # Header and body leave together; each request flushes.
    wbufsize = -1
    server: AgencyServer

    def handle_one_request(self) -> None:
        """Read a request, which has to be whole in time, and answer it."""
        self.server.await_request(self.connection)
        super().handle_one_request()

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer("POST")

    def version_string(self) -> str:
        """Name no versions of libraries."""
        return "renkei-agency"

    def log_message(self, *_: object) -> None:
        """Print nothing: incidents are in the technical log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002, the base class's signature
        """Answer what the base class refuses with a problem as well."""
        unsupported = code == HTTPStatus.NOT_IMPLEMENTED
        self._refuse("method_unknown" if unsupported else "request_unreadable", "http")

    def _answer(self, method: str) -> None:
        try:
            answer = self._dispatch(method, datetime.now(UTC))
        except _Refusal as refusal:
            self._refuse(refusal.code)
        except wire.WireError as error:
            self._refuse("request_unreadable", error.place, error)
        except sqlite3.Error as error:
            self._refuse("agency_not_durable", cause=error)
        except (TimeoutError, ConnectionError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001, whatever it is, the terminal is told and the others go on
            self._refuse("agency_failed", cause=error)
        else:
            self._send(HTTPStatus.OK, *answer)

    def _dispatch(self, method: str, now: datetime) -> tuple[str, bytes]:
        """Return media type and body of the answer."""
        endpoints: dict[str, tuple[str, _Endpoint]] = {
            "/v1/status": ("GET", self._status),
            "/v1/messages": ("POST", self._messages),
            "/v1/receipts": ("POST", self._receipts),
            "/v1/feed": ("POST", self._feed),
            "/v1/acknowledgements": ("POST", self._acknowledgements),
            "/v1/witness": ("POST", self._witness),
        }
        if self.path not in endpoints:
            raise _Refusal("path_unknown")
        wanted, answer = endpoints[self.path]
        if method != wanted:
            raise _Refusal("method_unknown")
        assert isinstance(self.connection, ssl.SSLSocket)
        terminal = self.server.terminal_of(self.connection.getpeercert(binary_form=True), now)
        if terminal is None:
            # It was registered when it shook hands and is no longer: the connection ends without a word.
            raise ConnectionAbortedError
        told = answer(terminal, now)
        return (wire.BYTES_TYPE, wire.join(told)) if isinstance(told, list) else (wire.JSON_TYPE, wire.encode(told))

    def _status(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        return self.server.desk.status(terminal, now)

    def _messages(self, terminal: TerminalRecord, now: datetime) -> list[bytes]:
        # An envelope that is a little too large is refused by itself, not with its whole batch.
        envelopes = wire.split(self._bytes(wire.BYTES_TYPE), "envelopes", 2 * wire.MOST_ENVELOPE_BYTES)
        return self.server.desk.take_in(terminal, envelopes, now)

    def _receipts(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:  # noqa: ARG002, as all endpoints
        ids = [wire.message_id(one, "ids") for one in wire.items(self._body("ids")["ids"], "ids")]
        return {"receipts": self.server.desk.receipts(terminal, ids)}

    def _feed(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        body = self._body("after", "limit")
        after = wire.whole(body["after"], "after")
        limit = wire.whole(body["limit"], "limit", least=1, most=wire.MOST_ITEMS)
        return self.server.desk.feed(terminal, after, limit, now)

    def _acknowledgements(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:  # noqa: ARG002, as all endpoints
        told = [wire.only(wire.table(one, "items"), "position", "receipt") for one in self._items()]
        items = [
            (
                wire.whole(one["position"], "position", least=1),
                wire.from_base64(one["receipt"], "receipt", MOST_RECEIPT_BYTES),
            )
            for one in told
        ]
        return {"results": self.server.desk.acknowledge(terminal, items)}

    def _witness(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        body = self._body("number", "checkpoint")
        number = wire.whole(body["number"], "number", least=1)
        return self.server.desk.witness(terminal, number, wire.digest(body["checkpoint"], "checkpoint"), now)

    def _items(self) -> list[Any]:
        return wire.items(self._body("items")["items"], "items")

    def _body(self, *names: str) -> Mapping[str, Any]:
        """Read a body that is a JSON object of exactly the fields `names`."""
        return wire.only(wire.decode(self._bytes(wire.JSON_TYPE), "body"), *names)

    def _bytes(self, media_type: str) -> bytes:
        """Read a body of declared length and of that type."""
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            raise _Refusal("length_missing")
        if not (lengths[0].isascii() and lengths[0].isdigit()):
            raise wire.WireError("content-length")
        if int(lengths[0]) > wire.MOST_BODY_BYTES:
            raise _Refusal("request_too_large")
        if self.headers.get_content_type() != media_type:
            raise _Refusal("media_type_unknown")
        raw = self.rfile.read(int(lengths[0]))
        if len(raw) != int(lengths[0]):
            raise ConnectionAbortedError
        self.server.request_is_whole(self.connection)
        return raw

    def _refuse(self, code: str, field: str = "-", cause: Exception | None = None) -> None:
        """Answer with a problem and end the connection: what remains of the request is not to be read as another."""
        problem = texts.problem(code, self.server.home.record_incident(code, cause), field)
        self.close_connection = True
        self._send(problem.status, wire.PROBLEM_TYPE, wire.encode(problem.to_wire()))

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        # The base class leaves the head away for what it takes for HTTP/0.9; there is none of that here.
        self.request_version = self.protocol_version
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _linger(secured: ssl.SSLSocket) -> None:
    """Let the other side read our last word: closing with unread bytes would make the system throw it away."""
    deadline = time.monotonic() + _LINGER_SECONDS
    with suppress(OSError):
        socket.socket.shutdown(secured, socket.SHUT_WR)
        while (left := deadline - time.monotonic()) > 0:
            secured.settimeout(left)
            if not socket.socket.recv(secured, 64 * 1024):
                return
