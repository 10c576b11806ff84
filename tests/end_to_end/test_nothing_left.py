"""Whichever way the work ends, nothing of it can be read afterwards: on the terminal, in files, in what was printed."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.jobs.terminal import setup
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.terminal import Terminal
from store.rights import Role
from tests.canaries import CANARIES, files_with, found_in
from tests.console.jobs.site import MUNICIPALITY, OPERATOR, Site, entry, person_of
from tests.end_to_end.screen import Screen, needs_tmux, wait_until
from tests.running import environment

APPROVER, PIN = "ap-201", "zzyx-47-quartz-pin"
SECRETS = (*CANARIES, PIN)
PERSON = person_of(name=CANARIES[0], name_kanji=CANARIES[1], address=CANARIES[3])
LOCK_SECONDS = 6


@dataclass
class Worked:
    """A terminal with a message full of canaries, and the directories in which anything might be left."""

    home: Path
    temporary: Path

    @property
    def environment(self) -> dict[str, str]:
        return environment(TMPDIR=str(self.temporary))

    def program(self, place: Path, *lines: str) -> list[str]:
        """The program as `renkei` starts it, but for what `lines` change of it first; they end by starting it."""
        probe = place / "probe.py"
        start = ("import sys", "from pathlib import Path", "from console import __main__ as program")
        home = f"home = Path({str(self.home)!r})"
        probe.write_text("\n".join([*start, home, *lines, "program.environment.harden()", "sys.exit(go())\n"]))
        return [sys.executable, "-I", "-X", "utf8", str(probe)]

    def left(self, *printed: str) -> list[object]:
        """Everything that can be read after the end."""
        on_disk: list[object] = list(files_with([self.home, self.temporary], SECRETS))
        return on_disk + [item for text in printed for item in found_in(_unwrapped(text), SECRETS)]


def _unwrapped(text: str) -> bytes:
    # Also where a line of the terminal was broken in the middle of a name.
    return (text + "\n" + text.replace("\n", "")).encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "terminal"
    settings = Settings(
        municipality=MunicipalitySettings(
            code=MUNICIPALITY, name="新宿区", name_en="Shinjuku City", section="戸籍", section_en="Residents"
        ),
        terminal=TerminalSettings(id="131041-01"),
    )
    with setup.new_terminal(home, settings) as terminal:
        people = [(OPERATOR, (Role.OPERATOR,), "another-pin-11"), (APPROVER, (Role.APPROVER,), PIN)]
        setup.add_people(terminal, people, pin_given=False)
    with Terminal.open(home) as terminal:
        site = Site(home, home.with_name("agency"), terminal)
        site.take_in([entry(1, person=PERSON, card_number=CANARIES[4], subject=CANARIES[5])])
    return home


@pytest.fixture
def worked(made: Path, tmp_path: Path) -> Iterator[Worked]:
    shutil.copytree(made, tmp_path / "terminal")
    (tmp_path / "temporary").mkdir()
    before = {path.name for place in ("/tmp", "/var/tmp") for path in Path(place).iterdir()}
    yield Worked(tmp_path / "terminal", tmp_path / "temporary")
    after = {path for place in ("/tmp", "/var/tmp") for path in Path(place).iterdir() if path.name not in before}
    mine = [path for path in after if path.is_file() and os.access(path, os.R_OK)]
    assert [path.name for path in mine if found_in(path.read_bytes(), SECRETS)] == []


# ── On the screen ─────────────────────────────────────────────────────────────────────────────────

CONSOLE = (
    "from console.session import SessionKeeper",
    "from console.settings import SessionSettings",
    "begin = SessionKeeper.begin",
    f"limits = SessionSettings(lock_seconds={LOCK_SECONDS}, logoff_seconds=600)",
    "SessionKeeper.begin = lambda self, session, _in_force: begin(self, session, limits)",
    "go = lambda: program._open(program.environment.Opening(home, 'ja'))",
)
CRASHING = (
    "from console.screens.messages.message import MessageScreen",
    "def fail(self):",
    "    shown = dict(self.shown.record)",
    "    try:",
    "        raise KeyError(str(shown))",
    "    except KeyError as error:",
    "        raise ValueError(str(shown)) from error",
    "MessageScreen.action_characters = fail",
)
CRASHING_THREAD = (
    "import threading",
    "from console.screens.messages.message import MessageScreen",
    "def fail(shown):",
    "    raise ValueError(str(shown))",
    "def start(self):",
    "    threading.Thread(target=fail, args=(dict(self.shown.record),)).start()",
    "MessageScreen.action_characters = start",
)


def log_off(screen: Screen) -> None:
    screen.press("F10")
    screen.wait_for("ログオフしました")


def quit_whole(screen: Screen) -> None:
    log_off(screen)
    screen.press("F10")
    assert screen.wait_for_end() == 0


def lock(screen: Screen) -> None:
    screen.wait_for("画面をロックしています")


def crash(screen: Screen) -> None:
    screen.press("c")
    assert screen.wait_for_end() == 1
    wait_until(lambda: "事象番号" in screen.everything())


def terminate(screen: Screen) -> None:
    os.kill(screen.program, signal.SIGTERM)
    assert screen.wait_for_end() == 128 + signal.SIGTERM


WAYS = [
    pytest.param(lock, (), id="lock", marks=pytest.mark.long),
    pytest.param(quit_whole, (), id="quit"),
    pytest.param(terminate, (), id="terminate", marks=pytest.mark.long),
    pytest.param(crash, CRASHING, id="crash"),
    pytest.param(crash, CRASHING_THREAD, id="crash in a thread", marks=pytest.mark.long),
]


@needs_tmux
@pytest.mark.parametrize(("end", "changes"), WAYS)
def test_nothing_is_left_on_the_terminal(
    worked: Worked, tmp_path: Path, end: Callable[[Screen], None], changes: tuple[str, ...]
) -> None:
    command = worked.program(tmp_path, *changes, *CONSOLE)
    with Screen(tmp_path, command, environment=worked.environment) as screen:
        screen.wait_for("暗証番号")
        screen.type(APPROVER)
        screen.press("Tab")
        screen.type(PIN)
        screen.press("Enter")
        screen.wait_for("今日の仕事")
        screen.press("2")
        screen.wait_for("R-000001")
        assert PIN not in screen.everything()
        screen.press("Enter")
        # The birth date stands on the page of the message alone, so that the page is there.
        shown = screen.wait_for(CANARIES[0], "生年月日")
        assert CANARIES[0] in found_in(_unwrapped(shown), SECRETS), "or the search would find nothing later either"
        end(screen)
        assert worked.left(screen.everything()) == []
        if changes:
            assert "ValueError at" in (worked.home / "log" / "technical.log").read_text()
    assert not list(tmp_path.rglob("core*"))


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────

COMMAND = (
    "from console.commands import cli",
    "from console.jobs.messages import reading",
    "read = reading.read",
    "arguments = ['show', '1', '--home', str(home), '--as', 'ap-201', '--pin-file', sys.argv[1], *sys.argv[2:]]",
    "go = lambda: cli(arguments)",
)
FAILING_JOB = (
    "def fail(*arguments, **named):",
    "    shown, pin = read(*arguments, **named).record, Path(sys.argv[1]).read_text()",
    "    try:",
    "        raise KeyError(str(shown), pin)",
    "    except KeyError as error:",
    "        raise ValueError(f'{shown} {pin}') from error",
    "reading.read = fail",
)
# A thread, a destructor, and a library that logs.
FAILING_ASIDE = (
    "import logging, threading",
    "class Dying:",
    "    def __del__(self):",
    "        raise ValueError(self.shown)",
    "def fail(shown):",
    "    raise ValueError(str(shown))",
    "def fail_aside(*arguments, **named):",
    "    view = read(*arguments, **named)",
    "    thread = threading.Thread(target=fail, args=(view.record,))",
    "    thread.start()",
    "    thread.join()",
    "    dying = Dying()",
    "    dying.shown = str(view.record)",
    "    del dying",
    "    logging.getLogger('library').error('%s', view.record)",
    "    raise KeyError",
    "reading.read = fail_aside",
)


# A fault of the machine, or of a library in C.
DYING = (
    "import os, resource, signal",
    "def die(*arguments, **named):",
    "    shown = read(*arguments, **named).record",
    "    print(*resource.getrlimit(resource.RLIMIT_CORE), flush=True)",
    "    os.kill(os.getpid(), signal.SIGSEGV)",
    "    return shown",
    "reading.read = die",
)


def _allow_core_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def test_a_program_that_dies_leaves_no_picture_of_its_memory(worked: Worked, tmp_path: Path) -> None:
    pin_file = tmp_path / "pin"
    pin_file.write_text(PIN)
    pin_file.chmod(0o600)
    ended = subprocess.run(
        [*worked.program(tmp_path, *COMMAND, *DYING), str(pin_file)],
        env=worked.environment,
        cwd=worked.temporary,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_allow_core_files,
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGSEGV, "0 0\n")
    assert worked.left(ended.stdout, ended.stderr) == []
    assert list(worked.temporary.iterdir()) == []


@pytest.mark.parametrize(("changes", "form"), [(FAILING_JOB, []), (FAILING_ASIDE, ["--json"])], ids=["job", "aside"])
def test_a_failing_command_tells_a_number_and_nothing_else(
    worked: Worked, tmp_path: Path, changes: tuple[str, ...], form: list[str]
) -> None:
    pin_file = tmp_path / "pin"
    pin_file.write_text(PIN)
    pin_file.chmod(0o600)
    ended = subprocess.run(
        [*worked.program(tmp_path, *COMMAND, *changes), str(pin_file), *form],
        env=worked.environment,
        cwd=worked.temporary,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    assert worked.left(ended.stdout, ended.stderr) == []
    recorded = (worked.home / "log" / "technical.log").read_text()
    assert recorded.count("ValueError at") == (1 if changes is FAILING_JOB else 2)
    if form:
        assert json.loads(ended.stdout)["error"]["incident"] in recorded
    assert list(worked.temporary.iterdir()) == []
