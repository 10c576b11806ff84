"""One TLS connection to the peer: opened only to a registered certificate, and ended from any thread.

The standard library's HTTP client carries the requests. Given a socket that is already connected, it opens none itself,
follows no redirect, knows no proxy and never sends anything twice. Larger HTTP libraries do some of this by default.
"""

import errno
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from transport import bounds, wire
from transport.errors import (
    AnswerCancelled,
    AnswerCut,
    AnswerMalformed,
    AnswerTimeout,
    AnswerTooLarge,
    LineCancelled,
    LineFault,
    LineTimeout,
    LineUnreachable,
    PeerCertificateExpired,
    PeerCertificateMisused,
    PeerCertificateNotYetValid,
    PeerNotSecured,
    PeerNotTrusted,
    PeerTlsTooOld,
    TerminalNotTrusted,
)
from transport.parties.identity import Identity

# OpenSSL's numbers for the reasons why a certificate was refused (x509_vfy.h). Any other reason is PeerNotTrusted.
_REFUSED_CERTIFICATES: Final[dict[int, type[LineFault]]] = {
    9: PeerCertificateNotYetValid,
    10: PeerCertificateExpired,
    26: PeerCertificateMisused,
}
# OpenSSL's names for answers that are not TLS at all, and for TLS that is too old.
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "BAD_RECORD_TYPE"})
_TOO_OLD: Final = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION"})
# The alerts that say that the peer does not admit our certificate. In TLS 1.3 the client has finished its handshake
# before the server checks the client's certificate, so these alerts arrive in place of the first answer.
_NOT_ADMITTED: Final = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV1_ALERT_ACCESS_DENIED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    }
)


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer: its status, media type and body."""

    status: int
    media_type: str
    body: bytes


class _Answer(http.client.HTTPResponse):
    """An answer whose head has a bound, also when interim answers (100) come before it."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = bounds.BoundedHead(self.fp.detach())


class Connection:
    """A connection that is opened once, used by one thread, and may be aborted by any other."""

    def __init__(self, address: str, port: int) -> None:
        self._address = address
        self._port = port
        # Protects `_socket`: another thread may shut it down while this one replaces or closes it.
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._http = http.client.HTTPConnection(address, port)
        # The HTTP client must never open a connection itself: that one would be without TLS.
        self._http.auto_open = 0
        self._http.response_class = _Answer
        self._aborted = False
        self._expired = False

    def open(self, identity: Identity, certificates: Sequence[str], seconds: float) -> None:
        """Connect and shake hands within `seconds` with a server that shows exactly one of `certificates` (PEM).

        Raises LineUnreachable, LineTimeout, LineCancelled, PeerNotTrusted, PeerCertificateExpired,
        PeerCertificateNotYetValid, PeerCertificateMisused, PeerNotSecured, PeerTlsTooOld. When it raises, nothing but
        parts of the handshake has left; somebody who is not the peer has not even seen our certificate.
        """
        context = _context(identity, certificates)
        try:
            with self._deadline(seconds):
                plain = self._hold(socket.socket(_family(self._address), socket.SOCK_STREAM))
                plain.settimeout(seconds)
                plain.connect((self._address, self._port))
                # Otherwise the end of a request may wait for the acknowledgement of its beginning (Nagle).
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                secured = self._secure(context, plain)
                secured.do_handshake()
        except (OSError, ValueError) as error:
            self.close()
            raise self._not_opened(error, seconds) from error
        self._compare_certificate(secured, certificates)
        self._http.sock = secured

    def request(
        self,
        method: str,
        path: str,
        seconds: float,
        media_type: str | None = None,
        body: bytes | None = None,
        *,
        most: int,
    ) -> Response:
        """Send one request, with a `body` of `media_type` if given, and return the complete answer within `seconds`.

        A body of more than `most` bytes is not read, nor a larger problem than there can be.

        Raises AnswerCut, AnswerTimeout, AnswerCancelled, AnswerMalformed, AnswerTooLarge, TerminalNotTrusted.
        After an error the connection is closed.
        """
        headers = {}
        if media_type is not None:
            headers = {"Content-Type": media_type, "Accept": f"{wire.JSON_TYPE}, {wire.PROBLEM_TYPE}"}
        try:
            with self._deadline(seconds):
                if self._http.sock is not None:
                    self._http.sock.settimeout(seconds)
                self._http.request(method, path, body=body, headers=headers)
                with self._http.getresponse() as response:
                    return _read_answer(response, most)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.close()
            raise self._not_answered(error, seconds) from error
        except LineFault as error:
            self.close()
            # An answer that we cut ourselves looks malformed, but the cut is the reason that the operator has to see.
            interruption = self._interruption(seconds)
            if interruption is not None:
                raise interruption from error
            raise

    @property
    def usable(self) -> bool:
        """Whether another request may be sent: as far as we know, neither side has ended the connection."""
        return self._http.sock is not None and not self._aborted

    def abort(self) -> None:
        """End the connection from any thread; a call that is under way ends at once."""
        # Set before the shutdown, so that the thread it wakes sees why its call ended.
        self._aborted = True
        self._shut_down()

    def close(self) -> None:
        """End the connection from the thread that uses it."""
        with self._guard:
            self._http.close()
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _hold(self, plain: socket.socket) -> socket.socket:
        with self._guard:
            self._socket = plain
        # An abort that came before there was a socket had nothing to shut down.
        if self._aborted:
            raise ConnectionAbortedError
        return plain

    def _secure(self, context: ssl.SSLContext, plain: socket.socket) -> ssl.SSLSocket:
        with self._guard:
            # No server name: the peer is an address and a certificate, and nobody on the way needs to read its name.
            secured = context.wrap_socket(plain, do_handshake_on_connect=False)
            self._socket = secured
        if self._aborted:
            raise ConnectionAbortedError
        return secured

    def _compare_certificate(self, secured: ssl.SSLSocket, certificates: Sequence[str]) -> None:
        """Refuse a certificate that is not registered, even if the library has accepted it.

        A mistake in the context, or in the library, would otherwise go unnoticed.
        """
        if secured.getpeercert(binary_form=True) not in {ssl.PEM_cert_to_DER_cert(pem) for pem in certificates}:
            self.close()
            raise PeerNotTrusted

    def _shut_down(self) -> None:
        with self._guard:
            if self._socket is not None:
                # SSLSocket.shutdown would take the TLS state away from the thread that is using it. The plain shutdown
                # wakes that thread and leaves the state alone.
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _expire(self) -> None:
        self._expired = True
        self._shut_down()

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Limit the whole exchange to `seconds`.

        A socket timeout limits only each wait: a peer that sends a byte now and then could hold us for ever.
        """
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _not_opened(self, error: Exception, seconds: float) -> LineFault:
        # What we did ourselves comes first: a socket that we shut down reports misleading errors.
        if self._aborted:
            return LineCancelled()
        if self._expired or isinstance(error, TimeoutError):
            return LineTimeout(address=self._address, port=str(self._port), seconds=f"{seconds:g}")
        if isinstance(error, ssl.SSLCertVerificationError):
            return _REFUSED_CERTIFICATES.get(error.verify_code, PeerNotTrusted)()
        if isinstance(error, ssl.SSLError):
            if error.reason in _NOT_TLS:
                return PeerNotSecured()
            if error.reason in _TOO_OLD:
                return PeerTlsTooOld()
        return LineUnreachable(address=self._address, port=str(self._port), reason=_reason(error))

    def _interruption(self, seconds: float) -> LineFault | None:
        """Return the error for a request that this side ended, or None if it did not."""
        if self._aborted:
            return AnswerCancelled()
        return AnswerTimeout(seconds=f"{seconds:g}") if self._expired else None

    def _not_answered(self, error: Exception, seconds: float) -> LineFault:
        interruption = self._interruption(seconds)
        if interruption is not None:
            return interruption
        if isinstance(error, TimeoutError):
            return AnswerTimeout(seconds=f"{seconds:g}")
        if isinstance(error, ssl.SSLError) and error.reason in _NOT_ADMITTED:
            return TerminalNotTrusted()
        # An ssl.SSLError is an OSError: the alerts above have to be looked at first.
        if isinstance(error, OSError | http.client.NotConnected | http.client.CannotSendRequest):
            return AnswerCut()
        return AnswerMalformed(place="http")


def _context(identity: Identity, certificates: Sequence[str]) -> ssl.SSLContext:
    """Return a context that trusts only the registered leaf certificates and speaks only TLS 1.3.

    A bare SSLContext reads nothing from its environment: neither the system's authorities nor SSLKEYLOGFILE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # There is no name to check: the certificate itself is registered, not the authority that signed it.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    # With this flag a leaf certificate can be the trust anchor. The authority is not trusted, so another certificate
    # of the same authority fails during the handshake, before our certificate is sent.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata="".join(certificates))
    context.load_cert_chain(identity.certificate_file, identity.key_file)
    return context


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "TLS")
    # A name such as ECONNREFUSED, not the system's text, which depends on the system's language.
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number, "closed") if number is not None else "closed"


def _read_answer(response: http.client.HTTPResponse, most: int) -> Response:
    """Read a body of declared length. Everything else that HTTP allows a server is refused."""
    # The declared length shows whether the body is complete. Without it the end of the connection would have to count
    # as the end of the body, and a cut could not be told from it.
    length = response.getheader("Content-Length", "")
    if not (length.isascii() and length.isdigit()) or response.getheader("Transfer-Encoding") is not None:
        raise AnswerMalformed(place="content-length")
    # Whatever does not answer the question is a problem, and those are small.
    most = most if response.status == HTTPStatus.OK else bounds.PROBLEM.length
    # The number may have any number of digits, of which Python would read only so many.
    if len(length) > len(str(most)) or int(length) > most:
        raise AnswerTooLarge(most=str(most))
    body = response.read(int(length)) if int(length) else b""
    if len(body) != int(length):
        raise AnswerCut
    # Reading to the end marks the response as finished, so that the client accepts another request.
    response.read()
    return Response(response.status, response.getheader("Content-Type", ""), body)
