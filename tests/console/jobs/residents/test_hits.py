"""What a search has found, person by person."""

import pytest

from console.jobs.residents import hits
from console.session import Session
from store.log import Event
from tests.console.jobs.residents.test_person import both_ways, operator
from tests.console.jobs.site import Site, entry, person_of

__all__ = ["both_ways", "operator"]
pytestmark = pytest.mark.by_engine


def people(site: Site, found: hits.Hits) -> list[list[str]]:
    ends = [*found.starts[1:], len(found.numbers)]
    parts = (found.numbers[start:end] for start, end in zip(found.starts, ends, strict=True))
    names = {site.number(reference): reference for reference in REFERENCES}
    return [[names[number] for number in part] for part in parts]


REFERENCES = ("R-000001", "R-000002", "R-000003", "N-000001", "N-000002", "N-000003")


def test_messages_and_notices_of_a_person_stand_under_one_heading(both_ways: Site, operator: Session) -> None:
    found = hits.find(both_ways.terminal, operator, "hossain")
    # The pair has one row. The third notice states the same number and another birth date: that is somebody else.
    assert people(both_ways, found) == [
        ["R-000002", "N-000002", "N-000001", "R-000001"],
        ["N-000003"],
        ["R-000003"],
    ]
    assert (found.messages, len(both_ways.entries(Event.MESSAGE_SEARCHED))) == (7, 1)


def test_a_heading_tells_who_it_is_and_comes_with_the_row_that_begins_the_person(
    both_ways: Site, operator: Session
) -> None:
    found = hits.find(both_ways.terminal, operator, "hossain")
    rows = hits.rows(both_ways.terminal, operator, found.numbers, found.tellers)
    headings = {row.reference: row.heading for row in rows if row.heading is not None}
    assert set(headings) == {"R-000002", "N-000003", "R-000003"}
    first = headings["R-000002"]
    assert first is not None
    stated = person_of()
    assert (first.subject, first.birth_date, first.nationality) == (
        entry(1)["subject"],
        stated["birth_date"],
        stated["nationality"],
    )


def test_of_many_messages_no_content_is_opened_to_join_notices(
    both_ways: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "_MOST_OPENED", 6)
    found = hits.find(both_ways.terminal, operator, "hossain")
    assert len(found.starts) == 4
    # Notices stand together by their number alone.
    assert people(both_ways, found)[2:] == [["N-000001", "N-000003"], ["R-000003"]]
