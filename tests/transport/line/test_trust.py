"""Only the peer: for everybody else this shows how many bytes of a request reached them (none), and what is told.

It shows `transport.line.connection` as well, which compares the peer's certificate with the registered ones.
"""

import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.transport.rehearsing import (
    LONG_AGO,
    MUNICIPALITY,
    Rehearsal,
    Stranger,
    Strangers,
    record,
    server_context,
    tls_server,
)
from transport import agency
from transport.errors import (
    CertificateExpired,
    EndpointInvalid,
    LineFault,
    LineUnreachable,
    PeerCertificateExpired,
    PeerCertificateMisused,
    PeerCertificateNotYetValid,
    PeerNotInForce,
    PeerNotSecured,
    PeerNotTrusted,
    PeerTlsTooOld,
    TerminalNotTrusted,
)
from transport.line.client import Line
from transport.parties.authority import Use, Validity
from transport.parties.identity import DatedIdentity, Identity, PublicIdentity

DAY = timedelta(days=1)
APPLICATION_DATA = 23


def _certified(rehearsal: Rehearsal, directory: Path, *, use: Use = Use.AGENCY, begin: timedelta = -DAY) -> str:
    """Put a key and a certificate of the same authority and name, valid for two days, into `directory`."""
    key = ec.generate_private_key(ec.SECP256R1())
    since = datetime.now(UTC).replace(microsecond=0) + begin
    period = Validity(since, since + 2 * DAY)
    certificate = rehearsal.authority.issue("rehearsal-agency", key.public_key(), use, period=period)
    directory.mkdir()
    (directory / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem = certificate.public_bytes(Encoding.PEM)
    (directory / "tls.crt").write_bytes(pem)
    return pem.decode()


def _registered(rehearsal: Rehearsal, pem: str) -> tuple[DatedIdentity, ...]:
    public = PublicIdentity("rehearsal-agency", pem, rehearsal.agency.signing_key, rehearsal.agency.sealing_key)
    return (DatedIdentity("1", public, LONG_AGO),)


def _attempt(rehearsal: Rehearsal, found: Stranger, versions: tuple[DatedIdentity, ...] | None = None) -> LineFault:
    peer = rehearsal.peer(port=found.port)
    if versions is not None:
        peer = replace(peer, versions=versions)
    with Line(peer, rehearsal.identity) as line, pytest.raises(LineFault) as caught:
        line.deliver([rehearsal.seal(record()).raw])
    assert not caught.value.may_have_arrived
    return caught.value


def test_the_right_peer_gets_the_request(rehearsal: Rehearsal, strangers: Strangers) -> None:
    """The counter-proof: with the registered key the same counting server does see a request."""
    context = server_context(rehearsal.home / "identity", trusted=rehearsal.identity.public.certificate_pem)
    found = strangers.listen(tls_server(context, b"HTTP/1.1 500 Failed\r\nContent-Length: 0\r\n\r\n"))
    _attempt(rehearsal, found)
    strangers.join()

    assert found.application_bytes > 0
    assert found.certificate == rehearsal.identity.public.certificate_der


def test_an_impostor_of_the_same_authority_gets_nothing(
    rehearsal: Rehearsal, strangers: Strangers, tmp_path: Path
) -> None:
    _certified(rehearsal, tmp_path / "impostor")
    context = server_context(tmp_path / "impostor", trusted=rehearsal.identity.public.certificate_pem)
    found = strangers.listen(tls_server(context))

    assert isinstance(_attempt(rehearsal, found), PeerNotTrusted)
    strangers.join()
    assert (found.application_bytes, found.certificate) == (0, None)


@pytest.mark.parametrize(
    ("begin", "use", "expected"),
    [
        (-3 * DAY, Use.AGENCY, PeerCertificateExpired),
        (DAY, Use.AGENCY, PeerCertificateNotYetValid),
        (-DAY, Use.TERMINAL, PeerCertificateMisused),
    ],
)
def test_a_registered_certificate_out_of_date_or_of_another_use_gets_nothing(
    rehearsal: Rehearsal,
    strangers: Strangers,
    tmp_path: Path,
    begin: timedelta,
    use: Use,
    expected: type[LineFault],
) -> None:
    pem = _certified(rehearsal, tmp_path / "registered", use=use, begin=begin)
    context = server_context(tmp_path / "registered", trusted=rehearsal.identity.public.certificate_pem)
    found = strangers.listen(tls_server(context))

    assert isinstance(_attempt(rehearsal, found, _registered(rehearsal, pem)), expected)
    strangers.join()
    assert (found.application_bytes, found.certificate) == (0, None)


def test_a_version_that_is_no_longer_in_force_is_not_trusted(rehearsal: Rehearsal, strangers: Strangers) -> None:
    ended = DatedIdentity("1", rehearsal.agency, LONG_AGO, datetime.now(UTC) - DAY)
    found = strangers.listen(tls_server(server_context(rehearsal.home / "identity")))
    with (
        Line(rehearsal.peer(port=found.port, versions=(ended,)), rehearsal.identity) as line,
        pytest.raises(PeerNotInForce),
    ):
        line.status()
    assert found.raw == b""


def _plain(answer: bytes) -> Callable[[socket.socket, Stranger], None]:
    def behave(connection: socket.socket, found: Stranger) -> None:
        found.raw = connection.recv(65536)
        connection.sendall(answer)
        try:
            while chunk := connection.recv(65536):
                found.raw += chunk
        except ConnectionError:
            return

    return behave


def _application_records(raw: bytes) -> int:
    """Count the records in which TLS carries what applications say."""
    count = 0
    while raw:
        kind, _, length = struct.unpack(">BHH", raw[:5])
        count += kind == APPLICATION_DATA
        raw = raw[5 + length :]
    return count


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_peer_without_tls_gets_nothing(rehearsal: Rehearsal, strangers: Strangers, answer: bytes) -> None:
    found = strangers.listen(_plain(answer))

    assert isinstance(_attempt(rehearsal, found), PeerNotSecured)
    strangers.join()
    assert found.raw
    assert _application_records(found.raw) == 0


def test_a_peer_of_tls_1_2_gets_nothing(rehearsal: Rehearsal, strangers: Strangers) -> None:
    context = server_context(rehearsal.home / "identity")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    found = strangers.listen(tls_server(context))

    assert isinstance(_attempt(rehearsal, found), PeerTlsTooOld)
    strangers.join()
    assert found.application_bytes == 0


def test_nobody_there_is_told_as_such(rehearsal: Rehearsal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with rehearsal.line(port=port) as line, pytest.raises(LineUnreachable) as caught:
        line.deliver([rehearsal.seal(record()).raw])
    assert caught.value.facts == {"address": "127.0.0.1", "port": str(port), "reason": "ECONNREFUSED"}
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
def test_proxy_variables_are_not_heard(
    served: Rehearsal, strangers: Strangers, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = strangers.listen(_plain(b""))
    monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
    with served.line() as line:
        line.status()
    assert proxy.raw == b""


def test_secrets_of_the_line_are_not_written_down(
    served: Rehearsal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    with served.line() as line:
        line.status()
    assert not (tmp_path / "keys.log").exists()


@pytest.mark.parametrize("address", ["localhost", "peer.example", "", "127.0.0.1:443", "127.1"])
def test_a_name_in_place_of_an_address_is_refused(rehearsal: Rehearsal, address: str) -> None:
    with pytest.raises(EndpointInvalid):
        rehearsal.peer(address=address)


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_is_none_is_refused(rehearsal: Rehearsal, port: int) -> None:
    with pytest.raises(EndpointInvalid):
        rehearsal.peer(port=port)


def test_the_peer_admits_registered_terminals_alone(rehearsal: Rehearsal, tmp_path: Path) -> None:
    impostor = Identity.create(tmp_path / "impostor", "131041-01", Use.TERMINAL, authority=rehearsal.authority)
    envelope = rehearsal.seal(record())
    with rehearsal.served(), Line(rehearsal.peer(), impostor) as line, pytest.raises(TerminalNotTrusted) as caught:
        line.deliver([envelope.raw])

    assert not caught.value.may_have_arrived
    assert agency.received(rehearsal.home).messages == 0
    assert "handshake_refused" in (rehearsal.home / "technical.log").read_text()


def test_the_peer_admits_no_terminal_out_of_its_period(served: Rehearsal) -> None:
    public = served.identity.public
    agency.register_terminal(
        served.home,
        public,
        municipality=MUNICIPALITY,
        valid_from=LONG_AGO,
        valid_to=datetime.now(UTC) - DAY,
    )
    with served.line() as line, pytest.raises(TerminalNotTrusted):
        line.status()


def test_a_terminal_that_is_struck_off_is_no_longer_heard_on_an_open_connection(served: Rehearsal) -> None:
    with served.line() as line:
        line.status()
        agency.register_terminal(
            served.home,
            served.identity.public,
            municipality=MUNICIPALITY,
            valid_from=LONG_AGO,
            valid_to=datetime.now(UTC),
        )
        with pytest.raises(LineFault):
            line.deliver([served.seal(record()).raw])
    assert agency.received(served.home).messages == 0


def test_the_peer_speaks_with_nobody_who_shows_no_certificate(served: Rehearsal) -> None:
    context = ssl.create_default_context(cadata=served.agency.certificate_pem)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with (
        socket.create_connection(("127.0.0.1", served.port)) as plain,
        context.wrap_socket(plain) as secured,
    ):
        secured.sendall(b"GET /v1/status HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            secured.recv(1)


def test_a_terminal_whose_own_certificate_has_ended_does_not_call(rehearsal: Rehearsal, strangers: Strangers) -> None:
    found = strangers.listen(_plain(b""))
    made = rehearsal.identity
    key = ec.generate_private_key(ec.SECP256R1())
    since = datetime.now(UTC).replace(microsecond=0) - 3 * DAY
    ended = rehearsal.authority.issue(made.name, key.public_key(), Use.TERMINAL, period=Validity(since, since + DAY))
    for path, content in (
        (made.key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        (made.certificate_file, ended.public_bytes(Encoding.PEM)),
    ):
        path.unlink()
        path.write_bytes(content)
        path.chmod(0o400)
    peer = rehearsal.peer(port=found.port)
    with Line(peer, Identity.load(made.directory)) as line, pytest.raises(CertificateExpired):
        line.status()
    assert found.raw == b""


def test_the_terminal_listens_on_nothing(served: Rehearsal) -> None:
    before = _listening()
    with served.line() as line:
        line.status()
        during = _listening()
    assert before == during
    assert len(before) == 1  # The agency, which these tests run in the same process.


def _listening() -> set[str]:
    """Return the listening TCP sockets of this process."""
    ours = set()
    for handle in Path("/proc/self/fd").iterdir():
        try:
            ours.add(str(handle.readlink()))
        except FileNotFoundError:
            continue
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in ours}
