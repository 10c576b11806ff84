"""The outcome of an import: what is listed, what is only counted, and the one word for all of it."""

import pytest

from console.jobs.handins import intake_outcome
from console.jobs.handins.intake_outcome import FileTotals, Intake, RecordFault
from store.handins.states import FileState


def fault(line: int, rule: str = "item_missing") -> RecordFault:
    return RecordFault("a.csv", line, "person.name", rule, {})


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three faults be listed, so that the bound is near."""
    monkeypatch.setattr(intake_outcome, "MOST_LISTED", 3)


def test_what_helps_to_find_a_record_is_no_part_of_what_is_wrong() -> None:
    plain = fault(1)
    located = RecordFault("a.csv", 1, "person.name", "item_missing", {}, "a value", "R-1")
    assert plain == located
    assert (located.value, located.reference, plain.value, plain.reference) == ("a value", "R-1", "", "")
    assert plain != fault(2)


def test_a_refused_record_is_counted_once_and_its_errors_are_listed() -> None:
    taken = Intake()
    taken.refuse([fault(1), fault(1, "item_unknown")])
    taken.refuse([fault(2)])
    assert (taken.refused, taken.error_count, taken.warning_count) == (2, 3, 0)
    assert [each.line for each in taken.errors] == [1, 1, 2]


def test_beyond_the_bound_errors_and_warnings_are_counted_by_their_rule() -> None:
    taken = Intake()
    for line in range(1, 6):
        taken.refuse([fault(line)])
        taken.warn([fault(line, "paper_date_impossible")])
    assert [each.line for each in taken.errors] == [1, 2, 3]
    assert [each.line for each in taken.warnings] == [1, 2, 3]
    assert taken.more_errors == {"item_missing": 2}
    assert taken.more_warnings == {"paper_date_impossible": 2}
    assert (taken.error_count, taken.warning_count, taken.refused) == (5, 5, 5)


def test_files_are_added_within_the_same_bound() -> None:
    first, second, total = Intake(accepted=4), Intake(known=2), Intake()
    for line in (1, 2):
        first.refuse([fault(line)])
        second.refuse([fault(line, "item_unknown")])
    second.warn([fault(9)])
    total.add("first.csv", first)
    total.add("second.csv", second)
    assert total.files == [FileTotals("first.csv", 4, 0, 2), FileTotals("second.csv", 0, 2, 2)]
    assert (total.accepted, total.known, total.refused) == (4, 2, 4)
    assert [each.rule for each in total.errors] == ["item_missing", "item_missing", "item_unknown"]
    assert total.more_errors == {"item_unknown": 1}
    assert len(total.warnings) == 1


def test_what_a_file_only_counted_stays_counted_in_the_sum() -> None:
    whole, total = Intake(), Intake()
    for line in range(1, 6):
        whole.warn([fault(line)])
    total.add("whole.csv", whole)
    assert (len(total.warnings), total.more_warnings.total(), total.warning_count) == (3, 2, 5)


@pytest.mark.parametrize(
    ("accepted", "known", "refused", "state"),
    [
        (0, 0, 0, FileState.TAKEN),
        (3, 0, 0, FileState.TAKEN),
        (0, 3, 0, FileState.TAKEN),
        (2, 0, 1, FileState.PARTLY),
        (0, 2, 1, FileState.PARTLY),
        (0, 0, 1, FileState.REFUSED),
    ],
)
def test_the_word_for_a_file(accepted: int, known: int, refused: int, state: FileState) -> None:
    assert Intake(accepted, known, refused).state is state
