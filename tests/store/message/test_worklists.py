"""The lists of work: nothing that waits for people is in none of them, and nothing twice in one."""

from collections import Counter

import pytest

from store.message.states import TRANSITIONS, UNHANDLED, Direction, InState, OutState
from store.message.worklists import DIGITS, DONE, PARTS, WorkList

# What waits for the peer, for the next exchange or for its day; and what nothing waits for.
NOT_OURS = {OutState.APPROVED, OutState.HELD, OutState.DELIVERED} | DONE[Direction.OUT]


def states_of(work: WorkList, direction: Direction, *, overdue: bool) -> Counter[str]:
    """Return how often each state is in a list, for messages that are late or not."""
    return Counter(
        state.value
        for part in PARTS[work]
        if part.direction is direction and part.overdue in {None, overdue}
        for state in part.states
    )


@pytest.mark.parametrize("overdue", [False, True])
def test_what_is_to_be_done_holds_each_state_that_waits_for_people_once(overdue: bool) -> None:  # noqa: FBT001  # A case.
    waiting = set(OutState) - NOT_OURS
    assert states_of(WorkList.TODO, Direction.OUT, overdue=overdue) == Counter(state.value for state in waiting)
    assert states_of(WorkList.TODO, Direction.IN, overdue=overdue) == Counter(state.value for state in UNHANDLED)

    # What was approved and is late would stay under the cursor of whoever approved it: its own list tells it.
    assert set(states_of(WorkList.OVERDUE, Direction.OUT, overdue=True)) >= {OutState.APPROVED, OutState.HELD}


def test_each_list_is_made_of_something_and_has_one_digit_at_most() -> None:
    assert set(PARTS) == set(WorkList)
    assert all(PARTS.values())
    assert len(set(DIGITS.values())) == len(DIGITS)
    assert set(WorkList) - set(DIGITS.values()) == {WorkList.APPROVED, WorkList.HELD}


def test_no_person_takes_a_step_from_where_nothing_waits() -> None:
    done = {(direction, state.value) for direction, states in DONE.items() for state in states}
    by_people = [step for step in TRANSITIONS.values() if step.right is not None]
    assert not done & {(step.direction, state.value) for step in by_people for state in step.sources}
    assert {InState.APPLIED, InState.SUPERSEDED} == DONE[Direction.IN]
