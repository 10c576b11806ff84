"""What a correction changes, as the page of a message tells it (`console.screens.messages.message_lines`)."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from console.jobs.messages.partners import Counterpart
from console.screens.messages.message_lines import MessageLines
from console.widgets.palette import Colours, Palette
from console.widgets.text import width_of
from console.words import Language, Words
from store.message.groups import with_value
from store.message.states import Direction
from tests.store.message.specimens import good

if TYPE_CHECKING:
    from console.jobs.messages.reading import MessageView

NOON = datetime(2026, 11, 20, 3, tzinfo=UTC)
OLD = good("arrival")


def brief(former: Any, record: Any, *, beside: Any = None, language: Language = "ja", width: int = 78) -> list[str]:
    """Return the lines that a reviewer reads first."""
    before = None if former is None else SimpleNamespace(reference="R26-003801", record=former)
    row = SimpleNamespace(kind="resident_record", occurred_at=NOON, direction=Direction.OUT)
    other = None if beside is None else Counterpart(2, "T26-002104", beside)
    view = SimpleNamespace(
        row=row, record=record, former=before, beside=other, findings=(), half=None, trouble=None, reason=None
    )
    lines = MessageLines(cast("MessageView", view), Words(language), Palette(Colours.FULL), width)
    return ["".join(text for text, _style in pieces).rstrip() for pieces in lines.brief()]


@pytest.mark.parametrize(
    ("field", "value", "label", "before", "after"),
    [
        ("person.nationality", "VNM", "国籍・地域", "バングラデシュ  (BGD)", "ベトナム  (VNM)"),
        ("person.name", "HOSSAIN NADIA", "氏名", "HOSSAIN RAFIQ", "HOSSAIN NADIA"),
        ("person.sex", "female", "性別", "男", "女"),
        ("person.birth_date", "1990-02-27", "生年月日", "1990年2月28日", "1990年2月27日"),
        ("card_number", "XY00000000YX", "在留カードの番号", "AB12345678CD", "XY00000000YX"),
        ("basis.reported_on", "2026-11-18", "住民票の届出の年月日", "令和8年11月19日", "令和8年11月18日"),
        ("person.name_kanji", "張偉", "漢字氏名", Words("ja")("message.value.absent"), "張偉"),
    ],
)
def test_old_stands_above_new_before_everything_else(
    field: str, value: str, label: str, before: str, after: str
) -> None:
    first, second, third, *_ = brief(OLD, with_value(OLD, field, value))
    assert first.strip() == label
    assert (second.split()[:2], second.endswith(before)) == (["元", "R26-003801"], True)
    assert (third.split()[0], third.endswith(after)) == ("訂正後", True)


def test_what_is_taken_out_is_told_as_well() -> None:
    _, before, after, *_ = brief(with_value(OLD, "person.name_kanji", "張偉"), OLD)
    assert before.endswith("張偉")
    assert after.split()[0] == "訂正後"


@pytest.mark.parametrize("field", ["reference", "occurred_at", "replaces"])
def test_what_a_replacement_has_for_itself_is_no_correction(field: str) -> None:
    (first, *_) = brief(OLD, with_value(OLD, field, "2026-11-22T09:30:00+09:00"))
    assert first.strip() == Words("ja")("message.corrects_nothing")


def test_beside_what_was_corrected_stands_what_the_other_half_says() -> None:
    address = "東京都新宿区架空町七丁目7番7号"
    item, _, after, other, *_ = brief(OLD, with_value(OLD, "person.address", address), beside=good("moved"))
    assert (item.strip(), after.split()[-1]) == ("住所", address)
    assert other.split() == ["対", "T26-002104", good("moved")["person"]["address"]]
    # Of what the halves do not share there is nothing to say.
    assert not any("T26-002104" in line for line in brief(OLD, with_value(OLD, "reference", "X"), beside=OLD))


def test_a_message_that_corrects_nothing_has_no_such_lines() -> None:
    lines = brief(None, OLD)
    assert not any("訂正" in line for line in lines)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [58, 78])
def test_the_lines_fit_beside_the_list_and_on_the_page(language: Language, width: int) -> None:
    changed = with_value(OLD, "person.address", "東京都新宿区架空町一丁目2番3号 コーポみどり706号室 田中様方")
    assert all(width_of(line) <= width for line in brief(OLD, changed, language=language, width=width))
