"""What nobody caught: recorded under an incident number, never printed with its values.

Threads, destructors and libraries would print a traceback or a line of their own, in which may stand what a person
entered.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

Take = Callable[[BaseException], object]


@contextmanager
def uncaught_recorded(record: Take, *, in_thread: Take | None = None) -> Iterator[None]:
    """Give what is raised where nobody catches it to `record`, that of other threads to `in_thread`; print nothing."""

    def of_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            (in_thread or record)(caught.exc_value)

    def in_passing(caught: "sys.UnraisableHookArgs") -> None:
        if caught.exc_value is not None:
            record(caught.exc_value)

    def at_exit(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        record(error)

    before = (threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort)
    threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort = of_thread, in_passing, at_exit, None
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort = before
