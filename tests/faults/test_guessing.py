"""A short run of what `python -m tests.faults guessing` does at length."""

import pytest

from tests.console.jobs.site import OPERATOR, Site
from tests.faults.guessing import NOBODY, guess


@pytest.mark.parametrize(
    "person_id",
    [
        OPERATOR,
        # Counted by the same lines.
        pytest.param(NOBODY, marks=pytest.mark.long),
    ],
)
def test_no_more_pins_are_looked_at_than_are_allowed_however_many_guess_at_once_and_are_killed(
    site: Site, person_id: str
) -> None:
    site.terminal.close()
    counted = guess(site.home, person_id, seed=7, guessers=3)
    assert counted["compared"] > 0
    assert counted["killed"] > 0
