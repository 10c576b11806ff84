"""An error that nobody caught is recorded where the console says, and printed nowhere."""

import logging
import sys
import threading

import pytest

from console.process.uncaught import uncaught_recorded

SECRET = "REHEARSAL PERSON"


class Failing:
    """An object whose destructor fails."""

    def __del__(self) -> None:
        raise ValueError(SECRET)


def _fail() -> None:
    raise ValueError(SECRET)


def _fail_in_a_thread() -> None:
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()


def test_an_error_of_a_thread_is_recorded(capfd: pytest.CaptureFixture[str]) -> None:
    recorded: list[BaseException] = []
    with uncaught_recorded(recorded.append):
        _fail_in_a_thread()

    assert [str(error) for error in recorded] == [SECRET]
    assert capfd.readouterr() == ("", "")


def test_a_library_that_warns_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    # As a database's driver does about a lost connection. No handler is there outside of tests, so none may be here.
    logger = logging.getLogger("psycopg.test")
    logger.propagate = False
    with uncaught_recorded(lambda _error: None):
        logger.warning(SECRET)
        logger.error(SECRET)
    assert capfd.readouterr() == ("", "")


def test_an_error_of_a_thread_may_go_elsewhere() -> None:
    recorded: list[BaseException] = []
    of_threads: list[BaseException] = []
    with uncaught_recorded(recorded.append, in_thread=of_threads.append):
        _fail_in_a_thread()

    assert (len(recorded), len(of_threads)) == (0, 1)


def test_an_error_of_a_destructor_is_recorded_and_the_program_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    recorded: list[BaseException] = []
    elsewhere: list[BaseException] = []
    with uncaught_recorded(recorded.append, in_thread=elsewhere.append):
        # Nothing refers to the object: it is gone at once, and its destructor runs.
        Failing()

    assert ([type(error) for error in recorded], elsewhere) == ([ValueError], [])
    assert capfd.readouterr() == ("", "")


def test_an_error_that_ends_the_main_thread_is_recorded(capfd: pytest.CaptureFixture[str]) -> None:
    recorded: list[BaseException] = []
    error = ValueError(SECRET)
    with uncaught_recorded(recorded.append):
        # What the interpreter calls when nothing has caught the error.
        sys.excepthook(ValueError, error, None)

    assert recorded == [error]
    assert capfd.readouterr() == ("", "")


def test_everything_is_as_before_afterwards() -> None:
    def hooks() -> tuple[object, ...]:
        return threading.excepthook, sys.unraisablehook, sys.excepthook, logging.lastResort

    before = hooks()
    with pytest.raises(ValueError, match=SECRET), uncaught_recorded(lambda _: None):
        _fail()
    assert hooks() == before
