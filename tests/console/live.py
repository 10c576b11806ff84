"""The real program in a pseudo-terminal, with somebody logged on; also one with less patience than is allowed."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.console.pseudo import PROGRAM, Pseudo

PERSON: Final = "ka-301"
_WORDS: Final = {"暗証番号": "あなたがすること", "PIN": "Yours"}


@contextmanager
def logged_on(home: Path, pin: str, command: Sequence[str] = (), *, label: str = "暗証番号") -> Iterator[Pseudo]:
    """Open the console of a rehearsal world, log the chief on, and show the messages that wait.

    `label` stands before the field of the PIN, in the language in which the program speaks.
    """
    with Pseudo(command or [PROGRAM, "--home", str(home)]) as program:
        program.read_until(label)
        painted = len(program.seen)
        program.write(f"{PERSON}\t{pin}\r".encode())
        program.read_until(_WORDS[label], since=painted)
        program.write(b"2")
        program.read_until("R26-", since=painted)
        yield program


def impatient(home: Path, place: Path, *, lock: int, logoff: int, before: str = "") -> list[str]:
    """Return a command for the program with limits shorter than the settings allow, so that nobody waits long.

    It is written to a file in `place`. The lines `before` run first, in the names that the program's own lines use.
    """
    probe = place / "impatient.py"
    probe.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from console import __main__ as program\n"
        "from console.screens.messages.queue import QueueScreen\n"
        "from console.session import SessionKeeper\n"
        "from console.settings import SessionSettings\n"
        f"{before}\n"
        "begin = SessionKeeper.begin\n"
        f"limits = SessionSettings(lock_seconds={lock}, logoff_seconds={logoff})\n"
        "SessionKeeper.begin = lambda self, session, _in_force: begin(self, session, limits)\n"
        f"sys.exit(program._open(program.environment.Opening(Path({str(home)!r}), None)))\n"
    )
    return [sys.executable, "-I", "-X", "utf8", str(probe)]
