"""A short run of what `python -m tests.faults writers` does for a minute."""

import pytest

from tests.faults.competing import WRITERS, compete

pytestmark = pytest.mark.long


def test_eight_writers_all_get_on_and_make_one_chain() -> None:
    answer = compete(seconds=2)
    assert int(str(answer["fewest"])) > 0
    # Whoever waits has all the others before it once, whatever else the machine does.
    assert float(str(answer["slowest_seconds"])) < WRITERS
