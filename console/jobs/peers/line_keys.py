"""The terminal's own keys for the line: all generations of them, and making the next one ahead of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from console.errors import TimePast
from console.jobs.admission import admit
from console.jobs.peers.handing_over import write_introduction
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event
from store.rights import Right
from transport.parties.authority import Use
from transport.parties.introduction import Introduction
from transport.parties.keyring import Generation

#: How long the peer has to register the next keys, unless another moment is named.
LEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LineKeys:
    """One generation of keys. `public` is the line of JSON that the peer registers; `used_from` is None for the first.

    `fingerprint`: hexadecimal, for people who compare it by another way.
    """

    number: int
    in_use: bool
    used_from: datetime | None
    until: datetime
    fingerprint: str
    public: str


def line_keys(terminal: Terminal, session: Session) -> list[LineKeys]:
    """Return all generations, the oldest first. Raises RightMissing, IdentityFault."""
    admit(terminal, session, Right.SETTINGS)
    used = terminal.identity.public.fingerprint
    return [describe(generation, used) for generation in terminal.keys.generations()]


def hand_over(terminal: Terminal, session: Session, file: Path) -> LineKeys:
    """Write the newest keys' public half, with the municipality, into a new `file` for the peer to register.

    Raises RightMissing, IdentityFault, FileExists, FileUnwritable, DiskFull.
    """
    admit(terminal, session, Right.SETTINGS)
    # The newest: next keys that wait are what the peer still has to register.
    newest = terminal.keys.generations()[-1]
    code = terminal.settings.municipality.code
    write_introduction(file, Introduction(newest.identity.public, municipality=code))
    return describe(newest, terminal.identity.public.fingerprint)


def renew(terminal: Terminal, session: Session, *, used_from: datetime | None = None) -> LineKeys:
    """Make the next keys, which the peer registers; they take over by themselves at `used_from` (default: in a week).

    Raises RightMissing, TimePast, IdentityPending while other keys wait, IdentityFault.
    """
    admit(terminal, session, Right.PEER)
    now = clock.now()
    moment = next_moment(used_from)

    def record(number: int) -> None:
        # Called before the keys get their final name: keys that the log does not know must never take over.
        detail: dict[str, str | int] = {"version": number, "from": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        with terminal.database.writing() as tx:
            terminal.log.append(tx, Event.KEYS_PREPARED, actor=session.person_id, session=session.id, detail=detail)

    made = terminal.keys.prepare(Use.TERMINAL, used_from=moment, now=now, record=record)
    return describe(made, terminal.identity.public.fingerprint)


def next_moment(used_from: datetime | None) -> datetime:
    """Return when the next keys of a side take over: at `used_from`, by default after `LEAD`. Raises TimePast."""
    now = clock.now()
    moment = used_from or now + LEAD
    # The other side cannot have registered keys that do not exist yet, so they must not be in use from a moment that
    # is past.
    if moment < now:
        raise TimePast(time=f"{moment:%Y-%m-%d %H:%M}Z")
    return moment


def describe(generation: Generation, used: str) -> LineKeys:
    """Return a generation as people see it; `used` is the fingerprint of the keys in use."""
    public = generation.identity.public
    return LineKeys(
        number=generation.number,
        in_use=public.fingerprint == used,
        used_from=None if generation.number == 1 else generation.used_from,
        until=generation.identity.certificate_until,
        fingerprint=public.fingerprint,
        public=public.to_json(),
    )
