"""The start in a real pseudo-terminal: what is painted first, what is echoed, where a burst of keys goes.

It shows `console.app` as well.
"""

import json
import sys
import termios
from pathlib import Path

import pytest

from tests.console.pseudo import PROGRAM, Pseudo
from tests.running import World

HEAVY = {"sqlmodel", "sqlalchemy", "cryptography", "urllib3", "argon2", "pydantic", "click"}
LIGHT = [
    "store.clock",
    "store.endings",
    "store.message",
    "store.message.states",
    "store.message.worklists",
    "store.rights",
    "transport.record_file",
]


def test_nothing_heavy_is_imported_before_the_login_screen_is_painted(world: World, tmp_path: Path) -> None:
    # The program itself, stopped where it begins to open the terminal: after the first paint.
    listed = tmp_path / "modules.json"
    probe = tmp_path / "probe.py"
    probe.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "from console import __main__ as program, app\n"
        "def begin(self):\n"
        f"    Path({str(listed)!r}).write_text(json.dumps(sorted(sys.modules)))\n"
        "    self.exit(return_code=0)\n"
        "app.RenkeiApp.begin = begin\n"
        f"sys.exit(program._open(program.environment.Opening(Path({str(world.home)!r}), None)))\n"
    )
    with Pseudo([sys.executable, "-I", "-X", "utf8", str(probe)]) as program:
        program.read_until("暗証番号")
        assert program.wait() == 0
    modules = json.loads(listed.read_text())
    assert "console.screens.people.logon" in modules
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    # Of the other rooms only what imports nothing of them itself: how a session ends, who may do what, the steps of a
    # message and the lists of work, which the keys are made of, and the appending of an incident to its file.
    assert [name for name in modules if name.startswith(("store.", "transport.", "console.jobs."))] == LIGHT


def test_the_terminal_is_silent_from_the_first_moment_and_given_back(world: World) -> None:
    with Pseudo([PROGRAM, "--home", str(world.home)]) as program:
        before = program.modes()
        # A fast typist: the PIN is there before anything is painted, and Ctrl+C comes with it.
        program.read_until("暗証番号")
        silent = program.modes()
        assert not silent & (termios.ECHO | termios.ICANON | termios.ISIG)
        program.write(b"\x03\x1a")
        program.write(b"\x1b[21~")
        assert program.wait() == 0
        assert program.modes() & before & termios.ECHO
        assert program.seen.rstrip().endswith(b"\x1b[?25h")


@pytest.mark.parametrize("separator", [b"\t", b"\r"])
def test_a_burst_of_id_and_pin_puts_no_digit_where_it_can_be_read(world: World, separator: bytes) -> None:
    pin = world.pin_files["op-101"].read_text().strip().encode()
    # Without this file it is a terminal like a real one, whose login screen shows no PIN.
    (world.home / "rehearsal.json").unlink()
    with Pseudo([PROGRAM, "--home", str(world.home)]) as program:
        program.read_until("暗証番号")
        painted = len(program.seen)
        program.write(b"op-101" + separator + pin + b"\r")
        program.read_until("あなたがすること", since=painted)
        assert pin not in program.seen
        program.write(b"q")
        program.read_until("ログオフしました", since=painted)
        program.write(b"\x1b[21~")
        assert program.wait() == 0
        assert pin not in program.seen


def test_a_home_that_others_can_read_is_refused_in_one_line(world: World) -> None:
    world.home.chmod(0o755)
    with Pseudo([PROGRAM, "--home", str(world.home), "--language", "en"]) as program:
        program.read_until("chmod")
        assert program.wait() == 7
        assert b"Traceback" not in program.seen
        assert b"\x1b[?1049h" not in program.seen


def test_a_database_that_cannot_be_used_ends_the_console_with_its_line(world: World) -> None:
    database = next((world.home / "database").glob("*.sqlite3"))
    database.write_bytes(b"not a database")
    with Pseudo([PROGRAM, "--home", str(world.home), "--language", "en"]) as program:
        assert program.wait() != 0
        assert b"Traceback" not in program.seen
        assert b"renkei: " in program.seen
