"""A cell shows its short form where the long one has no room."""

from console.widgets.columns import Cell


def test_where_a_text_has_no_room_its_short_form_stands() -> None:
    assert [Cell("国籍喪失", shorter="喪失").fitting(cells) for cells in (8, 7)] == ["国籍喪失", "喪失"]
    assert Cell("国籍喪失").fitting(4) == "国籍喪失"
