"""Reading the terminal's input: bytes become keys and pastes, and what cannot be read ends nothing.

Textual's own reader ends the program at the first byte that is not UTF-8: that of an 8-bit Meta key, of a paste in
Shift_JIS, of noise on the line. Its technical record would not say why, because the error is drawn instead of raised.
"""

import os
import re
import selectors
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Final, Protocol, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

_AT_ONCE: Final = 4096
# How soon the thread sees that it is to end. Escape alone becomes a key only after such a look as well.
_LOOK_SECONDS: Final = 0.1
# What stands for the bytes that cannot be read, in keys and pastes alike.
_UNREADABLE: Final = "\ufffd"
# Such a byte comes as U+DC80 to U+DCFF (PEP 383). One that can begin a character of Shift_JIS takes the second byte
# with it, which may look like a letter: as a key it would be a command.
_LOST: Final = re.compile("[\udc81-\udc9f\udce0-\udcfc](?:[@-~]|[\udc80-\udcfc])?|[\udc80-\udcff]")


class Hinting(Protocol):
    """The application, as far as it is told of input that cannot be read."""

    def hint(self, key: str) -> None:
        """Say the text `key` on the screen in hand."""


class Keyboard(LinuxDriver):
    """Textual's driver of the terminal, with an input that any byte may come from."""

    def _run_input_thread(self) -> None:
        # Nothing is caught here: an error of this thread is recorded like that of any other, by `uncaught`.
        self.run_input_thread()

    def run_input_thread(self) -> None:
        """Hand over keys and pastes until the driver ends."""
        parser = XTermParser()
        for text in self._texts():
            # An empty text would be the end of all input for the parser; it only looks at its clock then.
            for event in (*(parser.feed(text) if text else ()), *parser.tick()):
                self.process_message(event)

    def _texts(self) -> Iterator[str]:
        """Yield what was typed, and "" whenever nothing was typed for a while."""
        decoder = getincrementaldecoder("utf-8")("surrogateescape")
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(_LOOK_SECONDS)
                data = os.read(self.fileno, _AT_ONCE) if ready else b""
                if ready and not data:
                    # The terminal was hung up: it is ready for ever and gives nothing. The signal ends the program.
                    return
                text, lost = _LOST.subn(_UNREADABLE, decoder.decode(data))
                if lost:
                    self._app.call_later(cast("Hinting", self._app).hint, "common.undecodable")
                yield text

    def process_message(self, message: Message) -> None:
        """Hand over `message`, unless something in it could not be read: a paste is dropped as a whole."""
        text = message.text if isinstance(message, events.Paste) else getattr(message, "character", None)
        if _UNREADABLE not in (text or ""):
            super().process_message(message)
