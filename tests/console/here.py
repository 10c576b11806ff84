"""A rehearsal world that is used in the tests' own process: a program of its own for each step would take a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from console.jobs.peers import register as peer_register
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.queue.tables import MESSAGES
from tests.console.jobs.site import Site, open_as
from tests.running import World
from transport import agency


@contextmanager
def acting(world: World, person: str) -> Iterator[tuple[Terminal, Session]]:
    """Yield the world's terminal and a session of the person."""
    with Terminal.open(world.home) as terminal:
        yield terminal, open_as(terminal, person)


@contextmanager
def served_here(world: World) -> Iterator[int]:
    """Serve the world's agency in a thread of this process; yield its port."""
    with (
        Terminal.open(world.home) as terminal,
        Site(world.home, world.agency_home, terminal).served(register=False) as port,
    ):
        yield port


def register(world: World, port: int, **changes: Any) -> None:
    """Register the world's agency anew, from now on, at `port` and with what else is to be different."""
    with Terminal.open(world.home) as terminal:
        draft = peer_register.draft_of(
            agency.public_identity(world.agency_home),
            address="127.0.0.1",
            port=port,
            municipality=terminal.settings.municipality.code,
            legal_basis="immigration-61-8-2",
            valid_from=clock.now(),
        )
        peer_register.record(terminal, replace(draft, **changes), actor=None, session_id=None)


def states(world: World, direction: str = "out") -> list[str]:
    """Return the states of all messages, by number."""
    with Terminal.open(world.home) as terminal, terminal.database.reading() as reading:
        found = reading.execute(
            select(MESSAGES.c.state).where(MESSAGES.c.direction == direction).order_by(MESSAGES.c.id)
        )
        return list(found.scalars())
