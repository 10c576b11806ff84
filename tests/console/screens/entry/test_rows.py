"""The rows of the form: marks, values, what stands beside them, and the columns of a correction."""

from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pytest

from console.jobs.entry.draft import Draft
from console.jobs.entry.items import DraftItem, Standing
from console.jobs.entry.known import LastTold
from console.screens.entry.rows import ItemRows
from console.widgets.form import Row
from console.widgets.palette import Colours, Palette
from console.widgets.text import width_of
from console.words import Language, Words
from store.message.checks.rules import RULES, Finding
from store.message.entry.shapes import Shape

YESTERDAY = datetime(2026, 11, 22, 3, tzinfo=UTC)
PALETTE = Palette(Colours.NONE)
CARD, RENEWED = "AB12345678CD", "XY00000000YX"
LONG = "東京都新宿区架空町一丁目2番3号 コーポみどり706号室"


class Bare(Draft):
    """A draft without a terminal: a record, and what is known."""

    def __init__(self, *, corrects: bool = False, known: Any = None, cause: str | None = None) -> None:
        basis = {} if cause is None else {"kind": "ex_officio", "cause": cause}
        self.records = [{"kind": "resident_record", "basis": basis}, {"kind": "residence_report"}]
        self._before = tuple(self.records) if corrects else ()
        self.known = known

    @property
    def day(self) -> date:
        """The day for which the tables are read."""
        return date(2026, 11, 23)


def item(field: str, value: Any = None, shape: Shape = Shape.TEXT, **more: Any) -> DraftItem:
    rules = more.pop("rules", ())
    findings = tuple(Finding(field, rule, RULES[rule].severity, MappingProxyType({})) for rule in rules)
    place = {"key": field, "kind": "resident_record", "section": None, "places": ((0, field),), "wanted": False}
    return DraftItem(**{**place, "shape": shape, "value": value, "findings": findings, **more})


def rows_of(
    *items: DraftItem, draft: Draft | None = None, width: int = 80, language: Language = "ja", visited: bool = False
) -> list[Row]:
    maker = ItemRows(draft or Bare(), Words(language), PALETTE, width, lambda _item: visited)
    return list(maker.rows(items))


def row_of(found: DraftItem, **more: Any) -> Row:
    (row,) = rows_of(found, **more)
    return row


def last(value: object, *, notice: bool = False) -> LastTold:
    return LastTold(value, YESTERDAY, notice)


@pytest.mark.parametrize(
    ("found", "visited", "mark", "role"),
    [
        (item("person.name", wanted=True), False, "*", "key"),
        (item("person.name", wanted=True), True, "*", "trouble"),
        (item("card_number", "A", rules=["number_malformed"]), False, "!", "attention"),
        (item("card_number", "A", rules=["number_malformed"]), True, "!", "trouble"),
        (item("person.name", "Ab", rules=["name_small_letters"]), True, "?", "attention"),
        (item("card_number", CARD, latest=last(RENEWED), standing=Standing.DIFFERS), True, "?", "attention"),
        (item("card_number", CARD, refused=True), False, "!", "trouble"),
    ],
)
def test_a_sign_before_the_item_says_what_is_to_be_done(
    found: DraftItem,
    visited: bool,  # noqa: FBT001  # A parameter of the test.
    mark: str,
    role: str,
) -> None:
    row = row_of(found, visited=visited)
    assert (row.mark, row.mark_style) == (mark, PALETTE[role])


def test_what_is_right_has_no_sign() -> None:
    row = row_of(item("person.name", "WANG", latest=last("WANG"), standing=Standing.SAME))
    assert (row.mark, row.mark_style) == (" ", None)


@pytest.mark.parametrize(
    ("standing", "language", "note", "role"),
    [
        (Standing.FILLED, "ja", "前回の通知から", "good"),
        (Standing.FILLED, "en", "from last notice", "good"),
        (Standing.SAME, "ja", "前回と同じ", "good"),
        (Standing.SAME, "en", "as before", "good"),
        (Standing.DIFFERS, "ja", f"相違 {RENEWED}", "attention"),
        (Standing.DIFFERS, "en", f"differs {RENEWED}", "attention"),
    ],
)
def test_beside_a_value_stands_how_it_is_to_what_was_told(
    standing: Standing, language: Language, note: str, role: str
) -> None:
    found = item("card_number", CARD, Shape.NUMBER, latest=last(RENEWED), standing=standing)
    row = row_of(found, language=language)
    assert (row.note, row.note_style) == (note, PALETTE[role])


def test_only_what_the_terminal_filled_in_gives_way_to_the_first_letter() -> None:
    given = [
        row_of(item("person.name", "WANG", latest=last("WANG"), standing=standing)).given
        for standing in (Standing.FILLED, Standing.SAME)
    ]
    assert given == [True, False]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_field_and_note_have_room_in_one_line(width: int, standing: Standing, language: Language) -> None:
    for found in (
        item("person.name", "NGUYEN VAN AN", latest=last("NGUYEN VAN ANH"), standing=standing),
        item("person.address", LONG, latest=last(LONG[:-3]), standing=standing),
        item("person.birth_date", "1985-04-12", Shape.PAPER_DATE, latest=last("1985-04-13"), standing=standing),
        item("person.nationality", "CHN", Shape.CODE, latest=last("TWN"), standing=standing),
        item("card_number", CARD, Shape.NUMBER, latest=last(RENEWED), standing=standing),
    ):
        row = row_of(found, width=width, language=language)
        assert row.width is not None
        assert 27 + row.width + 1 + width_of(row.note) <= width, (found.field, row.note)


def test_a_long_former_value_stands_below_the_form_instead() -> None:
    row = row_of(item("person.address", LONG, latest=last(LONG[:-3]), standing=Standing.DIFFERS))
    assert row.note == "相違"


@pytest.mark.parametrize(
    ("known", "value", "note"),
    [
        ({}, "1234567", "前回の通知なし"),
        ({}, None, ""),
        (None, "1234567", ""),
        ({"person.name": last("WANG")}, "1234567", ""),
    ],
)
def test_a_number_of_which_nothing_is_known_says_so(known: Any, value: str | None, note: str) -> None:
    assert row_of(item("subject", value, Shape.WORD), draft=Bare(known=known)).note == note


def test_a_date_is_shown_as_documents_write_it_and_how_it_stands() -> None:
    found = item("basis.reported_on", "2026-11-20", Shape.DAY)
    assert row_of(found).note == "令和8年11月20日"
    both = item("basis.reported_on", "2026-11-20", Shape.DAY, latest=last("2026-11-20"), standing=Standing.SAME)
    assert row_of(both).note == "令和8年11月20日  前回と同じ"


def test_a_choice_is_shown_in_words_and_nothing_is_typed_in_it() -> None:
    row = row_of(item("person.sex", "female", Shape.CODE))
    assert (row.chosen, row.typed, row.shown) == (True, "", "女")
    assert row_of(item("person.sex", None, Shape.CODE)).shown == ""


def test_each_message_of_a_pair_has_its_heading() -> None:
    common, own = item("person.name", "WANG"), item("moved_on", None, Shape.DAY, section=1, kind="residence_report")
    rows = rows_of(common, own)
    assert [(row.key, row.label) for row in rows] == [
        ("person.name", "氏名"),
        ("", Words("ja").name("kinds", "residence_report")),
        ("moved_on", "移転した年月日"),
    ]


def test_the_day_of_an_ex_officio_change_is_named_after_its_cause() -> None:
    found = item("basis.date", None, Shape.PAPER_DATE)
    assert row_of(found, draft=Bare(cause="death")).label == "死亡の日"
    assert row_of(found, draft=Bare(cause="death"), language="en").label.startswith("Day")
    assert row_of(found).label == row_of(found, draft=Bare(cause="no cause")).label


def test_a_correction_has_the_former_value_in_a_column_of_its_own() -> None:
    changed = item("person.nationality", "VNM", Shape.CODE, before="CHN", corrected=True)
    kept = item("person.name", "NGUYEN", before="NGUYEN")
    added = item("person.name_kanji", "阮", before=None, corrected=True)
    heading, first, second, third = rows_of(changed, kept, added, draft=Bare(corrects=True))
    assert (heading.key, heading.before, heading.shown) == ("", "元の通知", "訂正後")
    assert (first.before, first.shown, first.note) == ("中国  (CHN)", "ベトナム  (VNM)", "変更")
    assert (second.before, second.typed, second.note) == ("NGUYEN", "NGUYEN", "")
    assert (third.before, third.note) == ("", "変更")


@pytest.mark.parametrize("width", [80, 120])
def test_the_columns_of_a_correction_fit(width: int) -> None:
    found = item("person.address", LONG, before=LONG[:-3], corrected=True)
    _, row = rows_of(found, draft=Bare(corrects=True), width=width)
    assert row.width is not None
    # Mark, label, former value, value and note.
    assert 3 + 17 + 2 * row.width + 1 + width_of(row.note) < width


def test_an_entry_compares_nothing_with_a_former_message() -> None:
    row = row_of(item("person.name", "WANG"))
    assert (row.before, row.width) == (None, None)
