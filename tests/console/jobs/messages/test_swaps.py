"""A sealed value that somebody moves in the database does not open: wherever it comes from."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.jobs.messages import entry as entering
from console.jobs.messages import reading, review
from console.terminal import Terminal
from store import queue
from store.errors import RowSealBroken, SealBroken
from store.people import person
from store.sealing.vault import Vault
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry

SEALED = ("ciphertext", "wrapped_key")


@pytest.fixture
def filled(site: Site) -> Site:
    """Two messages; the first was returned with a reason and revised, so that it has two versions and a note."""
    first, _second = site.take_in([entry(1), entry(2)])
    review.give_back(site.terminal, site.session(APPROVER), [first], reason="氏名が違う")
    session = site.session(OPERATOR)
    record, version = entering.open_for_revision(site.terminal, session, first)
    entering.revise(site.terminal, session, first, {**record, "card_number": "CD12345678AB"}, version=version)
    return site


def reads(site: Site, number: int) -> bool:
    return bool(reading.read(site.terminal, site.session(OPERATOR), number).record)


def exchange(site: Site, here: tuple[str, str], there: tuple[str, str], columns: tuple[str, ...] = SEALED) -> None:
    """Let the sealed values of two rows change places; a row is a table and a condition."""
    for column in columns:
        ((mine,),) = site.raw(f"SELECT {column} FROM {here[0]} WHERE {here[1]}")
        ((theirs,),) = site.raw(f"SELECT {column} FROM {there[0]} WHERE {there[1]}")
        site.raw(f"UPDATE {here[0]} SET {column} = ? WHERE {here[1]}", bytes(theirs))
        site.raw(f"UPDATE {there[0]} SET {column} = ? WHERE {there[1]}", bytes(mine))


FIRST = ("content", "message_id = 1 AND revision = 2")
BEFORE = ("content", "message_id = 1 AND revision = 1")
SECOND = ("content", "message_id = 2 AND revision = 1")
NOTE = ("note", "message_id = 1 AND seq = 1")


def rows(site: Site) -> None:
    exchange(site, FIRST, SECOND)


def keys_alone(site: Site) -> None:
    exchange(site, FIRST, SECOND, ("wrapped_key",))


def contents_alone(site: Site) -> None:
    exchange(site, FIRST, SECOND, ("ciphertext",))


def versions(site: Site) -> None:
    exchange(site, FIRST, BEFORE)


def tables(site: Site) -> None:
    exchange(site, FIRST, NOTE)


def columns(site: Site) -> None:
    """Within one row: what is content where its key belongs, and the other way round."""
    site.raw(f"UPDATE content SET ciphertext = wrapped_key, wrapped_key = ciphertext WHERE {FIRST[1]}")


@pytest.mark.parametrize("move", [rows, keys_alone, contents_alone, versions, tables, columns])
def test_what_was_moved_does_not_open_and_opens_again_in_its_place(filled: Site, move: Callable[[Site], None]) -> None:
    assert reads(filled, 1)
    move(filled)
    with pytest.raises(SealBroken) as broken:
        reads(filled, 1)
    assert broken.value.exit_status == 6
    move(filled)
    assert reads(filled, 1)


def test_rows_of_another_terminal_do_not_open_even_under_the_same_key(filled: Site) -> None:
    other = replace(filled.terminal.settings, terminal=replace(filled.terminal.settings.terminal, id="131041-02"))
    with Terminal.open(filled.home) as terminal:
        terminal.settings = other
        terminal.vault = Vault.open(terminal.key_source, terminal_id="131041-02")
        # The rows are sealed for the queue as well as what is in them.
        with terminal.database.reading() as reading_block, pytest.raises(RowSealBroken):
            person(reading_block, terminal.vault.rows, OPERATOR)
        with terminal.database.reading() as reading_block, pytest.raises(SealBroken):
            queue.content_of(reading_block, terminal.vault, queue.get(reading_block, 1))
    assert reads(filled, 1)
