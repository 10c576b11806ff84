"""The jobs: what is done at the terminal, one module a job, without a screen.

Here alone store and transport meet. Screens and commands call jobs; a job checks the right of the acting person again,
does its work and its log entry in one transaction, and raises errors of the three trees.
"""

from typing import TYPE_CHECKING

from console.lazy import submodules

if TYPE_CHECKING:
    from console.jobs import (
        admission,
        checkpoints,
        exchange,
        intents,
        log,
        messages,
        peers,
        people,
        progress,
        rehearsal,
        terminal,
        timekeeping,
    )

__all__ = [
    "admission",
    "checkpoints",
    "exchange",
    "intents",
    "log",
    "messages",
    "peers",
    "people",
    "progress",
    "rehearsal",
    "terminal",
    "timekeeping",
]
__getattr__ = submodules(__name__)
