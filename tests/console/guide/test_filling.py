"""Paragraphs are filled in cells, in either language, and lose nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.guide.filling import WIDTH, filled


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("あ" * 40, "あ"),
        ("あ" * 38 + "い。" + "う", "い。う"),
        ("a " * 38 + "bcd" + " " + "x" * 10, "bcd xxxxxxxxxx"),
        ("1. " + "あ" * 40, "   あああ"),
        ("- " + "word " * 20, "  word word word word word"),
    ],
)
def test_where_a_line_breaks(text: str, second: str) -> None:
    assert list(filled(text))[1] == second


@given(st.text(st.sampled_from("aあ。 、b"), max_size=300))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str) -> None:
    lines = list(filled(text))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # A single word that is wider than the screen stays whole: it may be a command.
    assert all(
        cell_len(line) <= WIDTH or " " not in line.strip() for line in lines if "。" not in line and "、" not in line
    )


def test_an_empty_paragraph_is_an_empty_line() -> None:
    assert list(filled("")) == [""]
