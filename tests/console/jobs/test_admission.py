"""All new work passes every gate; what helps a terminal out of its halt passes those of log and clock alone."""

import os

import pytest

from console.errors import HomeExposed
from console.jobs.admission import GATES, RESERVE_BYTES, admit
from store.errors import ClockAhead, DiskLow, LogBroken
from store.rights import Right
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import CHIEF, OPERATOR, Site


def leave_free(site: Site, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let the disk have as many free bytes; blocks of one byte make it exact."""
    real = os.statvfs(site.home)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*real[:1], 1, *real[2:4], count, *real[5:10])))


def test_the_gates_of_the_halt_are_those_that_are_lifted() -> None:
    assert [(gate.name, gate.lifted) for gate in GATES] == [
        ("home", False),
        ("log", True),
        ("own_clock", True),
        ("overlays", False),
        ("disk", False),
    ]


@ON_SQLITE
@pytest.mark.parametrize("fault", [LogBroken(first_bad=1), ClockAhead(days=15, known="2026-11-30")])
def test_a_halt_refuses_new_work_and_not_what_mends_it(site: Site, fault: LogBroken | ClockAhead) -> None:
    site.terminal.halted = fault
    with pytest.raises(type(fault)):
        admit(site.terminal, site.session(OPERATOR), Right.ENTER)
    admit(site.terminal, site.session(CHIEF), Right.PEOPLE, even_halted=True)
    admit(site.terminal, site.session(CHIEF), Right.EXPORT_LOG)


@ON_SQLITE
def test_the_other_gates_hold_up_even_that(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.terminal.halted = LogBroken(first_bad=1)
    chief = site.session(CHIEF)
    site.home.chmod(0o750)
    with pytest.raises(HomeExposed):
        admit(site.terminal, chief, Right.PEOPLE, even_halted=True)
    site.home.chmod(0o700)
    leave_free(site, monkeypatch, 64 * 1024 * 1024 - 1)
    with pytest.raises(DiskLow) as low:
        admit(site.terminal, chief, Right.PEOPLE, even_halted=True)
    assert low.value.facts == {"free": "63"}
    leave_free(site, monkeypatch, RESERVE_BYTES)
    admit(site.terminal, chief, Right.PEOPLE, even_halted=True)
