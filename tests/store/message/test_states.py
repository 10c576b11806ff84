"""The table of steps is consistent."""

import pytest

from store.message.states import (
    OVER,
    TRANSITIONS,
    Ask,
    Direction,
    InState,
    OutState,
    State,
    Step,
    state_of,
    steps_from,
)
from store.rights import Right

STATES: list[State] = [*OutState, *InState]


def test_every_step_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Step)
    assert all(row.step is step for step, row in TRANSITIONS.items())


@pytest.mark.parametrize("row", TRANSITIONS.values(), ids=lambda row: row.step)
def test_steps_stay_within_their_direction(row: object) -> None:
    transition = next(each for each in TRANSITIONS.values() if each is row)
    kind = OutState if transition.direction is Direction.OUT else InState
    assert {type(state) for state in (*transition.sources, transition.target)} == {kind}


@pytest.mark.parametrize(("first", "states"), [(OutState.REVIEW, OutState), (InState.RECEIVED, InState)])
def test_every_state_is_reached_from_the_first(first: State, states: type[OutState] | type[InState]) -> None:
    reached, edge = {first}, [first]
    while edge:
        targets = {row.target for row in steps_from(edge.pop())} - reached
        reached |= targets
        edge += targets
    # A message becomes `held` by hand, and by an approval before its planned day.
    assert reached == set(states)


def test_what_is_over_stays_over() -> None:
    assert {OutState.ACCEPTED, OutState.WITHDRAWN, InState.APPLIED, InState.SUPERSEDED} == OVER


def test_what_the_peer_proves_to_have_is_delivered_wherever_it_stands_here() -> None:
    recover = TRANSITIONS[Step.RECOVER]
    assert recover.sources == set(OutState) - {OutState.DELIVERED, OutState.ACCEPTED}
    assert (recover.right, recover.asks) == (None, frozenset())


def test_nothing_leaves_without_a_second_persons_approval() -> None:
    into_approved = {row.step for row in TRANSITIONS.values() if row.target is OutState.APPROVED}
    assert into_approved == {
        Step.APPROVE,
        Step.RELEASE,
        Step.RELEASE_DUE,
        Step.BRING_FORWARD,
        Step.REQUEUE,
        Step.RESEND,
    }
    assert {Ask.SECOND_PERSON, Ask.APPROVAL} <= TRANSITIONS[Step.BRING_FORWARD].asks
    assert Ask.SECOND_PERSON in TRANSITIONS[Step.APPROVE].asks
    assert Ask.APPROVAL in TRANSITIONS[Step.RESEND].asks
    assert [row.step for row in TRANSITIONS.values() if row.target is OutState.SENDING] == [Step.SHIP]
    assert TRANSITIONS[Step.SHIP].sources == {OutState.APPROVED}
    assert Ask.APPROVAL in TRANSITIONS[Step.SHIP].asks


def test_a_person_who_enters_cannot_decide() -> None:
    assert {row.step for row in TRANSITIONS.values() if row.right is Right.ENTER} == {Step.REVISE}


def test_returned_means_two_things() -> None:
    assert state_of(Direction.OUT, "returned") is OutState.RETURNED
    assert state_of(Direction.IN, "returned") is InState.RETURNED
    assert {row.step for row in steps_from(InState.RETURNED)} == {Step.RECONFIRM, Step.SUPERSEDE}
