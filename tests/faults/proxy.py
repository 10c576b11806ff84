"""A stretch of line on loopback that does one kind of harm at one byte: it sees no content, only bytes."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

PATIENCE: Final = 20.0
_LOOPBACK: Final = "127.0.0.1"
_CHUNK: Final = 65536
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Way(StrEnum):
    """A direction: up from the terminal to the agency, down from the agency to the terminal."""

    UP = "up"
    DOWN = "down"


class Harm(StrEnum):
    """What happens at the byte."""

    CUT = "cut"  # Both sides see the end of the connection.
    RESET = "reset"  # Both sides see the connection reset.
    HALF_CLOSE = "half_close"  # Whom the bytes were for sees their end; the other way stays open.
    DOUBLE = "double"  # The bytes at hand come twice.
    HOLD = "hold"  # Nothing passes that way any more until `release`.
    CALL = "call"  # `act` is called, then all goes on.


@dataclass
class Fault:
    """One harm, done once: when `at` bytes in all have passed `way` since the proxy was told of it."""

    way: Way
    at: int
    harm: Harm
    act: Callable[[], None] = lambda: None
    struck: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def __str__(self) -> str:
        return f"{self.harm} {self.way} at {self.at}"


class FaultProxy:
    """Listens at `port`, passes everything on to `target`, and does the harm that it was told to do."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.passed: dict[Way, int] = dict.fromkeys(Way, 0)
        # Called whenever bytes are about to pass, whichever way.
        self.on_bytes: Callable[[], None] = lambda: None
        self._fault: Fault | None = None
        self._guard = threading.Lock()
        self._listening = socket.create_server((_LOOPBACK, 0))
        self.port: Final = int(self._listening.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, name="proxy")
        self._passing: list[threading.Thread] = []
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._fault is not None:
            self._fault.release.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join(PATIENCE)
        self.end_connections()
        for thread in self._passing:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def tell(self, fault: Fault | None) -> None:
        """Begin to count anew and do this harm (none) when its byte comes."""
        with self._guard:
            self.passed = dict.fromkeys(Way, 0)
            self._fault = fault

    def end_connections(self) -> None:
        """End every connection that is still open."""
        with self._guard:
            for item in self._open:
                with suppress(OSError):
                    item.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((_LOOPBACK, self.target), PATIENCE)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for item in (near, far):
                # As both ends of the line do: else each small part would wait for the one before it to be seen.
                item.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, near, far)
            with self._guard:
                self._open |= {near, far}
                self._passing = [item for item in self._passing if item.is_alive()]
                self._passing += connection.threads
            for thread in connection.threads:
                thread.start()

    def admit(self, way: Way, count: int) -> tuple[int, Fault | None]:
        """Count bytes; return how many pass before the fault that is due now, and that fault."""
        self.on_bytes()
        with self._guard:
            before = self.passed[way]
            self.passed[way] = before + count
            fault = self._fault
            if fault is None or fault.struck.is_set() or fault.way is not way or before + count <= fault.at:
                return count, None
            fault.struck.set()
            return fault.at - before, fault

    def forget(self, item: socket.socket) -> None:
        """Close a socket whose connection is over."""
        with self._guard:
            self._open.discard(item)
            item.close()


class _Connection:
    """Two threads, one for each way."""

    def __init__(self, proxy: FaultProxy, near: socket.socket, far: socket.socket) -> None:
        self._proxy = proxy
        self._near, self._far = near, far
        self._left = 2
        self._guard = threading.Lock()
        self.threads: Final = [
            threading.Thread(target=self._pass, args=(Way.UP, near, far), name="proxy-up"),
            threading.Thread(target=self._pass, args=(Way.DOWN, far, near), name="proxy-down"),
        ]

    def _pass(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(_CHUNK):
                count, fault = self._proxy.admit(way, len(chunk))
                sink.sendall(chunk[:count])
                if fault is not None and not self._harm(fault, sink, chunk[:count] or chunk):
                    break
                sink.sendall(chunk[count:])
            else:
                # The source has said all that it had to say; the other way may go on.
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(abrupt=False)
        self._leave()

    def _harm(self, fault: Fault, sink: socket.socket, last: bytes) -> bool:
        """Do the harm; tell whether bytes go on passing this way."""
        match fault.harm:
            case Harm.CUT:
                self._end(abrupt=False)
            case Harm.RESET:
                self._end(abrupt=True)
            case Harm.HALF_CLOSE:
                sink.shutdown(socket.SHUT_WR)
            case Harm.DOUBLE:
                sink.sendall(last)
                return True
            case Harm.HOLD:
                fault.release.wait(PATIENCE)
                return True
            case Harm.CALL:
                fault.act()
                return True
        return False

    def _end(self, *, abrupt: bool) -> None:
        for item in (self._near, self._far):
            with suppress(OSError):
                if abrupt:
                    item.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                # Wakes the thread of the other way; closing alone would not.
                item.shutdown(socket.SHUT_RD if abrupt else socket.SHUT_RDWR)

    def _leave(self) -> None:
        with self._guard:
            self._left -= 1
            last = self._left == 0
        if last:
            self._proxy.forget(self._near)
            self._proxy.forget(self._far)
