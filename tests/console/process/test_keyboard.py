"""Input that is not UTF-8, on a real terminal: it is dropped with a word, and ends nothing."""

import os
import threading

import pytest

from console.incidents import TECHNICAL_LOG
from console.process.keyboard import Keyboard
from console.words import Words
from tests.console.pseudo import PROGRAM, Pseudo
from tests.running import World

UNREADABLE = [
    b"\xff",
    b"\x9b",  # CSI in one byte.
    b"\x9bA",  # A cursor key of a terminal in 8-bit mode.
    b"\xe1\xe2",  # Two keys with an 8-bit Meta.
    "表示サントス".encode("shift_jis"),  # As keys: some of its bytes look like letters.
    b"\x1b[200~" + "表示サントス".encode("shift_jis") + b"\x1b[201~",
    b"\x1b[200~" + "漢字".encode("euc_jp") + b"xyz\x1b[201~",
    bytes(range(0x80, 0x100)),
]


def test_bytes_that_are_not_utf_8_are_dropped_with_a_word_and_end_nothing(world: World) -> None:
    words = Words("ja")
    pin = world.pin_files["op-101"].read_text().strip().encode()
    with Pseudo([PROGRAM, "--home", str(world.home)]) as program:
        program.read_until(words("login.pin"))
        program.write(UNREADABLE[0])
        program.read_until(words("common.undecodable"))
        # After each of them a digit: nothing but these digits gets into the field.
        for digit, bad in enumerate(UNREADABLE):
            program.write(bad + b"%d" % digit)
        # What is in a field is painted in one run.
        program.read_until("".join(map(str, range(len(UNREADABLE)))))
        program.write(b"\x15op-101")
        painted = len(program.seen)
        program.write(b"\t" + pin + b"\r")
        program.read_until(words("today.yours"), since=painted)
        program.write(b"q")
        program.read_until(words("login.ended.log_off"), since=painted)
        program.write(b"\x1b[21~")
        assert program.wait() == 0
    assert not (world.home / TECHNICAL_LOG).exists()


def test_an_error_of_the_reading_thread_is_raised_as_what_it_is() -> None:
    # Drawn as a picture of a traceback, as Textual does, it would have neither a type nor a place in the record.
    driver = object.__new__(Keyboard)
    driver.fileno = -1
    with pytest.raises(ValueError, match="file descriptor"):
        driver._run_input_thread()


def test_a_terminal_that_was_hung_up_ends_the_reading() -> None:
    # It stays ready to be read, so that looking again and again would take a processor whole.
    ours, theirs = os.pipe()
    os.close(theirs)
    driver = object.__new__(Keyboard)
    driver.fileno, driver.exit_event = ours, threading.Event()
    assert next(driver._texts(), None) is None
    os.close(ours)
