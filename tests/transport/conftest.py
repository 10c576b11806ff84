"""Fixtures of the line: a prepared rehearsal, a served one, and strangers that listen in the peer's place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transport.rehearsing import LONG_AGO, MUNICIPALITY, Rehearsal, Strangers
from transport import agency
from transport.parties.authority import RehearsalAuthority, Use
from transport.parties.identity import Identity


@pytest.fixture(scope="session")
def authority() -> RehearsalAuthority:
    return RehearsalAuthority()


@pytest.fixture
def rehearsal(tmp_path: Path, authority: RehearsalAuthority) -> Rehearsal:
    identity = Identity.create(tmp_path / "terminal", "131041-01", Use.TERMINAL, authority=authority)
    public = agency.prepare(tmp_path / "agency", "rehearsal-agency", authority=authority)
    made = Rehearsal(tmp_path / "agency", authority, identity, public)
    agency.register_terminal(made.home, identity.public, municipality=MUNICIPALITY, valid_from=LONG_AGO)
    return made


@pytest.fixture
def served(rehearsal: Rehearsal) -> Iterator[Rehearsal]:
    with rehearsal.served():
        yield rehearsal


@pytest.fixture
def strangers() -> Iterator[Strangers]:
    with Strangers() as made:
        yield made
