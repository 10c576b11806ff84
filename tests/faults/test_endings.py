"""A short run of what `python -m tests.faults endings` does at length."""

import pytest

from tests.console.live import PERSON
from tests.faults.endings import Way, end_each
from tests.running import World


@pytest.mark.long
def test_a_session_has_one_closing_entry_in_whichever_way_it_ends(world: World) -> None:
    taken = end_each(world.home, world.pin_files[PERSON].read_text().strip(), range(len(Way)))
    assert set(taken) == set(Way)
