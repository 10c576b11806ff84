"""Who gets a place at the agency, and who gives way."""

import socket
from contextlib import ExitStack

import pytest

from transport.agency import places as module
from transport.agency.places import Places


def test_the_oldest_stranger_gives_way_and_a_terminal_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOM_SECONDS", 0.01)
    places = Places(2)
    with ExitStack() as sockets:
        (terminal, _), (first, first_end), (second, _) = (
            [sockets.enter_context(end) for end in socket.socketpair()] for _ in range(3)
        )
        assert places.admit(terminal)
        places.know(terminal)
        assert places.admit(first)
        # Its thread frees the place once it sees the end; here nobody does, so that the newcomer waits in vain.
        assert not places.admit(second)
        assert first_end.recv(1) == b""
        places.leave(first)
        assert places.admit(second)
        places.use(second, second)
        places.know(second)
        # Two terminals: nobody gives way to a stranger.
        assert not places.admit(first)
        places.leave(second)
        assert places.admit(first)
