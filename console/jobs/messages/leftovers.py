"""What is left of files that were not taken in to their end: nobody sees it, and it is removed in short turns."""

from console.jobs.pace import Pace
from console.terminal import Terminal
from store import queue


def remove(terminal: Terminal) -> None:
    """Remove the messages of files that were given up, or whose session has ended. Raises DatabaseFaults.

    The log says already that those files failed: with the error, or with the end of the session.
    """
    with terminal.database.reading() as reading:
        left = queue.any_given_up(reading)
    pace = Pace()
    while left:
        with pace.turn(terminal.database, pace.size) as tx:
            left = queue.remove_given_up(tx, pace.size) > 0
