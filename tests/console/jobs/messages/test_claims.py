"""A message that somebody edits or reviews is only read by all others, until that is over, however it ends."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.entry import draft
from console.jobs.messages import claims, entry, listing, reading, review
from console.jobs.messages.listing import ClaimView
from console.jobs.people import logon
from console.jobs.terminal.setup import add_people
from console.session import Session
from console.terminal import Terminal
from store import clock
from store import queue as kept
from store.endings import Ending
from store.errors import MessageClaimed
from store.message.states import Step
from store.people import LEASE
from store.queue import Act
from store.rights import Role
from tests.console.jobs.messages.test_two_terminals import at_once
from tests.console.jobs.site import APPROVER, OPERATOR, Site, open_as
from tests.console.jobs.site import entry as written
from tests.console.jobs.worker import stopped_in_the_middle

pytestmark = pytest.mark.by_engine

COLLEAGUE = "op-102"
Side = tuple[Terminal, Session]


@pytest.fixture
def editor(site: Site) -> Session:
    return site.session(OPERATOR)


@pytest.fixture
def colleague(site: Site) -> Iterator[Side]:
    """Another operator, at another console on the same queue."""
    add_people(site.terminal, [(COLLEAGUE, [Role.OPERATOR], "27182846")], pin_given=False)
    with Terminal.open(site.home) as terminal:
        yield terminal, open_as(terminal, COLLEAGUE)


@pytest.fixture
def approver(site: Site) -> Session:
    return site.session(APPROVER)


@pytest.fixture
def number(site: Site) -> int:
    (taken,) = site.take_in([written(1)])
    return taken


def refusals(changed: review.Decided) -> list[tuple[str, str | None]]:
    return [(refusal.reason, refusal.facts.get("person")) for refusal in changed.refused]


@pytest.mark.parametrize(
    "step",
    [
        lambda t, s, n: review.approve(t, s, [n]),
        lambda t, s, n: review.give_back(t, s, [n], reason="why"),
        lambda t, s, n: review.hold(t, s, [n]),
    ],
    ids=["approve", "give_back", "hold"],
)
def test_while_one_edits_others_only_read(
    site: Site, number: int, editor: Session, approver: Session, step: Callable[..., review.Decided]
) -> None:
    draft.reopen(site.terminal, editor, number)
    before = site.row(number)
    assert refusals(step(site.terminal, approver, number)) == [("message_claimed", OPERATOR)]
    assert site.row(number) == before
    assert reading.read(site.terminal, approver, number).row.claim == ClaimView("edit", OPERATOR, "R-000001")
    (listed,) = listing.rows(site.terminal, approver, [number])
    assert listed.claim == ClaimView("edit", OPERATOR, "R-000001")
    claims.end_edit(site.terminal, editor, number)
    assert step(site.terminal, approver, number).changed == [number]


@pytest.fixture
def pair(site: Site) -> list[int]:
    """Two messages about one person, and one about another."""
    return site.take_in([written(1, subject="8263415718"), written(2, subject="8263415718"), written(3)])


def test_while_one_is_edited_others_only_read_what_else_there_is_about_the_person(
    site: Site, pair: list[int], editor: Session, approver: Session, colleague: Side
) -> None:
    edited, other, apart = pair
    draft.reopen(site.terminal, editor, edited)
    changed = review.approve(site.terminal, approver, [other, apart])
    assert changed.changed == [apart]
    assert [(refusal.id, refusal.facts) for refusal in changed.refused] == [
        (other, {"reference": "R-000001", "person": OPERATOR})
    ]
    assert reading.read(site.terminal, approver, other).row.claim == ClaimView("edit", OPERATOR, "R-000001")
    assert reading.read(site.terminal, approver, apart).row.claim is None
    with pytest.raises(MessageClaimed):
        draft.reopen(*colleague, other)
    # One's own edit keeps nobody but the others.
    draft.reopen(site.terminal, editor, other)
    claims.put_back(site.terminal, editor, edited)
    claims.put_back(site.terminal, editor, other)
    assert review.approve(site.terminal, approver, [other]).changed == [other]


def test_a_review_keeps_nobody_from_another_message_about_the_person(
    site: Site, pair: list[int], editor: Session, approver: Session
) -> None:
    reviewed, other, _ = pair
    reading.read(site.terminal, approver, reviewed, take=True)
    assert reading.read(site.terminal, editor, other).row.claim is None
    draft.reopen(site.terminal, editor, other)


def test_who_edits_sees_no_claim_and_puts_it_into_the_queue(site: Site, number: int, editor: Session) -> None:
    begun = draft.reopen(site.terminal, editor, number)
    assert reading.read(site.terminal, editor, number).row.claim is None
    card = next(item for item in begun.items() if item.field == "card_number")
    begun.answer(card, "XY00000000YX")
    begun.submit(site.terminal, editor)
    assert site.row(number).revision == 2


def test_of_two_who_begin_to_edit_at_once_one_is_told_who_the_other_is(
    site: Site, number: int, editor: Session, colleague: Side
) -> None:
    def begin(terminal: Terminal, session: Session) -> Any:
        try:
            return draft.reopen(terminal, session, number)
        except MessageClaimed as refused:
            return refused.facts

    people = (OPERATOR, COLLEAGUE)
    begun = at_once([(site.terminal, editor), colleague], begin)
    lost = [index for index, outcome in enumerate(begun) if isinstance(outcome, dict)]
    assert len(lost) == 1
    assert begun[lost[0]] == {"reference": "R-000001", "person": people[1 - lost[0]]}


def test_a_revision_is_refused_while_somebody_else_edits(
    site: Site, number: int, editor: Session, colleague: Side
) -> None:
    record, version = entry.open_for_revision(site.terminal, editor, number)
    site.raw("UPDATE claim SET until = 0")
    draft.reopen(*colleague, number)
    with pytest.raises(MessageClaimed):
        entry.revise(site.terminal, editor, number, record, version=version)
    assert site.row(number).revision == 1


def test_what_is_edited_is_not_sent(served: Site, editor: Session, colleague: Side) -> None:
    edited, other = served.approve([written(1), written(2)])
    draft.reopen(*colleague, edited)
    assert exchange.send(served.terminal, editor).delivered == 1
    assert served.states([edited, other]) == ["approved", "delivered"]
    claims.end_edit(*colleague, edited)
    assert exchange.send(served.terminal, editor).delivered == 1


def test_two_do_not_replace_the_same_message_at_once(site: Site, editor: Session, colleague: Side) -> None:
    (sent,) = site.approve([written(1)])
    with site.terminal.database.writing() as tx:
        for step in (Step.SHIP, Step.ACCEPT):
            kept.move(tx, site.terminal.vault, sent, step, Act(by=None, now=clock.now()))
    draft.replace(site.terminal, editor, sent)
    with pytest.raises(MessageClaimed) as refused:
        draft.replace(*colleague, sent)
    assert refused.value.facts["person"] == OPERATOR


def test_a_message_is_reviewed_by_one_until_that_one_lets_go(
    site: Site, number: int, approver: Session, editor: Session
) -> None:
    add_people(site.terminal, [("ap-202", [Role.APPROVER], "31415927")], pin_given=False)
    second = site.session("ap-202")
    assert reading.read(site.terminal, approver, number, take=True).row.claim is None
    assert reading.read(site.terminal, second, number, take=True).row.claim == ClaimView("review", APPROVER, "R-000001")
    assert refusals(review.approve(site.terminal, second, [number])) == [("message_claimed", APPROVER)]
    with pytest.raises(MessageClaimed):
        draft.reopen(site.terminal, editor, number)
    claims.put_back(site.terminal, second, number)
    assert reading.read(site.terminal, second, number).row.claim is not None, "it was not hers to put back"
    claims.put_back(site.terminal, approver, number)
    assert review.approve(site.terminal, second, [number]).changed == [number]


def test_a_review_is_over_when_the_message_is_approved(site: Site, number: int, approver: Session) -> None:
    reading.read(site.terminal, approver, number, take=True)
    review.approve(site.terminal, approver, [number])
    other = site.session("ka-301")
    assert reading.read(site.terminal, other, number).row.claim is None
    assert review.hold(site.terminal, other, [number]).changed == [number]


def test_who_looks_without_the_right_to_approve_takes_nothing(site: Site, number: int, editor: Session) -> None:
    reading.read(site.terminal, editor, number, take=True)
    assert site.raw("SELECT * FROM claim") == []


def test_who_reviewed_and_edited_reviews_on(site: Site, number: int) -> None:
    add_people(site.terminal, [("both-1", [Role.APPROVER, Role.OPERATOR], "31415928")], pin_given=False)
    both = site.session("both-1")
    reading.read(site.terminal, both, number, take=True)
    draft.reopen(site.terminal, both, number)
    assert site.raw("SELECT task FROM claim") == [("edit",)]
    claims.end_edit(site.terminal, both, number)
    assert site.raw("SELECT task FROM claim") == [("review",)]


@pytest.mark.parametrize("ending", list(Ending))
def test_a_claim_ends_with_its_session(
    site: Site, number: int, editor: Session, colleague: Side, ending: Ending
) -> None:
    draft.reopen(site.terminal, editor, number)
    logon.log_off(site.terminal, editor, ending)
    draft.reopen(*colleague, number)


def test_a_claim_of_a_killed_console_ends_at_once(site: Site, number: int, colleague: Side) -> None:
    with stopped_in_the_middle(site.home, OPERATOR, "edit", str(number)), pytest.raises(MessageClaimed):
        draft.reopen(*colleague, number)
    draft.reopen(*colleague, number)


def test_a_claim_that_is_not_renewed_ends_by_itself(site: Site, number: int, editor: Session, colleague: Side) -> None:
    draft.reopen(site.terminal, editor, number)
    now = clock.now()
    for later in (LEASE, 2 * LEASE):
        with site.terminal.database.writing() as tx:
            kept.renew_claims(tx, editor.id, now + later)
            assert number in kept.claims_of_others(tx, None, now + later + LEASE - timedelta(seconds=1))
            assert kept.claims_of_others(tx, None, now + later + LEASE) == {}
    site.raw("UPDATE claim SET until = 0")
    logon.renew(site.terminal, editor)
    with pytest.raises(MessageClaimed):
        draft.reopen(*colleague, number)
