"""The typed messages: round trips, items that are never sent, messages that are held.

They are made of the groups of `store.message.groups` and become the bytes of `store.message.canonical`.
"""

from datetime import UTC, date, datetime

import pytest

from store.clock import JAPAN
from store.message.canonical import decode, encode
from store.message.codes import Kind
from store.message.errors import ContentDamaged
from store.message.kinds import CLASSES, AgencyNotice, ResidenceReport, ResidentRecord, message_from_record
from tests.store.message.specimens import GOOD, REMOVED, changed, good, judge


def test_every_kind_has_one_class() -> None:
    assert set(CLASSES) == set(Kind)


@pytest.mark.parametrize("name", GOOD)
def test_records_become_messages_and_records_again(name: str) -> None:
    message = judge(good(name)).message

    assert message is not None
    assert message.to_record() == good(name)
    assert message_from_record(decode(encode(message.to_record()))) == message
    assert str(message.kind) == good(name)["kind"]


@pytest.mark.parametrize("name", GOOD)
def test_the_subject_is_kept_and_never_sent(name: str) -> None:
    message = judge(good(name)).message

    assert message is not None
    assert "subject" not in message.to_wire()
    assert message.subject == good(name).get("subject")
    assert {**message.to_wire(), **({"subject": message.subject} if message.subject else {})} == good(name)


def test_false_is_the_same_as_absent() -> None:
    explicit = judge(changed(good("arrival"), {"card_pending": False})).message
    implicit = judge(good("arrival")).message

    assert explicit is not None
    assert implicit is not None
    assert encode(explicit.to_record()) == encode(implicit.to_record())


def test_a_departure_is_held_until_its_planned_day() -> None:
    departure, arrival = judge(good("move_out")).message, judge(good("arrival")).message

    assert departure is not None
    assert departure.due_on == date(2026, 12, 1)
    # It waits from the beginning of that day in Japan, and keeps its place in the order of the person's messages.
    assert departure.effective_at == datetime(2026, 12, 1, tzinfo=JAPAN)
    past = judge(changed(good("move_out"), {"basis.planned_departure": "2026-11-19"})).message
    assert past is not None
    assert past.effective_at == past.occurred_at
    assert arrival is not None
    assert arrival.due_on is None


def test_values_are_typed() -> None:
    record, report, notice = (judge(good(name)).message for name in ("arrival", "moved", "notice"))

    assert isinstance(record, ResidentRecord)
    assert record.occurred_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert isinstance(report, ResidenceReport)
    assert report.moved_on == date(2026, 11, 15)
    assert isinstance(notice, AgencyNotice)
    assert notice.changes[3].before is None


def test_a_notice_without_the_list_of_changes_is_one_with_an_empty_list() -> None:
    message = judge(changed(good("lost"), {"changes": REMOVED})).message

    assert message is not None
    assert message.to_record() == good("lost")


def test_canonical_bytes_do_not_depend_on_the_order_of_items() -> None:
    record = good("move_within")

    assert encode(record) == encode(dict(reversed(record.items())))
    assert encode({"b": ["é"], "a": "邊"}) == '{"a":"邊","b":["é"]}'.encode()


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'"x"'])
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(ContentDamaged):
        decode(data)
