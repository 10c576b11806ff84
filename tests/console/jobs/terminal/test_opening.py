"""The console's beginning and end are in the log, with what changed and what a crash left meanwhile."""

import os
import re
from pathlib import Path

import pytest

from console.jobs.log import export
from console.jobs.people import logon
from console.jobs.terminal import opening
from console.settings import FILE_NAME
from store.errors import LogBroken
from store.log import Event, Occasion
from store.log import checkpoints as kept
from tests.console.jobs.site import CHIEF, Site
from tests.console.jobs.worker import stopped_in_the_middle

pytestmark = pytest.mark.by_engine


def test_each_beginning_names_machine_and_settings(site: Site) -> None:
    opening.begin(site.terminal, origin="screen")
    opening.begin(site.terminal, origin="screen")
    first, second = site.entries(Event.TERMINAL_STARTED)
    assert first.detail == second.detail
    assert re.fullmatch(r"[0-9a-f]{64}", str(first.detail["content"]))
    assert site.entries(Event.SETTINGS_CHANGED) == []


def test_settings_that_were_edited_are_a_change_once(site: Site) -> None:
    opening.begin(site.terminal, origin="screen")
    file = site.home / FILE_NAME
    file.write_text(file.read_text() + "\n# Edited.\n")
    opening.begin(site.terminal, origin="screen")
    opening.begin(site.terminal, origin="screen")
    (changed,) = site.entries(Event.SETTINGS_CHANGED)
    first, second, third = site.entries(Event.TERMINAL_STARTED)
    assert changed.detail == second.detail == third.detail != first.detail


def test_settings_of_another_machine_are_no_change(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    opening.begin(site.terminal, origin="screen")
    machine = os.uname()
    file = site.home / FILE_NAME
    was = file.read_text()
    file.write_text(was + "\n# Of the other one.\n")
    other = type(machine)((machine[0], "zweite Kiste", *machine[2:]))
    monkeypatch.setattr(os, "uname", lambda: other)
    opening.begin(site.terminal, origin="screen")
    assert site.entries(Event.TERMINAL_STARTED)[-1].detail["machine"] == "zweite-Kiste"
    assert site.entries(Event.SETTINGS_CHANGED) == []


@pytest.mark.parametrize("incident", [None, "20261123-120000-abcd"])
def test_the_end_is_recorded_and_signed(site: Site, incident: str | None) -> None:
    opening.begin(site.terminal, origin="screen")
    opening.end(site.terminal, incident=incident)
    failed = [row.detail["incident"] for row in site.entries(Event.PROGRAM_FAILED)]
    assert failed == ([] if incident is None else [incident])
    (stopped,) = site.entries(Event.TERMINAL_STOPPED)
    with site.terminal.database.reading() as reading:
        last = kept.latest(reading)
    assert last is not None
    assert (last.seq, last.cause) == (stopped.seq, Occasion.STOP)


def test_what_a_killed_process_left_under_way_is_closed_with_its_session(site: Site, tmp_path: Path) -> None:
    with stopped_in_the_middle(site.home, CHIEF, "export"):
        opening.begin(site.terminal, origin="screen")
        assert site.entries(Event.LOG_EXPORTED) == [], "it still runs"
    opening.begin(site.terminal, origin="screen")
    assert logon.close_abandoned(site.terminal) == 0
    rows = site.entries(Event.LOG_EXPORTING, Event.LOG_EXPORTED, Event.OPERATOR_LOGGED_OFF)
    intent, outcome, closing = rows
    assert (outcome.event, outcome.result, outcome.session) == ("log.exported", "failed", intent.session)
    assert outcome.detail == {**intent.detail, "code": "interrupted"}
    assert (closing.event, closing.detail) == ("operator.logged_off", {"cause": "crash"})
    medium = tmp_path / "medium"
    medium.mkdir()
    assert export.export(site.terminal, site.session(CHIEF), export.Target(medium, "A", same_disk=True)).number == 1


def test_signed_entries_that_were_cut_away_halt_the_next_opening(site: Site) -> None:
    opening.begin(site.terminal, origin="screen")
    opening.end(site.terminal)
    with site.terminal.database.pruning() as tx:
        last = kept.latest(tx)
        assert last is not None
        tx.exec_driver_sql(f"DELETE FROM log_entry WHERE seq >= {last.seq - 1}")
    opening.begin(site.terminal, origin="command")
    assert isinstance(site.terminal.halted, LogBroken)
    assert site.terminal.halted.facts == {"first_bad": str(last.seq - 1)}
