"""What was typed is there again after the power was lost: the program is killed in the middle of an entry."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.words import Words
from tests.end_to_end.screen import Screen, come_home, needs_tmux, wait_until
from tests.running import PROGRAM, World

OPERATOR, SUBJECT, NAME = "op-101", "1234567", "ZZYX QUARTZ"
WORDS = Words("ja")


def open_program(world: World, place: Path) -> Screen:
    return Screen(place, [str(PROGRAM), "--home", str(world.home), "--language", "ja"])


def kept(world: World) -> list[bytes]:
    """What is on the disk of drafts, sealed."""
    with closing(sqlite3.connect(next(world.home.glob("database/*.sqlite3")))) as database:
        return [content for (content,) in database.execute("SELECT ciphertext FROM entry_draft")]


def begin_entry(screen: Screen) -> None:
    screen.press("e")
    screen.wait_for(WORDS("entry.step.event"))
    screen.type("死亡")
    screen.press("Enter")
    screen.wait_for(WORDS("items.value.category.mid_long_term"))
    screen.type("1")
    screen.wait_for(WORDS("items.field.subject"))


@needs_tmux
@pytest.mark.long
def test_a_draft_outlives_the_loss_of_power(world: World, tmp_path: Path) -> None:
    saved = WORDS("entry.saved", time="").split()[0]
    with open_program(world, tmp_path) as screen:
        come_home(screen, world, WORDS, OPERATOR)
        begin_entry(screen)
        for typed in (SUBJECT, NAME):
            before = kept(world)
            screen.type(typed)
            screen.press("Enter")
            # The row that the field leads to is in hand, so that its text is whole in what is kept.
            screen.wait_for(saved, typed)
            wait_until(lambda before=before: kept(world) != before)  # type: ignore[misc]  # Bound for this round.
        # No signal handler, no hook: what is not on the disk by now is lost.
        os.kill(screen.program, signal.SIGKILL)
        screen.wait_for_end()
    with open_program(world, tmp_path) as screen:
        come_home(screen, world, WORDS, OPERATOR)
        screen.wait_for(WORDS("today.drafts"))
        screen.press(*["Down"] * 9, "Enter")
        screen.wait_for(NAME)
        screen.press("Enter")
        screen.wait_for(saved, SUBJECT, NAME)
