"""One 宛名番号 with two names, birth dates or cards in the queue is told at both messages, each naming the other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.errors import ReplacesOtherPerson
from console.jobs import exchange
from console.jobs.messages import entry as hand
from console.jobs.messages import intake, reading, review
from console.session import Session
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice, person_of, write_lines
from transport.evidence.envelope import Purpose

SUBJECT = "0000000001"
MENDED = {"kind": "ex_officio", "paragraph": "12-3", "cause": "error", "date": "2026-11-20"}


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def at(number: int, **person: str) -> dict[str, Any]:
    moment = f"2026-11-20T{8 + number:02}:00:00+09:00"
    return entry(number, subject=SUBJECT, occurred_at=moment, person=person_of(**person))


def others(site: Site, session: Session, number: int) -> list[tuple[str, str, str]]:
    findings = reading.read(site.terminal, session, number).findings
    return [(finding.field, finding.rule, finding.facts["other"]) for finding in findings]


def test_at_import_the_later_file_is_warned_and_both_pages_say_so(
    site: Site, operator: Session, tmp_path: Path
) -> None:
    (first,) = site.take_in([at(1)])
    file = write_lines(tmp_path / "more.jsonl", [at(2, name="GURUNG PRAKASH"), entry(9)])
    taken = intake.take_in(site.terminal, operator, [file])
    (warning,) = taken.warnings
    assert (warning.line, warning.field, warning.rule) == (1, "person.name", "subject_two_names")
    assert warning.facts == {"other": "R-000001"}
    second = site.number("R-000002")
    assert (site.row(first).warnings, site.row(second).warnings) == (0, 1)
    assert others(site, operator, first) == [("person.name", "subject_two_names", "R-000002")]
    assert others(site, operator, second) == [("person.name", "subject_two_names", "R-000001")]
    # Who approves it has to confirm that.
    done = review.approve(site.terminal, site.session(APPROVER), [second])
    assert [refusal.reason for refusal in done.refused] == ["warnings_unconfirmed"]


def test_within_one_file_both_are_warned(site: Site, operator: Session, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "more.jsonl", [at(1), at(2, birth_date="1990-02-27")])
    taken = intake.take_in(site.terminal, operator, [file])
    assert [(warning.line, warning.rule, warning.facts["other"]) for warning in taken.warnings] == [
        (1, "subject_two_birth_dates", "R-000002"),
        (2, "subject_two_birth_dates", "R-000001"),
    ]


def test_by_hand_and_by_revision(site: Site, operator: Session) -> None:
    site.take_in([at(1)])
    judged = hand.judge(site.terminal, at(2, name="GURUNG PRAKASH"))
    assert [finding.rule for finding in judged.findings] == ["subject_two_names"]
    (number,) = hand.enter(site.terminal, operator, [at(2, name="GURUNG PRAKASH")])
    assert site.row(number).warnings == 1
    # Its own former revision is not another message.
    hand.revise(site.terminal, operator, number, at(2), version=site.row(number).version)
    assert site.row(number).warnings == 0
    assert others(site, operator, number) == []


def test_another_address_is_told_at_the_later_message_alone(site: Site, operator: Session) -> None:
    (first,) = site.take_in([at(1)])
    corrected = {"action": "correction", "corrected": ["name"], "basis": MENDED}
    later = {**at(2, address="東京都新宿区架空町七丁目7番7号"), **corrected}
    judged = hand.judge(site.terminal, later)
    assert [(finding.field, finding.rule) for finding in judged.findings] == [
        ("person.address", "subject_other_address")
    ]
    (second,) = hand.enter(site.terminal, operator, [later])
    assert site.row(second).warnings == 1
    # The first of the two is not wrong because of what comes after it.
    assert others(site, operator, first) == []
    assert others(site, operator, second) == [("person.address", "subject_other_address", "R-000001")]


def test_another_persons_and_withdrawn_messages_say_nothing(site: Site, operator: Session) -> None:
    (wrong,) = site.take_in([at(1, name="GURUNG PRAKASH")])
    review.withdraw(site.terminal, site.session(APPROVER), [wrong], reason="why")
    site.take_in([entry(7, person=person_of(name="O'NEILL PATRICK"))])
    (number,) = site.take_in([at(2)])
    assert (site.row(number).warnings, others(site, operator, number)) == (0, [])


def test_a_name_that_the_agency_changed_is_no_contradiction(served: Site, operator: Session) -> None:
    changes = [{"item": "name", "before": "HOSSAIN RAFIQ", "after": "HOSSAIN R", "reason": "changed"}]
    record = notice(1, card_number="AB12345678CD", person=person_of(name="HOSSAIN R"), changes=changes)
    served.feed(record, Purpose.NOTICE, "ab" * 16)
    assert exchange.receive(served.terminal, served.session(CHIEF)).received == 1
    served.take_in([at(1)])
    assert hand.judge(served.terminal, at(2, name="HOSSAIN R")).findings == ()
    births = hand.judge(served.terminal, at(2, birth_date="1990-02-27")).findings
    assert [finding.rule for finding in births] == ["subject_two_birth_dates"]


def test_who_has_a_record_acquires_no_status_and_the_notice_that_changes_it_is_named(
    served: Site, operator: Session
) -> None:
    acquiring = at(5) | {"basis": {"kind": "report", "article": "juki-30-47", "reported_on": "2026-11-19"}}
    served.take_in([at(1)])
    (warning,) = hand.judge(served.terminal, acquiring).findings
    assert (warning.field, warning.rule) == ("basis.article", "subject_has_record")
    assert warning.facts == {"other": "R-000001", "notice": "-"}

    changes = [{"item": "category", "before": "transitional", "after": "mid_long_term", "reason": "changed"}]
    served.feed(notice(1, card_number="AB12345678CD", changes=changes), Purpose.NOTICE, "ab" * 16)
    assert exchange.receive(served.terminal, served.session(CHIEF)).received == 1
    (warning,) = hand.judge(served.terminal, acquiring).findings
    assert warning.facts["notice"] == "N-000001"

    # Whose record was deleted in between may well acquire a status.
    death = {"kind": "ex_officio", "paragraph": "12-3", "cause": "death", "date": "2026-11-19"}
    served.take_in([at(3) | {"action": "deletion", "basis": death}])
    assert hand.judge(served.terminal, acquiring).findings == ()


def test_the_number_of_digits_holds_at_import_by_hand_and_on_the_page(
    site: Site, operator: Session, tmp_path: Path
) -> None:
    (number,) = site.take_in([entry(1)])
    settings = site.terminal.settings
    site.terminal.settings = replace(settings, municipality=replace(settings.municipality, subject_digits=9))
    taken = intake.take_in(site.terminal, operator, [write_lines(tmp_path / "more.jsonl", [entry(2)])])
    assert [(error.field, error.rule, error.facts) for error in taken.errors] == [
        ("subject", "subject_form", {"digits": "9"})
    ]
    assert [finding.rule for finding in hand.judge(site.terminal, entry(3)).findings] == ["subject_form"]
    assert [finding.rule for finding in reading.read(site.terminal, operator, number).findings] == ["subject_form"]
    assert hand.judge(site.terminal, entry(3, subject="012345678")).findings == ()


@pytest.mark.parametrize(
    ("items", "rule"),
    [
        ({"sex": "female"}, "subject_two_sexes"),
        ({"nationality": "NPL"}, "subject_two_nationalities"),
    ],
)
def test_another_sex_or_nationality_is_told_by_hand_and_at_import(
    site: Site, operator: Session, tmp_path: Path, items: dict[str, str], rule: str
) -> None:
    site.take_in([moved(1)])
    (field,) = items
    by_hand = hand.judge(site.terminal, moved(2, person=person_of(**items))).findings
    assert [(finding.field, finding.rule) for finding in by_hand] == [(f"person.{field}", rule)]
    file = write_lines(tmp_path / "more.jsonl", [moved(2, person=person_of(**items))])
    taken = intake.take_in(site.terminal, operator, [file])
    assert [(warning.field, warning.rule) for warning in taken.warnings] == [(f"person.{field}", rule)]


def test_another_card_is_told_until_a_notice_says_so(served: Site) -> None:
    served.take_in([moved(1)])
    renewed = moved(2, card_number="XY00000000YX")
    (warning,) = hand.judge(served.terminal, renewed).findings
    assert (warning.field, warning.rule) == ("card_number", "subject_two_numbers")
    assert warning.facts == {"other": "R-000001"}
    changes = [{"item": "card_number", "before": "AB12345678CD", "after": "XY00000000YX", "reason": "changed"}]
    served.feed(notice(1, card_number="XY00000000YX", changes=changes), Purpose.NOTICE, "ab" * 16)
    assert exchange.receive(served.terminal, served.session(CHIEF)).received == 1
    assert hand.judge(served.terminal, renewed).findings == ()


def test_who_moves_in_anew_may_have_another_card(site: Site) -> None:
    site.take_in([moved(1)])
    assert hand.judge(site.terminal, at(2) | {"card_number": "XY00000000YX"}).findings == ()


def moved(number: int, **items: Any) -> dict[str, Any]:
    """Return a correction of the address: the person stays in the register, with the card."""
    basis = {"kind": "report", "article": "juki-23", "reported_on": "2026-11-19"}
    correction = {"action": "correction", "corrected": ["address"], "basis": basis}
    return at(number) | correction | {"previous_address": "東京都新宿区仮設町9番9号", **items}


def test_a_message_in_place_of_another_persons_is_told_at_import_and_to_the_reviewer(
    site: Site, operator: Session, tmp_path: Path
) -> None:
    site.take_in([at(1)])
    wrong = entry(2, replaces="R-000001", occurred_at="2026-11-20T10:00:00+09:00")
    taken = intake.take_in(site.terminal, operator, [write_lines(tmp_path / "more.jsonl", [wrong])])
    (warning,) = taken.warnings
    assert (warning.field, warning.rule, warning.facts) == ("subject", "subject_not_of_target", {"other": "R-000001"})
    number = site.number("R-000002")
    assert site.row(number).warnings == 1
    assert others(site, operator, number) == [("subject", "subject_not_of_target", "R-000001")]
    done = review.approve(site.terminal, site.session(APPROVER), [number])
    assert [refusal.reason for refusal in done.refused] == ["warnings_unconfirmed"]


@pytest.mark.parametrize("pointer", ["replaces", "cancels"])
def test_within_one_file_as_well_and_for_both_ways_of_undoing(
    site: Site, operator: Session, tmp_path: Path, pointer: str
) -> None:
    wrong = entry(2, occurred_at="2026-11-20T10:00:00+09:00", **{pointer: "R-000001"})
    file = write_lines(tmp_path / "more.jsonl", [at(1), wrong])
    taken = intake.take_in(site.terminal, operator, [file])
    assert [(warning.line, warning.rule) for warning in taken.warnings] == [(2, "subject_not_of_target")]


def test_what_undoes_the_same_persons_or_nobodys_message_says_nothing(site: Site, operator: Session) -> None:
    site.take_in([at(1)])
    right = at(2) | {"replaces": "R-000001"}
    assert hand.judge(site.terminal, right).findings == ()
    # What it points at is not here: the peer alone can say whether there is such a message.
    unknown = at(3) | {"replaces": "R-000099"}
    assert hand.judge(site.terminal, unknown).findings == ()
    (number,) = hand.enter(site.terminal, operator, [right])
    assert others(site, operator, number) == []


def test_by_hand_it_is_refused_unless_that_is_confirmed(site: Site, operator: Session) -> None:
    site.take_in([at(1)])
    wrong = entry(2, replaces="R-000001", occurred_at="2026-11-20T10:00:00+09:00")
    with pytest.raises(ReplacesOtherPerson) as caught:
        hand.enter(site.terminal, operator, [wrong])
    assert caught.value.facts == {"reference": "R-000001"}
    (number,) = hand.enter(site.terminal, operator, [wrong], other_person=True)
    # A later revision is asked the same, and one that names the right person is none of that any more.
    with pytest.raises(ReplacesOtherPerson):
        hand.revise(site.terminal, operator, number, wrong, version=site.row(number).version)
    mended = {**wrong, "subject": SUBJECT}
    hand.revise(site.terminal, operator, number, mended, version=site.row(number).version)
    assert site.row(number).warnings == 0
