"""A short run of what `python -m tests.faults keys` does at length."""

from tests.faults.keys import press_keys
from tests.running import World

BURSTS = 30


def test_no_burst_of_keys_ends_the_console_or_leaves_an_incident(world: World) -> None:
    seen = press_keys(world.home, range(BURSTS))
    assert seen.total() == BURSTS
    assert len(seen) > 3, "the bursts led to different screens"
