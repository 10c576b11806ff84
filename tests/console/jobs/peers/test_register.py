"""The peer in dated versions: each is recorded, and what the custodian leaves out stays as it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.errors import PeerFileUnusable, RegistrationIncomplete
from console.jobs.peers import register
from console.jobs.peers.register import PeerChange
from console.session import Session
from store import clock
from store.errors import PeerMissing, PeerVersionExists
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AGENCY, CUSTODIAN, LONG_AGO, Site
from transport import agency
from transport.errors import EndpointInvalid

pytestmark = ON_SQLITE


@pytest.fixture
def custodian(site: Site) -> Session:
    return site.session(CUSTODIAN)


@pytest.fixture
def file(site: Site, tmp_path: Path) -> Path:
    path = tmp_path / "peer.json"
    path.write_text(agency.public_identity(site.agency_home).to_json() + "\n")
    return path


def test_the_first_version_needs_everything_and_the_next_only_what_changes(
    site: Site, custodian: Session, file: Path
) -> None:
    whole = PeerChange(address="127.0.0.1", port=4443, legal_basis="immigration-61-8-2", valid_from=LONG_AGO)
    for missing in ("address", "port", "legal_basis"):
        with pytest.raises(RegistrationIncomplete) as caught:
            register.register_file(site.terminal, custodian, file, _without(whole, missing))
        assert caught.value.facts == {"missing": f"--{missing.replace('_', '-')}"}
    first = register.register_file(site.terminal, custodian, file, whole)
    assert (first.name, first.port, first.in_force) == (AGENCY, 4443, True)
    later = clock.now() + timedelta(days=7)
    second = register.register_file(site.terminal, custodian, file, PeerChange(port=4444, valid_from=later))
    assert (second.address, second.port, second.in_force) == ("127.0.0.1", 4444, False)
    assert [version.version for version in register.registered(site.terminal, custodian)] == [
        second.version,
        first.version,
    ]
    assert register.endpoint(site.terminal).port == 4443
    assert register.endpoint(site.terminal, at=later).port == 4444
    assert [entry.detail["version"] for entry in site.entries(Event.PEER_REGISTERED)] == [first.version, second.version]


def _without(change: PeerChange, name: str) -> PeerChange:
    values = {field: getattr(change, field) for field in PeerChange.__slots__}
    return PeerChange(**{**values, name: None})


def test_before_the_first_version_there_is_no_peer(site: Site) -> None:
    with pytest.raises(PeerMissing):
        register.endpoint(site.terminal)
    site.register_peer(4443)
    with pytest.raises(PeerMissing):
        register.endpoint(site.terminal, at=LONG_AGO - timedelta(days=1))


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b"[" * 100_000], ids=["empty", "no items", "no text", "too long"])
def test_a_file_that_is_no_identity_is_refused(site: Site, custodian: Session, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "peer.json").write_bytes(raw)
    for name in ("peer.json", "nowhere.json"):
        with pytest.raises(PeerFileUnusable):
            register.register_file(site.terminal, custodian, tmp_path / name, PeerChange())


def test_a_name_for_an_address_and_a_second_version_of_one_moment_are_refused(site: Site) -> None:
    draft = site.register_peer(4443)
    with pytest.raises(EndpointInvalid):
        site.register_peer(4443, address="agency.example")
    with pytest.raises(PeerVersionExists):
        register.record(site.terminal, draft, actor=None, session_id=None)
    assert len(site.entries(Event.PEER_REGISTERED)) == 1
