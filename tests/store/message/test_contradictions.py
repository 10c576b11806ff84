"""Messages under one 宛名番号: whether they state one person, and what excuses them."""

from datetime import UTC, datetime
from typing import Any

from store.message.canonical import encode
from store.message.contradictions import (
    ADDRESS,
    BIRTH_DATE,
    CARD,
    CERTIFICATE,
    NAME,
    NATIONALITY,
    PREVIOUS,
    SEX,
    Stated,
    find,
)

KIND = "resident_record"


def message(number: int, *, kind: str = KIND, hour: int | None = None, **items: Any) -> Stated:
    """Return a message of the hour that is its number."""
    person = {"name": items.pop("name", "HOSSAIN RAFIQ"), "birth_date": items.pop("birth_date", "1990-02-28")}
    person |= {name: items.pop(name) for name in ("sex", "nationality", "lives") if name in items}
    person |= {"address": person.pop("lives", None)}
    person = {name: value for name, value in person.items() if value is not None}
    moment = datetime(2026, 11, 20, number if hour is None else hour, tzinfo=UTC)
    target = items.get("replaces") or items.get("cancels")
    return Stated(
        (kind, f"R-{number}"),
        moment,
        encode({"kind": kind, "person": person, **items}),
        None if target is None else (kind, str(target)),
        "cancels" in items,
    )


def found(*messages: Stated) -> list[tuple[str, str, str]]:
    return [(each.field, each.earlier.key[1], each.later.key[1]) for each in find(messages)]


def test_one_person_in_whatever_spelling() -> None:
    assert found(message(1), message(2)) == []
    assert found(message(1), message(2, name="ｈｏｓｓａｉｎ　ＲＡＦＩＱ")) == []
    assert found(message(1, name="张伟"), message(2, name="張偉")) == []
    assert found(message(1), message(2, address="東京都")) == []
    assert found(message(1)) == []
    assert found() == []


def test_two_names_and_two_birth_dates() -> None:
    assert found(message(1), message(2, name="GURUNG PRAKASH")) == [(NAME, "R-1", "R-2")]
    assert found(message(2), message(1, birth_date="1990-02-27")) == [(BIRTH_DATE, "R-1", "R-2")]
    both = found(message(1), message(2, name="X", birth_date="2000-01-01"), message(3, name="X"))
    assert both == [(NAME, "R-1", "R-2"), (BIRTH_DATE, "R-1", "R-2"), (BIRTH_DATE, "R-2", "R-3")]


def test_another_sex_nationality_or_number_is_told_as_well() -> None:
    assert found(message(1, sex="male"), message(2, sex="female")) == [(SEX, "R-1", "R-2")]
    assert found(message(1, nationality="CHN"), message(2, nationality="TWN")) == [(NATIONALITY, "R-1", "R-2")]
    assert found(message(1, card_number="A"), message(2, card_number="B")) == [(CARD, "R-1", "R-2")]
    assert found(message(1, certificate_number="A"), message(2, certificate_number="B")) == [
        (CERTIFICATE, "R-1", "R-2")
    ]
    assert found(message(1, card_number="A"), message(2, certificate_number="B")) == []


def test_another_address_without_a_word_of_a_move_is_told_of_the_later() -> None:
    old, new, other = "東京都新宿区架空町一丁目2番3号", "東京都新宿区架空町七丁目7番7号", "東京都新宿区仮設町9番9号"
    first, moved = message(1, lives=old), message(2, lives=new, previous_address=old, corrected=["address"])
    assert found(first, message(2, lives=new)) == [(ADDRESS, "R-1", "R-2")]
    assert found(first, message(2, lives="東京都新宿区架空町１丁目２番３号".replace("１丁目", "一丁目"))) == []
    # A move says where the person lived until then, in both of its messages.
    report = message(2, hour=2, kind="residence_report", lives=new, previous_address=old)
    assert found(first, moved, report, message(3, lives=new)) == []
    elsewhere = message(2, lives=new, previous_address=other, corrected=["address"])
    assert found(first, elsewhere) == [(PREVIOUS, "R-1", "R-2")]
    # Who comes back lived elsewhere, and the report that follows alone repeats what was told.
    assert found(message(1, lives=old, action="deletion"), message(2, lives=new, action="entry")) == []
    after = message(3, kind="residence_report", lives=new, previous_address=other)
    assert found(message(2, lives=new, action="entry"), after) == []
    # What corrects a message states the address that is right.
    assert found(first, message(2, lives=new, replaces="R-9")) == []


def test_who_comes_back_has_another_card_and_a_delivery_tells_of_its_number() -> None:
    left = message(1, card_number="A", action="deletion")
    assert found(left, message(2, card_number="B", action="entry")) == []
    # The report of the same moment states what the record stated first.
    report = message(3, kind="residence_report", hour=2, card_number="B")
    assert found(message(1, card_number="A"), report, message(2, card_number="B", action="entry")) == []
    delivered = message(2, kind="certificate_delivery", certificate_number="B")
    assert found(message(1, certificate_number="A"), delivered) == []


def test_a_correction_of_the_item_begins_another_name() -> None:
    correction = message(2, name="HOSSAIN NADIA", corrected=["name"])
    assert found(message(1), correction, message(3, name="HOSSAIN NADIA")) == []
    # The other message of the same moment states the new name; and the old name after it is one too many.
    beside = message(4, kind="residence_report", hour=2, name="HOSSAIN NADIA")
    assert found(message(1), beside, correction) == []
    assert found(message(1), correction, message(3)) == [(NAME, "R-2", "R-3")]
    # Corrected was the birth date, and not the name.
    assert found(message(1), message(2, name="X", corrected=["birth_date"])) == [(NAME, "R-1", "R-2")]


def test_what_undoes_and_what_is_undone_count_for_nothing_wrong() -> None:
    wrong = message(2, name="GURUNG PRAKASH")
    assert found(message(1), wrong, message(3, name="GURUNG PRAKASH", cancels="R-2"), message(4)) == []
    assert found(message(1, name="HOSSAIN RAFIK"), message(2, replaces="R-1"), message(3)) == []


def test_a_newborn_gets_its_name_later() -> None:
    born = message(1, name=None, name_pending=True)
    assert found(born, message(2, name="LE AN", corrected=["name"])) == []
    assert found(born, message(2, name="LE AN")) == []


def test_a_message_that_states_nobody_is_passed_over() -> None:
    card = Stated(("certificate_delivery", "C-1"), datetime(2026, 11, 20, 2, tzinfo=UTC), encode({"kind": "x"}))
    assert found(message(1), card, message(3)) == []
    assert found(message(1), card, message(3, name="X")) == [(NAME, "R-1", "R-3")]
