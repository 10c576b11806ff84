"""The log through its jobs: seen, verified, tampered with; and that each verification is itself recorded."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from console.jobs.log import viewing
from console.jobs.progress import Progress
from console.session import Session
from store.log import Event, LogFilter, table_check
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry


@pytest.fixture
def auditor(site: Site) -> Session:
    site.take_in([entry(number) for number in range(1, 21)])
    return site.session(AUDITOR)


def _edit_body(site: Site) -> None:
    body = bytes(site.raw("SELECT body FROM log_entry WHERE seq = 15")[0][0])
    site.raw("UPDATE log_entry SET body = ? WHERE seq = 15", body.replace(b'"131041-01"', b'"131041-02"'))


def _edit_column(site: Site) -> None:
    site.raw("UPDATE log_entry SET actor = 'op-102' WHERE seq = 15")


def _remove(site: Site) -> None:
    site.raw("DELETE FROM log_entry WHERE seq = 15")


def test_a_good_log(site: Site, auditor: Session) -> None:
    before = site.newest()
    reports = list[Progress]()
    verification = viewing.verify(site.terminal, auditor, report=reports.append)
    assert (verification.ok, verification.entries, verification.first_bad) == (True, before, None)
    assert (reports[-1].phase, reports[-1].done, reports[-1].total) == ("verify", before, before)
    (made,) = site.entries(Event.LOG_VERIFIED)
    assert (made.actor, made.session, made.result) == (AUDITOR, auditor.id, "done")
    assert made.detail == {"entries": before}
    assert viewing.verify(site.terminal, auditor).entries == before + 1


@pytest.mark.parametrize(
    ("tamper", "cause"), [(_edit_body, "hash"), (_edit_column, "hash"), (_remove, "gap")], ids=["body", "column", "gap"]
)
def test_a_log_that_was_tampered_with(site: Site, auditor: Session, tamper: Callable[[Site], None], cause: str) -> None:
    site.unguard_log()
    tamper(site)
    verification = viewing.verify(site.terminal, auditor)
    assert (verification.ok, verification.entries, verification.first_bad, verification.cause) == (False, 14, 15, cause)
    (made,) = site.entries(Event.LOG_VERIFIED)
    assert (made.result, made.detail) == ("failed", {"entries": 14, "first_bad": 15})


@ON_SQLITE
def test_tables_that_hide_entries_are_found_while_others_write(
    site: Site, auditor: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[Connection]()
    is_sound = table_check.is_sound

    def look(reading: Connection) -> bool:
        with site.terminal.database.writing():
            looked.append(reading)
        return is_sound(reading)

    monkeypatch.setattr(table_check, "is_sound", look)
    assert viewing.verify(site.terminal, auditor).ok
    site.raw("DROP INDEX log_entry_actor")
    verification = viewing.verify(site.terminal, auditor)
    assert (verification.ok, verification.cause) == (False, "tables")
    assert len(looked) == 2


def test_page_by_page_from_the_newest(site: Site, auditor: Session) -> None:
    newest = viewing.newest(site.terminal, auditor)
    first = viewing.page(site.terminal, auditor, limit=10)
    second = viewing.page(site.terminal, auditor, before=first[-1].seq, limit=10)
    assert [row.seq for row in (*first, *second)] == list(range(newest, newest - 20, -1))
    chosen = LogFilter(events=frozenset({Event.MESSAGE_IMPORTED}), actor=OPERATOR)
    assert len(viewing.page(site.terminal, auditor, chosen=chosen)) == 20
    assert viewing.page(site.terminal, auditor, before=1) == []
