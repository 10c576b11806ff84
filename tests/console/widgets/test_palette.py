"""Every terminal gets a style for every role, in no more colours than it has."""

import pytest
from rich.style import Style

from console.widgets.palette import ROLES, Colours, Palette


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
    assert palette["bar_done"] != palette["bar_left"]
