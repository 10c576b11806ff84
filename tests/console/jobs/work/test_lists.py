"""A list of work in each of its orders: its first rows are those of the whole list, and are there without it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.jobs.messages import listing, review
from console.jobs.work import lists
from console.jobs.work.lists import Wanted
from console.session import Session
from console.settings import ReviewSettings
from store import clock
from store.message.codes import Kind
from store.message.states import Direction, OutState
from store.message.worklists import PARTS, Sort, WorkList, WorkPart
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, Record, Site, doubtful, entry, person_of

TODO = Wanted(PARTS[WorkList.TODO])


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


@pytest.fixture
def filled(site: Site) -> Site:
    """Six messages: 1 waits, 2 was returned, 3 is late, 4 is late and approved, 5 is approved, 6 has a warning."""
    site.terminal.settings = replace(site.terminal.settings, review=ReviewSettings(overdue_hours=2))
    warned = doubtful(6, occurred_at=ago(6, 0.5, "")["occurred_at"])
    site.take_in([ago(1, 1, "YAMADA"), ago(2, 1.5, "CHEN"), ago(3, 5, "DUC"), warned])
    review.give_back(site.terminal, site.session(APPROVER), [2], reason="why")
    site.approve([ago(4, 4, "AN"), ago(5, 1, "BO")])
    return site


def ago(number: int, hours: float, name: str) -> Record:
    moment = (clock.now() - timedelta(hours=hours)).replace(microsecond=0)
    return entry(number, occurred_at=moment.isoformat(), person=person_of(name=name))


def shown(site: Site, operator: Session, wanted: Wanted) -> list[str]:
    numbers = lists.numbers(site.terminal, operator, wanted)
    return [row.reference[-1] for row in listing.rows(site.terminal, operator, numbers)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TODO, "2316"),
        (replace(TODO, backward=True), "6132"),
        (replace(TODO, sort=Sort.WAITING), "3216"),
        (replace(TODO, sort=Sort.NUMBER), "1236"),
        (replace(TODO, sort=Sort.KIND), "3216"),
        (replace(TODO, kinds=frozenset({Kind.RESIDENCE_REPORT})), ""),
        (replace(TODO, kinds=frozenset({Kind.RESIDENT_RECORD, Kind.AGENCY_NOTICE})), "2316"),
        (replace(TODO, warned=True), "6"),
        (replace(TODO, author="ap-201"), ""),
        (Wanted(PARTS[WorkList.OVERDUE]), "34"),
        (Wanted(PARTS[WorkList.REVIEW]), "316"),
        (Wanted((WorkPart(Direction.OUT, frozenset({OutState.APPROVED})),)), "45"),
    ],
)
@ON_SQLITE
def test_a_list_begins_with_what_it_begins_with(filled: Site, operator: Session, wanted: Wanted, expected: str) -> None:
    assert "".join(shown(filled, operator, wanted)) == expected
    for limit in (2, 60):
        first = lists.first(filled.terminal, operator, wanted, limit)
        assert "".join(row.reference[-1] for row in first.rows) == expected[:limit]
        assert first.whole is (len(expected) <= limit)


@ON_SQLITE
def test_names_are_sorted_though_they_are_sealed(filled: Site, operator: Session) -> None:
    by_name = replace(TODO, sort=Sort.NAME)
    names = [row.name for row in lists.first(filled.terminal, operator, by_name, 60).rows]
    assert names == sorted(names)
    assert {"CHEN", "DUC", "YAMADA"} <= set(names)


@ON_SQLITE
def test_the_counts_are_those_of_the_lists(filled: Site, operator: Session) -> None:
    counts = listing.counts(filled.terminal)
    for work in WorkList:
        assert getattr(counts, work) == len(shown(filled, operator, Wanted(PARTS[work]))), work
    states = lists.count_states(filled.terminal)
    assert (states["out.review"], states["out.approved"], states["in.received"]) == (3, 2, 0)
    kinds = lists.count_kinds(filled.terminal, operator, TODO)
    assert kinds == {kind: 4 if kind is Kind.RESIDENT_RECORD else 0 for kind in Kind}
