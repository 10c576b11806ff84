"""Only the peer: who else answers gets no byte of a message, and the operator is told who it was and what to do.

Each test sends one approved message and looks at three things: how many bytes could be read at the other end, which
error the operator gets, and where the message stands afterwards.
"""

import socket
import ssl
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from console.jobs import exchange
from console.jobs.peers import register as peer_register
from console.terminal import LINE_KEYS
from console.words import LANGUAGES, Words
from store.errors import PeerMissing
from tests.console.jobs.site import AGENCY, LONG_AGO, MUNICIPALITY, OPERATOR, Site, entry
from tests.faults.impostors import DAY, Certified, Heard, Listener, answering, certify, in_clear, relaying
from transport import agency
from transport.errors import EndpointInvalid, LineFault
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import Identity

#: A peer as the terminal has it registered, and somebody else whom the same authority certified.
Pair = tuple[Certified, Certified]


@pytest.fixture(scope="module")
def authority() -> RehearsalAuthority:
    return RehearsalAuthority()


@dataclass
class Desk:
    """An operator with one message to send."""

    site: Site
    number: int

    def register(self, port: int, pem: str | None = None, **changes: Any) -> None:
        """Register the peer at `port`, with the certificate `pem` if it is another than the agency's."""
        public = agency.public_identity(self.site.agency_home)
        facts = {"address": "127.0.0.1", "municipality": MUNICIPALITY, "legal_basis": "immigration-61-8-2"}
        draft = peer_register.draft_of(
            public if pem is None else replace(public, certificate_pem=pem),
            **{**facts, "port": port, "valid_from": LONG_AGO, **changes},
        )
        peer_register.record(self.site.terminal, draft, actor=None, session_id=None)

    def refused(self) -> LineFault:
        """Send; return the error, told in both languages and recorded, with the message where it was."""
        with pytest.raises(LineFault) as caught:
            exchange.send(self.site.terminal, self.site.session(OPERATOR))
        error = caught.value
        assert error.exit_status == 5
        assert error.incident is not None
        assert error.incident in (self.site.home / "log" / "technical.log").read_text()
        for language in LANGUAGES:
            answer = Words(language).fault(error.code, error.facts)
            assert answer.cause
            assert answer.remedy
            assert "?" not in answer.cause + answer.remedy
            assert error.code not in answer.cause
        assert self.site.states([self.number]) == ["approved"]
        assert self.site.received().messages == 0
        return error


@pytest.fixture
def desk(site: Site) -> Desk:
    (number,) = site.approve([entry(1)])
    return Desk(site, number)


def _relayed(desk: Desk, port: int) -> Listener:
    """Return the agency that serves at `port`, with its bytes counted."""
    own, keys = Identity.load(desk.site.agency_home / "identity"), desk.site.home / LINE_KEYS
    onward = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    onward.check_hostname = False
    onward.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    onward.load_verify_locations(cadata=own.public.certificate_pem)
    onward.load_cert_chain(keys / "tls.crt", keys / "tls.key")
    as_agency = Certified(own.directory, own.public.certificate_pem)
    context = as_agency.context(terminal=desk.site.terminal.identity.public.certificate_pem)
    return Listener(relaying(context, onward, port))


def test_the_right_peer_gets_the_message(desk: Desk) -> None:
    """The counter-proof: the count that is 0 in all other tests is not 0 here."""
    with desk.site.served(register=False) as port, _relayed(desk, port) as peer:
        desk.register(peer.port)
        done = exchange.send(desk.site.terminal, desk.site.session(OPERATOR))

    assert done.delivered == 1
    assert peer.heard.of_messages > 1500
    assert peer.heard.client == desk.site.terminal.identity.public.certificate_der


@pytest.fixture
def pair(authority: RehearsalAuthority, tmp_path: Path) -> Pair:
    return certify(authority, tmp_path / "registered"), certify(authority, tmp_path / "impostor")


def test_an_impostor_of_the_same_authority_gets_nothing(desk: Desk, pair: Pair) -> None:
    registered, impostor = pair
    context = impostor.context(terminal=desk.site.terminal.identity.public.certificate_pem)
    with Listener(answering(context)) as stranger:
        desk.register(stranger.port, registered.pem)
        error = desk.refused()
    assert error.code == "peer_not_trusted"
    assert stranger.heard == Heard()


@pytest.mark.parametrize(
    ("begin", "use", "code"),
    [
        pytest.param(-3 * DAY, Use.AGENCY, "peer_certificate_expired", id="expired"),
        pytest.param(DAY, Use.AGENCY, "peer_certificate_not_yet_valid", id="not yet valid"),
        pytest.param(-DAY, Use.TERMINAL, "peer_certificate_misused", id="wrong key use"),
    ],
)
def test_a_registered_certificate_that_does_not_hold_gets_nothing(
    desk: Desk, authority: RehearsalAuthority, tmp_path: Path, begin: Any, use: Use, code: str
) -> None:
    made = certify(authority, tmp_path / "made", use=use, begin=begin)
    context = made.context(terminal=desk.site.terminal.identity.public.certificate_pem)
    with Listener(answering(context)) as stranger:
        desk.register(stranger.port, made.pem)
        error = desk.refused()
    assert error.code == code
    assert stranger.heard == Heard()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"SSH-2.0-OpenSSH_9.2\r\n"], ids=["http", "ssh"]
)
def test_a_peer_without_tls_gets_nothing_that_it_can_read(desk: Desk, answer: bytes) -> None:
    with Listener(in_clear(answer)) as stranger:
        desk.register(stranger.port)
        error = desk.refused()
    assert error.code == "peer_not_secured"
    assert stranger.heard.raw > 0
    assert stranger.heard.readable == 0


def test_a_peer_of_tls_1_2_gets_nothing(desk: Desk, pair: Pair) -> None:
    registered, _ = pair
    with Listener(answering(registered.context(newest=ssl.TLSVersion.TLSv1_2))) as stranger:
        desk.register(stranger.port, registered.pem)
        error = desk.refused()
    assert error.code == "peer_tls_too_old"
    assert stranger.heard == Heard()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_is_not_followed(desk: Desk, pair: Pair, status: str) -> None:
    registered, other = pair
    context = registered.context(terminal=desk.site.terminal.identity.public.certificate_pem)
    with Listener(answering(other.context())) as elsewhere:
        target = f"https://127.0.0.1:{elsewhere.port}/v1/status"
        answer = f"HTTP/1.1 {status}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        with Listener(answering(context, answer)) as peer:
            desk.register(peer.port, registered.pem)
            error = desk.refused()
    assert error.code == "answer_redirects"
    # The greeting is all that the peer itself heard.
    assert peer.heard.readable < 200
    assert peer.heard.of_messages == 0
    assert elsewhere.heard == Heard()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"])
def test_proxy_variables_lead_nowhere(desk: Desk, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with Listener(in_clear(b"")) as proxy, desk.site.served():
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        assert exchange.send(desk.site.terminal, desk.site.session(OPERATOR)).delivered == 1
    assert proxy.heard == Heard()


@pytest.mark.parametrize("address", ["localhost", "agency.example", "127.1", "127.0.0.1:443", ""])
def test_a_name_in_place_of_an_address_is_not_even_registered(desk: Desk, address: str) -> None:
    with pytest.raises(EndpointInvalid):
        desk.register(443, address=address)


def test_a_name_that_came_into_the_register_otherwise_is_never_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object) -> NoReturn:
        raise AssertionError("a name was looked up")

    with Listener(in_clear(b"")) as stranger:
        desk.register(stranger.port)
        desk.site.rewrite("UPDATE peer_version SET address = 'localhost'")
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        error = desk.refused()
    assert error.code == "endpoint_invalid"
    assert stranger.heard == Heard()


def test_a_peer_that_answers_for_another_municipality_gets_no_message(desk: Desk) -> None:
    public = desk.site.terminal.identity.public
    home = desk.site.agency_home.with_name("agency-of-others")
    agency.prepare(home, AGENCY)
    agency.register_terminal(home, public, municipality="131016", valid_from=LONG_AGO)
    others = Desk(Site(desk.site.home, home, desk.site.terminal), desk.number)
    with others.site.served(register=False) as port, _relayed(others, port) as peer:
        others.register(peer.port)
        error = others.refused()
    assert error.code == "peer_serves_another"
    assert error.facts == {"found": "131016", "wanted": MUNICIPALITY}
    assert peer.heard.of_messages == 0
    assert peer.heard.readable < 200


def test_a_peer_of_another_name_gets_no_message(desk: Desk) -> None:
    with desk.site.served(register=False) as port, _relayed(desk, port) as peer:
        desk.register(peer.port)
        desk.site.rewrite("UPDATE peer_version SET name = 'former-agency'")
        error = desk.refused()
    assert error.code == "peer_is_another"
    assert peer.heard.of_messages == 0


def test_the_peer_admits_registered_terminals_alone(desk: Desk, tmp_path: Path) -> None:
    made = Identity.create(tmp_path / "other", desk.site.terminal.identity.name, Use.TERMINAL)
    keys = desk.site.home / LINE_KEYS
    keys.rename(keys.with_name("former"))
    made.directory.rename(keys)
    desk.site.terminal.keys._loaded.clear()
    with desk.site.served():
        error = desk.refused()
    assert error.code == "terminal_not_trusted"
    assert "handshake_refused" in (desk.site.agency_home / "technical.log").read_text()


def test_nobody_is_called_while_no_peer_is_in_force(desk: Desk) -> None:
    called = threading.Event()
    with Listener(lambda *_: called.set()) as stranger:
        desk.register(stranger.port, valid_from=desk.site.terminal.identity.certificate_until)
        with pytest.raises(PeerMissing):
            exchange.send(desk.site.terminal, desk.site.session(OPERATOR))
    assert not called.is_set()
