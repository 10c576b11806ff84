"""Writing something from a screen to a file (出力): asking where to, and telling that it was written."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console.screens.dialogs import QuestionDialog

if TYPE_CHECKING:
    from console.screens.base import ConsoleScreen


def ask_where(screen: "ConsoleScreen", write: Callable[..., Path], *, question: str, done: str) -> None:
    """Ask for a file or a directory with the text `question`, and have `write` make the file; `done` tells which.

    `write` is a job, which gets the path as `target` and returns that of the file.
    """

    def answered(typed: str | None) -> None:
        if typed is not None:
            # In the thread, because a medium may take long to answer.
            screen.work(partial(write, target=Path(typed)), lambda file: screen.say("done", done, file=str(file)))

    asked = QuestionDialog(lambda words: words(question), "common.write", typed=True, check=_missing)
    screen.app.push_screen(asked, answered)


def _missing(typed: str) -> str | None:
    return None if typed else "common.output_missing"
