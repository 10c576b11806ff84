"""Which of a peer's identities is used for what: the newest to send to, all in force to trust, all of them to open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transport.errors import EndpointInvalid, EnvelopePurposeForeign, PeerNotInForce
from transport.evidence.envelope import Purpose, Sealer
from transport.line.peer import PeerEndpoint
from transport.parties.authority import Use
from transport.parties.identity import DatedIdentity, Identity

NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
DAY = timedelta(days=1)
MUNICIPALITY = "131041"


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.create(tmp_path_factory.mktemp("terminal") / "line", "131041-01", Use.TERMINAL)


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.create(tmp_path_factory.mktemp("agency") / "line", "agency", Use.AGENCY)


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return Identity.create(tmp_path_factory.mktemp("renewed") / "line", "agency", Use.AGENCY)


@pytest.fixture
def peer(agency: Identity, renewed: Identity) -> PeerEndpoint:
    """A peer whose new keys began an hour ago, while the former ones are trusted until tomorrow."""
    former = DatedIdentity("1", agency.public, NOW - DAY, NOW + DAY)
    present = DatedIdentity("2", renewed.public, NOW - timedelta(hours=1))
    return PeerEndpoint("agency", "192.0.2.1", 443, MUNICIPALITY, (former, present))


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "agency.example"},
        {"address": ""},
        {"address": "192.0.2.1:443"},
        {"port": 0},
        {"port": 65536},
        {"name": "the agency"},
        {"municipality": "13104"},
        {"municipality": "港区"},
    ],
)
def test_an_endpoint_that_cannot_be_called_is_refused(peer: PeerEndpoint, wrong: dict[str, Any]) -> None:
    with pytest.raises(EndpointInvalid):
        replace(peer, **wrong)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "2001:db8::1"])
def test_both_kinds_of_ip_addresses_are_taken(peer: PeerEndpoint, address: str) -> None:
    assert replace(peer, address=address).address == address


def test_during_an_overlap_it_sends_to_the_newest_and_trusts_both(peer: PeerEndpoint) -> None:
    assert peer.in_force(NOW).version == "2"
    assert peer.certificates_in_force(NOW) == [version.public.certificate_pem for version in peer.versions]


def test_before_the_change_only_the_former_is_in_force(peer: PeerEndpoint, agency: Identity) -> None:
    before = NOW - timedelta(hours=2)

    assert peer.in_force(before).version == "1"
    assert peer.certificates_in_force(before) == [agency.public.certificate_pem]


def test_without_a_version_in_force_there_is_nobody_to_call(peer: PeerEndpoint, terminal: Identity) -> None:
    too_early = NOW - 2 * DAY

    with pytest.raises(PeerNotInForce):
        peer.in_force(too_early)
    with pytest.raises(PeerNotInForce):
        peer.certificates_in_force(too_early)
    with pytest.raises(PeerNotInForce):
        peer.sealer(terminal, too_early)


def test_nothing_is_sent_to_an_identity_of_another_name(peer: PeerEndpoint, terminal: Identity) -> None:
    renamed = replace(peer, name="other-agency")

    with pytest.raises(PeerNotInForce):
        renamed.in_force(NOW)
    # Its certificate is trusted all the same: the greeting is what finds the wrong name.
    assert renamed.certificates_in_force(NOW)


def test_what_the_sealer_seals_only_the_newest_keys_open(
    peer: PeerEndpoint, terminal: Identity, agency: Identity, renewed: Identity
) -> None:
    envelope = peer.sealer(terminal, NOW).seal(b"content", message_id="0" * 32, purpose=Purpose.MESSAGE, created_at=NOW)

    assert envelope.header.recipient_key == renewed.public.sealing_key_id
    assert envelope.header.recipient_key != agency.public.sealing_key_id


@pytest.mark.parametrize("purpose", [Purpose.NOTICE, Purpose.RESULT])
def test_notices_and_results_open_and_a_message_does_not(
    peer: PeerEndpoint, terminal: Identity, agency: Identity, purpose: Purpose
) -> None:
    sealer = Sealer(agency, terminal.public, MUNICIPALITY, "1")
    opener = peer.opener(terminal)
    right = sealer.seal(b"content", message_id="1" * 32, purpose=purpose, created_at=NOW)
    wrong = sealer.seal(b"content", message_id="2" * 32, purpose=Purpose.MESSAGE, created_at=NOW)

    assert opener.open(right.raw, now=NOW).content == b"content"
    with pytest.raises(EnvelopePurposeForeign):
        opener.open(wrong.raw, now=NOW)
