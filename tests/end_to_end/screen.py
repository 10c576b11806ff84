"""A real terminal (tmux) that tests type into and look at."""

import shlex
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from console.words import Words
from tests.running import World
from tests.running import environment as surroundings

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs a real terminal: install tmux")

_DEADLINE_SECONDS: Final = 60.0
_BETWEEN_LOOKS_SECONDS: Final = 0.05
_SETTINGS: Final = """\
set -g default-terminal tmux-256color
set -g status off
set -g escape-time 0
"""


def wait_until(
    condition: Callable[[], bool],
    complaint: Callable[[], str] = lambda: "the condition did not come true",
    seconds: float = _DEADLINE_SECONDS,
) -> None:
    """Wait until `condition` holds, or fail with `complaint` at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint()
        # A condition with a deadline is waited for; without this breath the looking itself would take the processor.
        time.sleep(_BETWEEN_LOOKS_SECONDS)


class Screen:
    """One program in a terminal of its own server, so that no other test can see it."""

    def __init__(
        self,
        directory: Path,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = {**(environment or surroundings()), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        # The path of a socket has to be short, and a test's own directory has a long name.
        self._socket = Path(tempfile.gettempdir()) / f"renkei-tmux-{uuid.uuid4().hex[:12]}"
        self._status = directory / f"{self._socket.name}.status"
        settings = directory / "tmux.conf"
        settings.write_text(_SETTINGS)
        self._tmux(
            *("-f", str(settings), "-u", "new-session", "-d"),
            *("-x", str(columns), "-y", str(rows)),
            # A shell between, as at any terminal: it keeps the program's exit status, and stays, so that what was left
            # there can be looked at; tmux itself tidies up a terminal in which nothing runs any more.
            f"{shlex.join(command)}; echo $? >{shlex.quote(str(self._status))}; cat",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")

    def text(self) -> str:
        """Return what is on the screen now."""
        return self._tmux("capture-pane", "-p")

    def styled(self) -> str:
        """Return what is on the screen now, with its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def everything(self) -> str:
        """Return all that the terminal still holds: the screen in hand, the other one, and what was scrolled away."""
        return "\n".join(self._tmux("capture-pane", "-p", "-J", "-S", "-", *other) for other in ((), ("-a", "-q")))

    @property
    def program(self) -> int:
        """The process that runs in the terminal, below the shell."""
        shell = int(self._tmux("display-message", "-p", "#{pane_pid}"))
        (child,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(child)

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names (`Enter`, `Tab`, `F10`, `a`)."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type `text` as it stands."""
        self._tmux("send-keys", "-l", text)

    def wait_for(self, *wanted: str, seconds: float = _DEADLINE_SECONDS) -> str:
        """Wait until all of `wanted` is on the screen, and return it."""
        seen = ""

        def shown() -> bool:
            nonlocal seen
            seen = self.text()
            return all(item in seen for item in wanted)

        wait_until(shown, lambda: f"{wanted} did not come. The screen shows:\n{seen}", seconds)
        return seen

    def wait_for_end(self) -> int:
        """Wait until the program has ended and return its exit status."""

        def ended() -> bool:
            return self._status.exists() and self._status.read_text().endswith("\n")

        wait_until(ended, lambda: f"the program goes on. The screen shows:\n{self.text()}")
        return int(self._status.read_text())

    def _tmux(self, *arguments: str) -> str:
        ended = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.rstrip("\n")


def come_home(screen: Screen, world: World, words: Words, person: str) -> None:
    """Log on with keys, from the login screen, and stay on the first page."""
    screen.wait_for(words("login.person_id"), words("login.pin"), person)
    screen.type(person)
    screen.press("Tab")
    screen.type(world.pin_files[person].read_text().strip())
    screen.press("Enter")
    screen.wait_for(words("today.yours"), person)


def log_on(screen: Screen, world: World, words: Words, person: str) -> None:
    """Log on with keys, and open what is in review."""
    come_home(screen, world, words, person)
    screen.press("2")
    # A reference on the screen: the list is there, and keys act on its first message.
    screen.wait_for(words("queue.column.reference"), "R26-", person)


def approve_first(screen: Screen, words: Words) -> None:
    """Approve the message under the cursor of the list."""
    screen.press("a")
    # Only a question has a key that cancels: in English the deed is the word of the list's own key.
    screen.wait_for(words("steps.approve.deed"), f"Esc {words('keys.cancel')}")
    screen.press("Enter")
    screen.wait_for(words("steps.approve.did", count=1))


def exchange_once(screen: Screen, words: Words) -> None:
    """Send the one approved message of a fresh world, and receive what its agency has; go back to the queue."""
    screen.press("x")
    # The counts are the question: nothing is sent before they are on the screen.
    screen.wait_for(words("exchange.to_receive_unknown"))
    screen.press("x")
    screen.wait_for(
        words("exchange.sent", delivered=1, unknown=0, refused=0, held=0, waiting=0),
        words("exchange.received", received=10, results=1, rejected=0),
    )
    screen.press("Escape")
    screen.wait_for(words("queue.sort.urgency"))
