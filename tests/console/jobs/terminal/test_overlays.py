"""A file in `tables/` changes what passes as lawful only when two persons let it; a wrong one changes nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import Mock

import pytest
from sqlalchemy import delete

from console.errors import RightMissing
from console.jobs.messages import entry as entering
from console.jobs.messages.record_reader import RecordFile, check_records, read_checked
from console.jobs.people import logon
from console.jobs.terminal import announcements, backup, health, opening, overlays, protections
from console.jobs.terminal.findings import Check
from console.words import Words
from store import clock
from store.errors import RowMissing
from store.log import Event, LogFilter, page
from store.message.codes import Category
from store.message.errors import TableItemMissing, TableItemWrong
from store.message.table_files import laid_over, lay_over
from store.settings_in_force import PACKAGE, SETTINGS_IN_FORCE
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, CUSTODIAN, OPERATOR, PEOPLE, Site, second
from tests.store.message.specimens import MUNICIPALITY, changed, good

NAME: Final = "nationalities.toml"
NEW: Final = "XPT = [{from = 2012-07-09, ja = '仮の国', en = 'Placeland'}]\n"
WRONG: Final = "# x\nXPT = [{from = 2012-07-09, ja = '仮の国'}]\n"
WORDS: Final = Words("en")


@pytest.fixture(autouse=True)
def _back() -> Iterator[None]:
    yield
    lay_over({})


def amend(site: Site, text: str | None, name: str = NAME) -> None:
    """Write a file that amends a table, or take it away."""
    place = site.home / "tables" / name
    place.parent.mkdir(exist_ok=True)
    if text is None:
        place.unlink()
    else:
        place.write_text(text, encoding="utf-8")


@contextmanager
def opened(site: Site) -> Iterator[Site]:
    """Open the terminal anew, as the next command or console does."""
    with opening.open_terminal(site.home, origin="command") as terminal:
        yield replace(site, terminal=terminal)


def confirm(site: Site) -> list[protections.ChangedProtection]:
    chief = site.session(CHIEF)
    return protections.confirm(site.terminal, chief, second=second(CUSTODIAN))


def passes(site: Site) -> bool:
    record = changed(good("arrival"), {"person.nationality": "XPT"})
    findings = entering.judge(site.terminal, record).findings
    return "nationality_unknown" not in {finding.rule for finding in findings}


def overlay_check(site: Site) -> Check:
    (part,) = [part for part in health.check(site.home, WORDS).checks if part.name == "overlays"]
    return part


def test_a_file_holds_once_two_persons_confirm_it_and_until_they_confirm_that_it_is_gone(site: Site) -> None:
    amend(site, NEW)
    with opened(site) as again:
        assert not passes(again)
        (announced,) = announcements.at_log_on(again.terminal, again.session(CHIEF))
        assert NAME in announced.text(WORDS)
        assert overlay_check(again).ok is False
        digest = overlays.digest(NEW)
        assert confirm(again) == [protections.ChangedProtection(f"tables.{NAME}", PACKAGE, digest)]
        assert passes(again)
        (table,) = overlays.known(again.terminal)
        assert (table.name, table.in_force, table.pending, table.officer, table.second) == (
            NAME,
            NEW,
            False,
            CHIEF,
            CUSTODIAN,
        )
        part = overlay_check(again)
        assert part.ok
        assert digest in part.detail
        with again.terminal.database.reading() as reading:
            (row,) = page(reading, chosen=LogFilter(events=frozenset({Event.SETTINGS_CONFIRMED})), limit=5)
        assert row.seq == table.since
        assert row.detail == {"setting": f"tables.{NAME}", "from": PACKAGE, "to": digest, "second": CUSTODIAN}
    amend(site, None)
    with opened(site) as again:
        # Taking the file away changes nothing yet.
        assert passes(again)
        assert overlay_check(again).ok is False
        assert [each.value for each in confirm(again)] == [PACKAGE]
        assert not passes(again)
        assert overlays.known(again.terminal) == []
        assert overlay_check(again).detail == WORDS("check.found.no_overlays")


def test_a_wrong_file_is_told_with_its_line_and_what_was_in_force_holds(site: Site) -> None:
    amend(site, NEW)
    confirm(site)
    amend(site, WRONG)
    with opened(site) as again:
        assert passes(again)
        with pytest.raises(TableItemMissing) as refusal:
            confirm(again)
        assert refusal.value.facts == {"table": NAME, "line": "2", "entry": "XPT", "item": "en"}
        assert passes(again)
        part = overlay_check(again)
        assert (part.ok, part.code) == (False, None)
        assert NAME in part.detail
        (table,) = overlays.known(again.terminal)
        assert (table.in_force, table.fault and table.fault.code) == (NEW, "table_item_missing")


@pytest.mark.parametrize(
    ("name", "content"),
    [("Thumbs.db", b"x"), (NAME, b"\xff\xfe"), (NAME, b"#" * (2**20 + 1))],
)
def test_what_is_no_table_is_told_and_nothing_comes_into_force(site: Site, name: str, content: bytes) -> None:
    amend(site, NEW)
    amend(site, "", name)
    (site.home / "tables" / name).write_bytes(content)
    faults = [table.name for table in overlays.known(site.terminal) if table.fault is not None]
    assert faults == [name]
    assert overlay_check(site).ok is False


def test_a_session_goes_by_the_tables_with_which_it_began(site: Site) -> None:
    with opened(site) as console:
        amend(site, NEW)
        with opened(site) as command:
            confirm(command)
        # In this process both share the tables: put back what the console had.
        lay_over({})
        assert not passes(console)
        logon.log_on(console.terminal, OPERATOR, PEOPLE[OPERATOR][1], origin="screen")
        assert passes(console)


def test_another_process_reads_a_file_by_the_same_tables(site: Site, tmp_path: Path) -> None:
    record = changed(good("arrival"), {"person.nationality": "XPT"})
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    file = RecordFile(path, MUNICIPALITY, clock.now())
    lay_over({NAME: NEW})
    here = list(check_records(file))
    assert here[0].candidate is not None
    # As large as it takes for a process of its own.
    assert list(read_checked(file, 2**30)) == here


def test_a_row_that_is_taken_away_lets_no_work_begin(site: Site) -> None:
    amend(site, NEW)
    confirm(site)
    with site.terminal.database.writing() as tx:
        tx.execute(delete(SETTINGS_IN_FORCE).where(SETTINGS_IN_FORCE.c.name == f"tables.{NAME}"))
    with opened(site) as again:
        assert laid_over() == {}
        operator = again.session(OPERATOR)
        with pytest.raises(RowMissing):
            entering.propose(again.terminal, operator, "move_in", category=Category.MID_LONG_TERM)
        assert overlay_check(again).code == "row_missing"
        # What mends it is not held up: the file comes into force once more.
        assert [each.name for each in confirm(again)] == [f"tables.{NAME}"]
        assert again.terminal.tables_fault is None
        assert passes(again)


def test_what_a_later_program_does_not_take_lets_no_work_begin_until_it_is_mended(site: Site) -> None:
    amend(site, NEW)
    confirm(site)
    with pytest.MonkeyPatch.context() as patch:
        # A later version of the program may ask for more than the file has.
        fault = TableItemWrong(table=NAME, line="1", entry="XPT", item="ja", wanted="-")

        patch.setattr("console.terminal.overlays.check", Mock(side_effect=fault))
        lay_over({})
        with opened(site) as again:
            assert again.terminal.tables_fault is fault
            operator = again.session(OPERATOR)
            with pytest.raises(TableItemWrong):
                entering.propose(again.terminal, operator, "move_in", category=Category.MID_LONG_TERM)


@ON_SQLITE
def test_a_backup_holds_the_files_and_what_is_in_force(site: Site, tmp_path: Path) -> None:
    amend(site, NEW)
    confirm(site)
    custodian = site.session(CUSTODIAN)
    backup.back_up(site.terminal, custodian, tmp_path / "b.renkei")
    key = tmp_path / "terminal.key"
    key.write_bytes((site.home / "keys" / "terminal.key").read_bytes())
    key.chmod(0o400)
    lay_over({})
    restored = tmp_path / "restored"
    backup.restore(tmp_path / "b.renkei", restored, key)
    assert (restored / "tables" / NAME).read_text(encoding="utf-8") == NEW
    with opened(replace(site, home=restored)) as again:
        assert passes(again)
        assert [table.pending for table in overlays.known(again.terminal)] == [False]


def test_no_operator_brings_a_table_into_force(site: Site) -> None:
    amend(site, NEW)
    with pytest.raises(RightMissing):
        protections.confirm(site.terminal, site.session(OPERATOR), second=second(CUSTODIAN))
    assert not passes(site)
