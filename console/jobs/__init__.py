"""The jobs: everything that is done at the terminal, without a screen, in one room for each subject.

Only here do store and transport meet. Screens and commands call jobs. A job checks the right of the acting person once
more, does its work and writes its log entry in one transaction, and raises errors of the three trees.
"""

from typing import TYPE_CHECKING

from console.lazy import submodules

# The type checker reads these imports; at run time `__getattr__` imports each module when it is first used.
if TYPE_CHECKING:
    from console.jobs import (
        admission,
        checkpoints,
        entry,
        exchange,
        handins,
        intents,
        log,
        messages,
        peers,
        people,
        progress,
        rehearsal,
        residents,
        terminal,
        timekeeping,
        work,
    )

__all__ = [
    "admission",
    "checkpoints",
    "entry",
    "exchange",
    "handins",
    "intents",
    "log",
    "messages",
    "peers",
    "people",
    "progress",
    "rehearsal",
    "residents",
    "terminal",
    "timekeeping",
    "work",
]
__getattr__ = submodules(__name__)
