"""Errors that nobody caught: recorded under an incident number, and never printed with their values.

Threads, destructors and libraries would print a traceback or a line of their own, which may hold what a person entered.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

Recorder = Callable[[BaseException], object]


@contextmanager
def uncaught_recorded(record: Recorder, *, in_thread: Recorder | None = None) -> Iterator[None]:
    """Give errors that nobody catches to `record`, and print nothing, while the block runs.

    Errors of other threads go to `in_thread`, if it is given.
    """

    def of_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            (in_thread or record)(caught.exc_value)

    # In destructors and callbacks of the interpreter: the program goes on, so the error is recorded and that is all.
    def of_destructor(caught: "sys.UnraisableHookArgs") -> None:
        if caught.exc_value is not None:
            record(caught.exc_value)

    def of_main_thread(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        record(error)

    # Where no handler is set, logging prints warnings of libraries, such as a driver's about a lost connection, to
    # standard error: in the middle of the screen, or beside the one line of a command. Without any last resort it would
    # print that there is none.
    before = (threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort)
    threading.excepthook, sys.unraisablehook = of_thread, of_destructor
    sys.excepthook, logging.lastResort = of_main_thread, logging.NullHandler()
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort = before
