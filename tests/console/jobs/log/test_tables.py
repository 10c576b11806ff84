"""The tables held against the log by the job: what is found is recorded, and no honest history raises an alarm."""

import random

import pytest

from console.jobs import pace
from console.jobs.log import tables, viewing
from console.jobs.messages import intake
from console.jobs.progress import Progress
from store.comparison import Difference, Differing
from store.errors import DiskLow
from store.log import Event
from tests.console.jobs.log.table_histories import live
from tests.console.jobs.site import AUDITOR, OPERATOR, Site, entry, write_lines

pytestmark = pytest.mark.by_engine


def test_a_full_comparison_is_recorded_and_begins_the_fast_ones(site: Site) -> None:
    numbers = site.approve([entry(1), entry(2)])
    auditor, reports = site.session(AUDITOR), list[Progress]()
    found = tables.verify(site.terminal, auditor, report=reports.append)
    assert (found.ok, found.log.ok, found.tables.rows) == (True, True, 2 + 5 + 5 + 2)
    assert [reports[-1].phase, reports[-1].done, reports[-1].total] == ["compare", 2, 2]
    made = site.entries(Event.LOG_VERIFIED)[-1]
    assert made.detail == {"kind": "tables", "entries": made.seq - 1, "count": 14, "bad": 0}
    assert (made.actor, made.result) == (AUDITOR, "done")
    assert tables.compare_new(site.terminal).rows == 12
    site.take_in([entry(3)])
    assert tables.compare_new(site.terminal).rows == 12 + 3
    # A verification of the log alone compares nothing, so it begins nothing.
    viewing.verify(site.terminal, auditor)
    assert tables.compare_new(site.terminal).rows == 12 + 3
    assert site.states(numbers) == ["approved", "approved"]


def test_what_differs_is_named_and_the_next_fast_comparison_still_sees_it(site: Site) -> None:
    (number,) = site.take_in([entry(1)])
    site.raw("UPDATE message SET state = 'approved', approver = 'ap-201' WHERE id = ?", number)
    found = tables.verify(site.terminal, site.session(AUDITOR))
    uid = str(site.raw("SELECT uid FROM message")[0][0])
    assert (found.ok, found.log.ok) == (False, True)
    assert Differing("message", uid, Difference.CHANGED) in found.tables.named
    assert site.entries(Event.LOG_VERIFIED)[-1].result == "failed"
    assert not tables.compare_new(site.terminal).ok


@pytest.mark.parametrize("seed", range(5))
def test_an_honest_history_raises_no_alarm(site: Site, seed: int) -> None:
    live(site, random.Random(seed))


def test_what_came_with_a_file_that_was_given_up_is_not_missing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_FIRST", 2)
    file = write_lines(site.home.with_name("outgoing.jsonl"), [entry(number) for number in range(1, 40)])
    seen: list[bool] = []

    def look(_terminal: object) -> None:
        # While the file is being taken in, its messages are hidden and its rows are there.
        seen.append(tables.compare_new(site.terminal).ok)
        if len(seen) == 2:
            raise DiskLow(free=0)

    monkeypatch.setattr(intake, "keep_reserve", look)
    with pytest.raises(DiskLow):
        intake.take_in(site.terminal, site.session(OPERATOR), [file])
    assert seen == [True, True]
    assert len(site.entries(Event.MESSAGE_IMPORTED)) > 0
    assert site.raw("SELECT count(*) FROM message") == [(0,)]
    assert tables.compare_new(site.terminal).named == []


def test_whoever_hides_a_message_is_found_out(site: Site) -> None:
    site.take_in([entry(1), entry(2)])
    site.raw("INSERT INTO hidden_range (first, last, intake_id) VALUES (1, 1, 'x')")
    named = tables.compare_new(site.terminal).named
    assert Differing("hidden_range", "1", Difference.CHANGED) in named
