"""How requests reach the agency: TLS 1.3 with registered client certificates, strict HTTP/1.1, a thread per connection.

The handshake happens in the thread of its connection and under a timeout, so that a slow client cannot hold up the
others. A terminal is identified by its exact certificate.
"""

import http.client
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

from transport import bounds, wire
from transport.agency import texts
from transport.agency.database import AgencyDatabase
from transport.agency.home import AgencyHome
from transport.agency.places import Places
from transport.agency.records import TerminalRecord
from transport.agency.service import Service
from transport.bounds import Bound
from transport.evidence.holdings import MOST_HELD, Inquiry
from transport.evidence.receipts import MOST_RECEIPT_BYTES

_HANDSHAKE_SECONDS: Final = 5.0
# From the handshake or the previous answer until a request is complete.
_REQUEST_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 30.0
_LINGER_SECONDS: Final = 1.0
# Each connection has a thread.
_MOST_CONNECTIONS: Final = 64
# So many requests with large bodies or answers are in memory at a time; the others wait for their turn. A body up to
# this size is read before its turn comes, so that a slow client with a small question holds up nobody.
_MOST_LARGE: Final = 4
_LARGE_BYTES: Final = 64 * 1024


class AgencyServer(ThreadingHTTPServer):
    """The listening side: it admits only registered terminals in force."""

    # Closing the server waits for the threads of its connections, so that no answer is cut off.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, home: AgencyHome, database: AgencyDatabase) -> None:
        """Bind the address and port of the settings. Raises OSError."""
        self.home: Final = home
        self.service: Final = Service(home, database)
        self._database = database
        self._places = Places(_MOST_CONNECTIONS)
        self.large: Final = threading.BoundedSemaphore(_MOST_LARGE)
        self._guard = threading.Lock()
        # Since when each connection has been waiting for a complete request; infinite while it waits for our answer.
        self._open: dict[socket.socket, float] = {}
        self.address_family = socket.AF_INET6 if ":" in home.settings.address else socket.AF_INET
        super().__init__((home.settings.address, home.settings.port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of our own name that the base class makes: it might ask a DNS server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.home.settings.address, self.socket.getsockname()[1]

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002  # The base class gives the signature.
        """Admit a connection if there is a place for it."""
        return self._places.admit(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands and serve one connection, in its own thread."""
        try:
            request.settimeout(_HANDSHAKE_SECONDS)
            # A context for each connection: who is registered, and with which keys we answer, may have changed.
            with self._context().wrap_socket(request, server_side=True, do_handshake_on_connect=False) as secured:
                self.await_request(secured)
                self._places.use(request, secured)
                try:
                    self._serve(request, secured, client_address)
                finally:
                    with self._guard:
                        del self._open[secured]
        finally:
            self._places.leave(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # The base class gives the signature.
        """Record that a connection failed; the base class would print a traceback, which might hold personal data."""
        self.home.record_incident("connection_failed")

    def await_request(self, secured: socket.socket) -> None:
        """Note that a connection begins to wait for its next request. Its time starts now."""
        with self._guard:
            self._open[secured] = time.monotonic()

    def request_is_whole(self, secured: socket.socket) -> None:
        """Note that a request is complete. From now on the other side waits for us, and its time is not counted."""
        with self._guard:
            self._open[secured] = math.inf

    def service_actions(self) -> None:
        """End the connections whose request takes too long, even if a byte arrives now and then."""
        # The base class calls this between two looks for new connections. A socket timeout would not be enough: it
        # limits only each wait.
        self._end_reading(time.monotonic() - _REQUEST_SECONDS)

    def end_connections(self) -> None:
        """Let every connection end after the answer that is being sent."""
        self._end_reading(math.inf)

    def _end_reading(self, latest: float) -> None:
        """Stop reading from connections that have been waiting since the moment `latest` or longer."""
        with self._guard:
            for secured, since in self._open.items():
                if since <= latest:
                    # Only the reading half is shut down: an answer that is being sent still arrives whole. The plain
                    # shutdown leaves the TLS state to the thread that uses it.
                    with suppress(OSError):
                        socket.socket.shutdown(secured, socket.SHUT_RD)

    def terminal_of(self, certificate: bytes | None, now: datetime) -> TerminalRecord | None:
        """Return the terminal in force that has exactly this certificate (DER), or None."""
        for terminal in self._database.terminals():
            for version in terminal.versions:
                if version.in_force(now) and version.public.certificate_der == certificate:
                    return terminal
        return None

    def _serve(self, request: socket.socket, secured: ssl.SSLSocket, client_address: Any) -> None:
        try:
            secured.do_handshake()
        # Not passed on to `handle_error`: a stranger that is turned away is no failure of the agency.
        except (ssl.SSLError, OSError) as error:
            self.home.record_incident("handshake_refused", error)
        else:
            self._places.know(request)
            _Handler(secured, client_address, self)
        _linger(secured)

    def _context(self) -> ssl.SSLContext:
        """Return a context that trusts the certificates of the terminals in force now, and nothing else."""
        now = datetime.now(UTC)
        trusted = [
            version.public.certificate_pem
            for terminal in self._database.terminals()
            for version in terminal.versions
            if version.in_force(now)
        ]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        # A registered leaf is trusted itself; the authority that signed it is not.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        # A resumed session would skip the check of the certificate, which may have been withdrawn since.
        context.num_tickets = 0
        if trusted:
            context.load_verify_locations(cadata="".join(trusted))
        identity = self.home.identity(now)
        context.load_cert_chain(identity.certificate_file, identity.key_file)
        return context


_Endpoint = Callable[[TerminalRecord, datetime], dict[str, Any] | list[bytes]]


class _Refusal(Exception):
    """Ends a request, which is then answered with the problem `code`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Handler(BaseHTTPRequestHandler):
    """One connection of one terminal."""

    protocol_version = "HTTP/1.1"
    # Ends the connection of a client that does not read our answer.
    timeout = _ANSWER_SECONDS
    # Header and body leave together: they are buffered, and the base class flushes after each request. Nagle's
    # algorithm would only delay the end of an answer.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: AgencyServer
    _in_turn = False

    def setup(self) -> None:
        """Begin a connection, of whose requests the heads are bounded."""
        super().setup()
        self.rfile: bounds.BoundedHead = bounds.BoundedHead(self.rfile.detach())

    def handle_one_request(self) -> None:
        """Read a request, which has to be complete in time, and answer it."""
        self.server.await_request(self.connection)
        self.rfile.begin()
        try:
            super().handle_one_request()
        except http.client.LineTooLong:
            # As the base class does for a first line that is too long: its answer would name that line.
            self.requestline = self.command = ""
            self._refuse("request_unreadable", "http")
            self.wfile.flush()
        finally:
            if self._in_turn:
                self._in_turn = False
                self.server.large.release()

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer("POST")

    def version_string(self) -> str:
        """Return a name without the versions of libraries, which would help an attacker."""
        return "renkei-agency"

    def log_message(self, *_: object) -> None:
        """Print nothing: incidents are recorded in the technical log."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  # The base class gives the signature.
        """Answer with a problem where the base class would answer with HTML."""
        unsupported = code == HTTPStatus.NOT_IMPLEMENTED
        self._refuse("method_unknown" if unsupported else "request_unreadable", "http")

    def _answer(self, method: str) -> None:
        try:
            answer = self._dispatch(method, datetime.now(UTC))
        except _Refusal as refusal:
            self._refuse(refusal.code)
        except wire.WireError as error:
            self._refuse("request_unreadable", error.place, error)
        # A full disk, for instance: the terminal is to ask later.
        except sqlite3.Error as error:
            self._refuse("agency_not_durable", cause=error)
        # There is nobody left to answer.
        except (TimeoutError, ConnectionError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001  # Whatever it is, the terminal gets an answer and the others go on.
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
            "/v1/holdings": ("POST", self._holdings),
        }
        # As it was sent: the base class makes one stroke of several at the beginning of its own `path`.
        path = self.requestline.split()[1]
        if path not in endpoints:
            raise _Refusal("path_unknown")
        wanted, answer = endpoints[path]
        if method != wanted:
            raise _Refusal("method_unknown")
        assert isinstance(self.connection, ssl.SSLSocket)
        terminal = self.server.terminal_of(self.connection.getpeercert(binary_form=True), now)
        if terminal is None:
            # It was registered at the handshake but is not any more: the connection ends without an answer.
            raise ConnectionAbortedError
        result = answer(terminal, now)
        if isinstance(result, list):
            return wire.BYTES_TYPE, wire.join(result)
        return wire.JSON_TYPE, wire.encode(result)

    def _status(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        return self.server.service.status(terminal, now)

    def _messages(self, terminal: TerminalRecord, now: datetime) -> list[bytes]:
        # Twice the size of the largest envelope: one that is a little too large is refused alone, and not together with
        # its whole batch.
        envelopes = wire.split(
            self._bytes(wire.BYTES_TYPE, bounds.MOST_BODY_BYTES), "envelopes", 2 * bounds.MOST_ENVELOPE_BYTES
        )
        return self.server.service.take_in(terminal, envelopes, now)

    def _receipts(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:  # noqa: ARG002  # All endpoints have one signature.
        ids = [wire.message_id(value, "ids") for value in wire.items(self._body(bounds.IDS, "ids")["ids"], "ids")]
        return {"receipts": self.server.service.receipts(terminal, ids)}

    def _feed(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        body = self._body(bounds.QUESTION, "after", "limit")
        after = wire.whole(body["after"], "after")
        limit = wire.whole(body["limit"], "limit", least=1, most=bounds.MOST_ITEMS)
        return self.server.service.feed(terminal, after, limit, now)

    def _acknowledgements(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:  # noqa: ARG002  # All endpoints have one signature.
        body = self._body(bounds.receipts(bounds.MOST_ITEMS), "items")
        rows = [
            wire.only(wire.table(row, "items"), "position", "receipt") for row in wire.items(body["items"], "items")
        ]
        items = [
            (
                wire.whole(row["position"], "position", least=1),
                wire.from_base64(row["receipt"], "receipt", MOST_RECEIPT_BYTES),
            )
            for row in rows
        ]
        return {"results": self.server.service.acknowledge(terminal, items)}

    def _witness(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        body = self._body(bounds.QUESTION, "number", "checkpoint")
        number = wire.whole(body["number"], "number", least=1)
        return self.server.service.witness(terminal, number, wire.digest(body["checkpoint"], "checkpoint"), now)

    def _holdings(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        body = self._body(bounds.QUESTION, *Inquiry._fields)
        asked = Inquiry(
            wire.from_time(body["since"], "since"),
            wire.whole(body["after"], "after"),
            wire.whole(body["limit"], "limit", least=1, most=MOST_HELD),
        )
        return self.server.service.holdings(terminal, asked, now)

    def _body(self, bound: Bound, *names: str) -> Mapping[str, Any]:
        """Read a body that is a JSON object of exactly the fields `names`, within `bound`."""
        return wire.only(wire.decode(self._bytes(wire.JSON_TYPE, bound.length), "body", bound), *names)

    def _bytes(self, media_type: str, most: int) -> bytes:
        """Read a body of declared length, at most `most` bytes, and of the type `media_type`; wait for its turn."""
        # Exactly one length, and no other framing: two readers that disagree about the end of a request could be made
        # to read different requests (RFC 9112, section 11.2).
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or "Transfer-Encoding" in self.headers:
            raise _Refusal("length_missing")
        if not (lengths[0].isascii() and lengths[0].isdigit()):
            raise wire.WireError("content-length")
        # The number may have any number of digits, of which Python would read only so many.
        if len(lengths[0]) > len(str(most)) or int(lengths[0]) > most:
            raise _Refusal("request_too_large")
        if self.headers.get_content_type() != media_type:
            raise _Refusal("media_type_unknown")
        # Only now is anything read: its size is known to be bounded.
        length = int(lengths[0])
        if length > _LARGE_BYTES:
            self._take_turn()
        raw = self.rfile.read(length)
        if len(raw) != length:
            raise ConnectionAbortedError
        self.server.request_is_whole(self.connection)
        self._take_turn()
        return raw

    def _take_turn(self) -> None:
        """Wait until few enough other requests are in memory. Raises TimeoutError."""
        if not self._in_turn:
            if not self.server.large.acquire(timeout=_REQUEST_SECONDS):
                raise TimeoutError
            self._in_turn = True

    def _refuse(self, code: str, field: str = "-", cause: Exception | None = None) -> None:
        """Answer with a problem and end the connection: the rest of the request must not be read as another request."""
        problem = texts.problem(code, self.server.home.record_incident(code, cause), field)
        self.close_connection = True
        self._send(problem.status, wire.PROBLEM_TYPE, wire.encode(problem.to_wire()))

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        # The base class sends no head in answer to what it takes for HTTP/0.9, which does not exist here.
        self.request_version = self.protocol_version
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _linger(secured: ssl.SSLSocket) -> None:
    """Give the other side time to read our last answer.

    Closing a socket that has unread bytes resets the connection, and the reset may overtake the answer.
    """
    deadline = time.monotonic() + _LINGER_SECONDS
    with suppress(OSError):
        socket.socket.shutdown(secured, socket.SHUT_WR)
        # Ends when the other side closes, or at the deadline. What still arrives is discarded.
        while (left := deadline - time.monotonic()) > 0:
            secured.settimeout(left)
            if not socket.socket.recv(secured, 64 * 1024):
                return
