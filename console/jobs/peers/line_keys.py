"""The terminal's own keys for the line: which there are, and the next ones, made ahead of their time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from console.errors import TimePast
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import clock
from store.log import Event
from store.rights import Right
from transport.parties.authority import Use
from transport.parties.keyring import Generation

#: Unless another moment is named, the peer has this long to register the next keys.
LEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LineKeys:
    """One generation of keys. `public` is the line of JSON that the peer registers, `used_from` None for the first."""

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
    return [_told(one, used) for one in terminal.keys.generations()]


def renew(terminal: Terminal, session: Session, *, used_from: datetime | None = None) -> LineKeys:
    """Make the next keys: the peer registers them, and they take over by themselves at `used_from` (in a week).

    Raises RightMissing, TimePast, IdentityPending while other keys wait, IdentityFault.
    """
    admit(terminal, session, Right.PEER)
    now = clock.now()
    moment = used_from or now + LEAD
    if moment < now:
        raise TimePast(time=f"{moment:%Y-%m-%d %H:%M}Z")

    def record(number: int) -> None:
        # Keys that the log does not know must not take over one day.
        detail: dict[str, str | int] = {"version": number, "from": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        with terminal.database.writing() as tx:
            terminal.log.append(tx, Event.KEYS_PREPARED, actor=session.person_id, session=session.id, detail=detail)

    made = terminal.keys.prepare(Use.TERMINAL, used_from=moment, now=now, record=record)
    return _told(made, terminal.identity.public.fingerprint)


def _told(one: Generation, used: str) -> LineKeys:
    public = one.identity.public
    return LineKeys(
        number=one.number,
        in_use=public.fingerprint == used,
        used_from=None if one.number == 1 else one.used_from,
        until=one.identity.certificate_until,
        fingerprint=public.fingerprint,
        public=public.to_json(),
    )
