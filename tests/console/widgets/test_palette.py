"""Every terminal gets a style for every role, in no more colours than it has, and nothing is hard to read."""

import pytest
from rich.color_triplet import ColorTriplet
from rich.style import Style

from console.widgets.palette import ROLES, Colours, Palette
from console.widgets.text import Ink

LEAST_CONTRAST = 7
LEAST_STEP = 1.25  # of a field against what lies around it
GROUNDS = (
    "page",
    "frame",
    "frame_strong",
    "column",
    "cursor",
    "dialog",
    "field",
    "field_focus",
    "bar_done",
    "bar_left",
)
INKS = ("faint", "strong", "key", "good", "attention", "trouble", "caret")


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({}, Colours.SIXTEEN),
        ({"TERM": "linux"}, Colours.SIXTEEN),
        ({"TERM": "xterm-256color"}, Colours.FULL),
        ({"TERM": "xterm-kitty"}, Colours.FULL),
        ({"TERM": "xterm-direct"}, Colours.FULL),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, Colours.FULL),
        ({"TERM": "linux", "COLORTERM": "yes"}, Colours.SIXTEEN),
        # Who wants no colours gets none, whatever the terminal could show; an empty wish is none (no-color.org).
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, Colours.NONE),
        ({"NO_COLOR": "", "COLORTERM": "24bit"}, Colours.FULL),
    ],
)
def test_the_environment_says_what_the_terminal_shows(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colours: Colours
) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Colours.of_terminal() is colours


@pytest.mark.parametrize("colours", Colours)
def test_every_role_has_its_style(colours: Colours) -> None:
    assert all(isinstance(Palette(colours)[role], Style) for role in ROLES)
    with pytest.raises(KeyError):
        Palette(colours)["no such role"]


def test_without_colours_none_is_sent() -> None:
    styles = [Palette(Colours.NONE)[role] for role in ROLES]
    assert not [style for style in styles if style.color or style.bgcolor]


def test_of_sixteen_colours_none_is_another() -> None:
    used = [Palette(Colours.SIXTEEN)[role] for role in ROLES]
    for colour in (colour for style in used for colour in (style.color, style.bgcolor) if colour is not None):
        assert colour.triplet is None
        assert colour.number is None or colour.number < 16


@pytest.mark.parametrize("colours", Colours)
def test_the_row_under_the_cursor_and_the_focus_differ_from_their_ground(colours: Colours) -> None:
    palette = Palette(colours)
    assert palette["cursor"] != palette["page"]
    assert palette["field_focus"] != palette["field"]
    # An empty field has no text that would tell where it is.
    for ground in ("page", "dialog"):
        blank, beside = palette["field"], palette[ground]
        assert blank.underline or contrast(Style(color=blank.bgcolor, bgcolor=beside.bgcolor)) > LEAST_STEP
    assert palette["bar_done"] != palette["bar_left"]


def luminance(colour: ColorTriplet) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style) -> float:
    """Return by how much a text stands out from its ground, from 1 to 21."""
    assert style.color is not None
    assert style.bgcolor is not None
    lighter, darker = sorted((luminance(style.color.get_truecolor()), luminance(style.bgcolor.get_truecolor())))[::-1]
    return (lighter + 0.05) / (darker + 0.05)


def drawn(palette: Palette, ground: str, ink: str | None = None) -> Style:
    """Return the style in which a word really goes to the terminal."""
    (segment, *_) = Ink(palette[ground]).put("x", palette[ink] if ink else None).strip(1)
    assert segment.style is not None
    return segment.style


def test_every_ink_stands_out_from_every_ground() -> None:
    palette = Palette(Colours.FULL)
    pairs = [(ground, ink) for ground in GROUNDS[:-2] for ink in (None, *INKS)]
    weak = {pair: found for pair in pairs if (found := contrast(drawn(palette, *pair))) < LEAST_CONTRAST}
    # The bar of progress bears its own text alone.
    weak |= {(bar, None): found for bar in GROUNDS[-2:] if (found := contrast(drawn(palette, bar))) < LEAST_CONTRAST}
    assert weak == {}
    assert set(GROUNDS) | set(INKS) == ROLES


def test_of_sixteen_colours_a_meaning_has_its_hue_on_the_page_and_none_on_blue_and_white() -> None:
    palette = Palette(Colours.SIXTEEN)
    hues = {ink: drawn(palette, "page", ink).color for ink in ("key", "good", "attention", "trouble")}
    assert {ink: hue.name for ink, hue in hues.items() if hue} == {
        "key": "cyan",
        "good": "green",
        "attention": "yellow",
        "trouble": "red",
    }
    for ground in ("frame", "dialog", "cursor", "field_focus"):
        assert {drawn(palette, ground, ink).color for ink in hues} == {palette[ground].color}
        assert all(drawn(palette, ground, ink).bold for ink in hues)
