"""A short run of what `python -m tests.faults crashes` does at length."""

import pytest

from tests.console.jobs.site import Site
from tests.faults.crashes import CONFIRMED, crash

pytestmark = pytest.mark.long

TRIALS = 15


def test_whatever_moment_the_console_is_killed_at_nothing_is_lost_and_nothing_half_done(site: Site) -> None:
    site.terminal.close()
    text = crash(site.home, site.agency_home, range(TRIALS))
    assert text.total() == TRIALS
    assert text[CONFIRMED] < TRIALS, "some were killed amid their work"
    assert len(text) > 1, "killed at different moments"
