"""A stretch of line between terminal and agency that the test can cut: it sees no content, only directions."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

PATIENCE = 20.0
_LOOPBACK = "127.0.0.1"

Act = Callable[[], bool]


class Relay:
    """Listens at `port`, passes everything on to `target`, and does as told when the next bytes come.

    `on_request` is called when the terminal sends, before the bytes go on; `on_answer` when the agency does. Each is
    called once and returns whether the bytes go on; if not, the connection ends there.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.on_request: Act | None = None
        self.on_answer: Act | None = None
        self._listening = socket.create_server((_LOOPBACK, 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._guard = threading.Lock()
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._threads[0].join(PATIENCE)
        for connection in self._open:
            _end(connection)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for connection in self._open:
            connection.close()

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
            self._open += [near, far]
            for source, sink, name in ((near, far, "on_request"), (far, near, "on_answer")):
                thread = threading.Thread(target=self._pass, args=(source, sink, name))
                self._threads.append(thread)
                thread.start()

    def _pass(self, source: socket.socket, sink: socket.socket, name: str) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                with self._guard:
                    act = getattr(self, name)
                    setattr(self, name, None)
                if act is not None and not act():
                    break
                sink.sendall(chunk)
        _end(source)
        _end(sink)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
