"""A dialog is sent without the screen around it: what stands on a real terminal is what a whole screen would show."""

import re
from pathlib import Path

import pytest

from console.words import Words
from tests.end_to_end.screen import Screen, log_on, needs_tmux, wait_until
from tests.running import PROGRAM, World

WORDS, COLUMNS, ROWS = Words("ja"), 120, 40


def drawn_anew(screen: Screen) -> str:
    """The screen once the terminal had another size for a moment, after which all of it is sent."""
    before = screen.text()
    screen.resize(COLUMNS - 1, ROWS)
    wait_until(lambda: screen.text() != before)
    screen.resize(COLUMNS, ROWS)
    wait_until(lambda: screen.text() == before, lambda: f"{before}\n---\n{screen.text()}")
    return screen.styled()


@needs_tmux
@pytest.mark.long
def test_after_dialogs_the_terminal_shows_what_a_whole_screen_would(world: World, tmp_path: Path) -> None:
    command = [str(PROGRAM), "--home", str(world.home), "--language", "ja"]
    with Screen(tmp_path, command, columns=COLUMNS, rows=ROWS) as screen:
        log_on(screen, world, WORDS, "ka-301")
        # The message beside the list comes a moment later.
        screen.wait_for(WORDS("message.section.items"), WORDS("items.field.municipality"))
        for key in ("a", "r", "f", "m"):
            screen.press(key)
            # The list has no such key; the filter counts what there is, and shows it a moment later.
            screen.wait_for("Esc ")
            wait_until(lambda: key != "f" or re.search(r"審査待ち {3,}40", screen.text()) is not None)  # noqa: B023  # Asked in this round alone.
            opened = screen.styled()
            assert drawn_anew(screen) == opened
            screen.press("Escape")
            wait_until(lambda: "Esc " not in screen.text())
            closed = screen.styled()
            assert drawn_anew(screen) == closed
