import ast
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes
from rich.style import Style

import console
from console.widgets.text import CUT, Ink, beside, cut_before, fit, width_of, wrap

# Letters as they come: narrow, wide, combining, selected, and what steers a terminal.
PIECES = st.sampled_from(
    [
        "a",
        "Z",
        " ",
        "漢",
        "字",
        "ｱ",
        "が",
        "葛\U000e0100",
        "𠮷",
        "e\u0301",
        "\x1b[31m",
        "\u202e",
        "\x00",
        "、",
        "「",
        "[b]",
    ]
)
LINES = st.lists(PIECES, max_size=60).map("".join)


@given(LINES, st.integers(2, 80), st.sampled_from(["left", "right"]))
def test_fitted_text_takes_exactly_its_cells(text: str, width: int, align: Literal["left", "right"]) -> None:
    fitted = fit(text, width, align)
    assert cell_len(fitted) == width
    assert "\x1b" not in fitted
    assert "\u202e" not in fitted


@given(LINES, st.integers(4, 40))
def test_wrapped_text_fits_and_loses_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    # A single character with what clings to it is never torn apart, so only its own width may exceed the line.
    assert all(cell_len(line) <= width or len(split_graphemes(line)[0]) <= 2 for line in lines)
    kept = "".join(lines).replace(" ", "")
    assert kept == "".join(wrap(text, 10_000)).replace(" ", "")


def test_characters_are_never_torn_apart() -> None:
    name = "葛\U000e0100飾花子"
    assert fit(name, 6) == "葛\U000e0100飾" + CUT
    assert fit(name, 5) == "葛\U000e0100" + CUT + " "


def test_latin_words_stay_whole_and_japanese_marks_do_not_begin_a_line() -> None:
    assert wrap("send the message", 9) == ["send the", "message"]
    assert wrap("送ります。次に", 8) == ["送りま", "す。次に"]


@pytest.mark.parametrize("text", ["\x1b]52;c;aGVsbG8=\x07", "a\u202eb", "\x9b31m", "\r\n", "\u2066", "\x7f"])
def test_ink_shows_what_would_steer_the_terminal(text: str) -> None:
    strip = Ink(Style()).put(text).strip(40)
    assert all(character.isprintable() for character in strip.text)
    assert width_of(text) > 0


def test_markup_in_data_is_text() -> None:
    assert Ink(Style()).put("[/x][@click=app.quit]link[/]").strip(40).text.startswith("[/x][@click=app.quit]link[/]")


def test_a_label_that_has_no_room_goes_on_below() -> None:
    lines = list(beside("記載等の年月日", 9, "令和8年11月19日", 30))
    assert lines == [("記載等の ", "令和8年11月19日"), ("年月日   ", "")]
    assert list(beside("住所", 5, "漢字漢字", 9)) == [("住所 ", "漢字"), ("     ", "漢字")]


@pytest.mark.parametrize(
    ("width", "shown"), [(14, "/srv/juki/受渡"), (9, "..ki/受渡"), (8, "..i/受渡"), (2, ".."), (0, "")]
)
def test_a_path_loses_its_beginning(width: int, shown: str) -> None:
    assert cut_before("/srv/juki/受渡", width) == shown


def test_segments_are_made_in_one_module_alone() -> None:
    room = Path(console.__file__).parent
    makers = set()
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in ("rich.segment", "rich.text", "textual.content"):
                makers.add(path.name)
    assert makers == {"text.py"}
