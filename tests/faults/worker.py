"""A console that sends and receives in a process of its own until everything is done, there to be killed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from console.jobs import exchange
from console.jobs.people import logon
from console.terminal import Terminal
from tests.console.jobs.site import OPERATOR, open_as

ROOT: Final = Path(__file__).parents[2]
READY: Final = b"ready\n"


@contextmanager
def working(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker on the terminal at `home`; it begins when it is ready, and ends with status 0 when all is done."""
    command = [sys.executable, "-m", __name__, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        try:
            assert worker.stdout.readline() == READY
            yield worker
        finally:
            worker.kill()


def _work(home: Path) -> None:
    with Terminal.open(home) as terminal:
        logon.close_abandoned(terminal)
        session = open_as(terminal, OPERATOR)
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
        while True:
            sent = exchange.send(terminal, session)
            got = exchange.receive(terminal, session)
            if sent.waiting + sent.unknown + got.results == 0:
                return


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
