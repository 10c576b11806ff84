"""Does one job in a process of its own, says when it is in the middle of it, and waits there to be killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.jobs import exchange, intents
from console.jobs.entry import draft
from console.jobs.messages import intake
from console.jobs.progress import Progress
from console.terminal import Terminal
from store.log import Event
from tests.console.jobs.site import PATIENCE, open_as

ROOT = Path(__file__).parents[3]
IN_THE_MIDDLE = b"in the middle\n"


@contextmanager
def stopped_in_the_middle(home: Path, person_id: str, job: str, *arguments: str | Path) -> Iterator[None]:
    """Run the block while another process is in the middle of `job`; then that one is killed as by a power cut."""
    command = [sys.executable, "-m", __name__, str(home), person_id, job, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        try:
            assert worker.stdout.readline() == IN_THE_MIDDLE
            yield
        finally:
            worker.kill()
            worker.wait(PATIENCE)


def stop(progress: Progress | None = None) -> None:
    """Say that something is done and something is not, and wait."""
    if progress is None or progress.done:
        sys.stdout.buffer.write(IN_THE_MIDDLE)
        sys.stdout.flush()
        sys.stdin.read()


def main(home: str, person_id: str, job: str, *arguments: str) -> None:
    """Do `job` as that person."""
    with Terminal.open(Path(home)) as terminal:
        session = open_as(terminal, person_id)
        match job:
            case "import":
                intake.take_in(terminal, session, [Path(argument) for argument in arguments], report=stop)
            case "send":
                exchange.send(terminal, session, report=stop)
            case "receive":
                exchange.receive(terminal, session, report=stop)
            case "export":
                with intents.intended(terminal, session, Event.LOG_EXPORTING, {"bundle": 1, "label": "A"}):
                    stop()
            case "edit":
                draft.reopen(terminal, session, int(arguments[0]))
                stop()
            case "work":
                stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
