"""What a person is told after a log-on, and which sessions did not end by log-off."""

import pytest

from console.errors import CredentialsRefused
from console.jobs.people import logon, sessions
from store.endings import Ending
from tests.console.jobs.site import CHIEF, OPERATOR, PEOPLE, Site

PIN = PEOPLE[OPERATOR][1]


def test_the_log_on_before_and_the_failures_since_are_told(site: Site) -> None:
    first = logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    assert sessions.look_back(site.terminal, first) == sessions.LookBack("", None, [])
    logon.log_off(site.terminal, first, Ending.IDLE)
    for _ in range(2):
        with pytest.raises(CredentialsRefused):
            logon.log_on(site.terminal, OPERATOR, "80818283", origin="screen")
    seen = sessions.look_back(site.terminal, logon.log_on(site.terminal, OPERATOR, PIN, origin="command"))
    assert seen.last is not None
    assert (seen.last.origin, seen.last.ending, seen.last.terminal) == ("screen", "idle", "131041-01")
    assert [failure.terminal for failure in seen.failures] == ["131041-01"] * 2
    third = logon.log_on(site.terminal, OPERATOR, PIN, origin="screen")
    assert sessions.look_back(site.terminal, third).failures == [], "they were shown already"


def test_sessions_that_did_not_end_by_log_off_are_found(site: Site) -> None:
    for ending in (Ending.LOGGED_OFF, Ending.CRASH, Ending.IDLE):
        logon.log_off(site.terminal, site.session(OPERATOR), ending)
    officer = site.session(CHIEF)
    assert [each.reason for each in sessions.recent(site.terminal, officer, unended=True)] == ["idle", "crash"]
    assert sessions.recent(site.terminal, officer, person_id=CHIEF)[0].closed_at is None
    assert len(sessions.recent(site.terminal, officer)) == 4
