"""A rehearsal world is a whole terminal beside its agency, made once and used again.

It shows `console.jobs.rehearsal.agency` as well.
"""

import json
import stat
from pathlib import Path

import pytest

from console.errors import HomeNotEmpty
from console.jobs.rehearsal import agency, world
from console.jobs.rehearsal.sample_records import Inventor
from console.settings import Settings
from console.terminal import Terminal
from store import clock, queue
from store.message.states import Direction, OutState
from store.people import details_of, persons
from transport.errors import AgencyMissing, AgencyNoticeMalformed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> world.World:
    return world.prepare(tmp_path_factory.mktemp("rehearsal") / "world", outgoing=3, notices=2)


def test_the_messages_wait_for_review_and_the_people_can_log_on(made: world.World) -> None:
    with Terminal.open(made.home) as terminal, terminal.database.reading() as reading:
        assert queue.counts(reading) == {(Direction.OUT, OutState.REVIEW): 3}
    shown = {person.id: person.pin for person in Settings.load(made.home).rehearsal}
    for person in made.operators:
        assert person.pin_file.read_text().strip() == shown[person.id]
        assert stat.S_IMODE(person.pin_file.stat().st_mode) == 0o600


def test_the_people_have_names_and_numbers_of_their_own(made: world.World) -> None:
    with Terminal.open(made.home) as terminal, terminal.database.reading() as reading:
        known = persons(reading, terminal.vault.rows)
        details = [details_of(reading, terminal.vault, each) for each in known]
    assert len({each.staff_number for each in details}) == len({each.name for each in details}) == len(known)


def test_a_world_that_is_there_is_used_again(made: world.World) -> None:
    assert world.prepare(made.home, outgoing=100) == made


def test_what_is_no_world_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "of somebody").touch()
    with pytest.raises(HomeNotEmpty):
        world.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["of somebody"]


def test_notices_are_posted_all_or_none_and_once(made: world.World, tmp_path: Path) -> None:
    inventor = Inventor(seed=7, now=clock.now(), municipality=world.MUNICIPALITY)
    lines = [json.dumps({**record, "reference": f"M-{at}"}) for at, record in enumerate(inventor.notices(2))]
    file = tmp_path / "notices.jsonl"
    file.write_text("\n".join([*lines, "no record"]) + "\n")
    with pytest.raises(AgencyNoticeMalformed) as refused:
        agency.post(made.agency_home, file)
    assert refused.value.facts["line"] == "3"
    file.write_text("\n".join(lines) + "\n")
    first, again = agency.post(made.agency_home, file), agency.post(made.agency_home, file)
    assert (first.posted, first.known, again.posted, again.known) == (2, 0, 0, 2)


def test_an_agency_counts_what_it_holds(made: world.World, tmp_path: Path) -> None:
    assert (agency.received(made.agency_home).messages, agency.received(made.agency_home).distinct) == (0, 0)
    with pytest.raises(AgencyMissing):
        agency.received(tmp_path)
