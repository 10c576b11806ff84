"""What an agency notice caused is not sent back: not from a file, not by hand, not by correcting a message."""

from pathlib import Path

import pytest

from console.errors import RecordFaulty
from console.jobs import exchange
from console.jobs.handins.intake_outcome import RecordFault
from console.jobs.messages import entry, intake
from tests.console.jobs.site import CHIEF, OPERATOR, Site, person_of, write_lines
from tests.console.jobs.site import entry as plain_entry
from tests.store.message.test_echoes import NOTICE, correction
from transport.evidence.envelope import Purpose


@pytest.fixture
def noticed(served: Site) -> Site:
    """A terminal that has received the notice."""
    served.feed(NOTICE, Purpose.NOTICE, "ab" * 16)
    assert exchange.receive(served.terminal, served.session(CHIEF)).received == 1
    return served


def test_a_file_is_told_which_notice_the_correction_came_from(noticed: Site, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "more.jsonl", [correction(), correction(reference="R-9", card_number="XY00000000YX")])
    taken = intake.take_in(noticed.terminal, noticed.session(OPERATOR), [file])
    assert taken.accepted == 1
    assert taken.errors == [
        RecordFault("more.jsonl", 1, "corrected", "corrected_by_notice", {"notice": NOTICE["reference"]})
    ]


def test_who_types_it_is_told_at_once_and_cannot_enter_it(noticed: Site) -> None:
    judged = entry.judge(noticed.terminal, correction())
    assert [(finding.field, finding.rule) for finding in judged.findings] == [("corrected", "corrected_by_notice")]
    with pytest.raises(RecordFaulty):
        entry.enter(noticed.terminal, noticed.session(OPERATOR), [correction()])


def test_a_message_is_not_made_one_by_correcting_it(noticed: Site) -> None:
    (number,) = noticed.take_in([correction(card_number="XY00000000YX")])
    operator = noticed.session(OPERATOR)
    _record, version = entry.open_for_revision(noticed.terminal, operator, number)
    with pytest.raises(RecordFaulty):
        entry.revise(noticed.terminal, operator, number, correction(), version=version)


def test_another_spelling_is_a_warning_from_a_file_by_hand_and_by_correction(noticed: Site, tmp_path: Path) -> None:
    operator = noticed.session(OPERATOR)
    spelt = correction(person=person_of(name="ＮＥＷ NAME"))
    warning = ("corrected", "corrected_like_notice", {"notice": NOTICE["reference"]})
    taken = intake.take_in(noticed.terminal, operator, [write_lines(tmp_path / "more.jsonl", [spelt])])
    assert (taken.accepted, [(fault.field, fault.rule, fault.facts) for fault in taken.warnings]) == (1, [warning])
    judged = entry.judge(noticed.terminal, spelt)
    assert [(finding.field, finding.rule, finding.facts) for finding in judged.findings] == [warning]
    numbers = entry.enter(noticed.terminal, operator, [{**spelt, "reference": "R-9"}])
    _record, version = entry.open_for_revision(noticed.terminal, operator, numbers[0])
    revised = {**spelt, "reference": "R-9", "person": person_of(name="NEW ＮＡＭＥ")}
    entry.revise(noticed.terminal, operator, numbers[0], revised, version=version)
    # Whoever approves has to confirm it, however it came in.
    assert [noticed.row(number).warnings for number in (noticed.number(spelt["reference"]), numbers[0])] == [1, 1]


def test_what_was_sent_before_the_notice_came_stays_known(served: Site, tmp_path: Path) -> None:
    served.take_in([correction()])
    served.feed(NOTICE, Purpose.NOTICE, "ab" * 16)
    exchange.receive(served.terminal, served.session(CHIEF))
    file = write_lines(tmp_path / "again.jsonl", [correction()])
    taken = intake.take_in(served.terminal, served.session(OPERATOR), [file])
    assert (taken.known, taken.errors) == (1, [])


def test_rows_bear_the_pseudonyms_under_which_rows_that_exist_are_found(noticed: Site) -> None:
    vault = noticed.terminal.vault
    (number,) = noticed.take_in([plain_entry(1)])
    assert noticed.row(number).subject == vault.pseudonym("subject", "0000000001")
    stated = noticed.row(noticed.number(NOTICE["reference"])).subject
    assert stated == vault.pseudonym("number", NOTICE["card_number"])
