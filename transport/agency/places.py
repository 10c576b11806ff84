"""Room for the connections of the agency: so many at a time, and strangers give way to whoever comes after them."""

import socket
import threading
from contextlib import suppress
from typing import Final

# A connection that is ended to make room is gone in a moment.
_ROOM_SECONDS: Final = 1.0


class Places:
    """`most` places. Who has shaken hands is a registered terminal and keeps its place until it leaves.

    Without a limit, strangers could use up the memory just by connecting. With a limit alone, strangers that connect
    and say nothing would shut the terminals out: of those that have not shaken hands the oldest gives way.
    """

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._guard = threading.Lock()
        # Who has not shaken hands yet, the oldest first: by the socket that was accepted, the socket in use.
        self._shaking: dict[socket.socket, socket.socket] = {}

    def admit(self, accepted: socket.socket) -> bool:
        """Give a connection a place, if there is one or one can be made; tell whether it has one."""
        admitted = self._free.acquire(blocking=False) or (
            self._end_oldest_stranger() and self._free.acquire(timeout=_ROOM_SECONDS)
        )
        if admitted:
            with self._guard:
                self._shaking[accepted] = accepted
        return admitted

    def use(self, accepted: socket.socket, secured: socket.socket) -> None:
        """Note that the connection goes on under the socket `secured`; it keeps its turn among the strangers."""
        with self._guard:
            if accepted in self._shaking:
                self._shaking[accepted] = secured

    def know(self, accepted: socket.socket) -> None:
        """Note that the connection has shaken hands, so that it gives way to nobody."""
        with self._guard:
            self._shaking.pop(accepted, None)

    def leave(self, accepted: socket.socket) -> None:
        """Free the place of a connection that has ended."""
        self.know(accepted)
        self._free.release()

    def _end_oldest_stranger(self) -> bool:
        with self._guard:
            if not self._shaking:
                return False
            stranger = self._shaking.pop(next(iter(self._shaking)))
            # Its thread notices, and ends the connection. The plain shutdown leaves the TLS state to that thread.
            with suppress(OSError):
                socket.socket.shutdown(stranger, socket.SHUT_RDWR)
        return True
