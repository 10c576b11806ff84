"""What is announced at log-on: certificates of either side that end soon, and settings that wait to be confirmed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from console.jobs.peers import register
from console.jobs.terminal import layouts, overlays, protections
from console.session import Session
from console.terminal import Terminal
from console.words import Words
from store import clock
from store.rights import Right
from transport.parties.identity import newest_in_force

#: How many days ahead the end of a certificate is announced. One that ends unnoticed stops the line: its dates are
#: checked in the handshake, and the next keys have to reach the other side by hand before anything can be sent.
ANNOUNCED_DAYS: Final = (90, 60, 30, 14, 7, 1)


class Party(StrEnum):
    """Whose certificate it is."""

    TERMINAL = "terminal"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Announcement:
    """A certificate that ends soon and has no successor yet: whose, when it ends, and the whole days left.

    `step` is the last of `ANNOUNCED_DAYS` that was reached, 0 when the certificate has ended.
    """

    party: Party
    until: datetime
    days: int
    step: int

    def text(self, words: Words) -> str:
        """Return the announcement as it is shown at log-on."""
        day = self.until.astimezone(clock.JAPAN).date().isoformat()
        return words(f"check.announcement.{'soon' if self.step else 'over'}.{self.party}", until=day, days=self.days)


@dataclass(frozen=True, slots=True)
class PendingSettings:
    """Changes of the settings file that do not hold until two persons confirm them, by name."""

    names: tuple[str, ...]

    def text(self, words: Words) -> str:
        """Return the announcement as it is shown at log-on."""
        return words("check.announcement.pending", settings=words("check.between").join(self.names))


def at_log_on(terminal: Terminal, session: Session) -> list[Announcement | PendingSettings]:
    """Return what the person who logs on has to know before it is too late; settings only for who can confirm them.

    Raises IdentityFault.
    """
    pending = tuple(setting.name for setting in protections.known(terminal) if setting.pending)
    pending += tuple(table.setting for table in overlays.known(terminal) if table.pending)
    pending += tuple(layout.setting for layout in layouts.known(terminal) if layout.pending)
    settings = [PendingSettings(pending)] if pending and session.may(Right.AGREE_PROTECTIONS) else []
    return [*settings, *announcements(terminal)]


def announcements(terminal: Terminal, *, now: datetime | None = None) -> list[Announcement]:
    """Return the certificates of either side whose end is to be announced at `now`, the soonest first.

    A certificate is left out when its successor takes over before it ends. Raises IdentityFault.
    """
    at = now or clock.now()
    due = [announcement_of(terminal, party, at) for party in Party]
    return sorted((item for item in due if item is not None), key=lambda item: item.until)


def announcement_of(terminal: Terminal, party: Party, now: datetime) -> Announcement | None:
    """Return what is to be announced of the certificate of one side, if anything. Raises IdentityFault."""
    until = _own_end(terminal, now) if party is Party.TERMINAL else _peers_end(terminal, now)
    if until is None:
        return None
    left = until - now
    if left <= timedelta():
        return Announcement(party, until, left.days, 0)
    reached = [days for days in ANNOUNCED_DAYS if left <= timedelta(days=days)]
    return Announcement(party, until, left.days, min(reached)) if reached else None


def _own_end(terminal: Terminal, now: datetime) -> datetime | None:
    until = terminal.keys.in_use(now).certificate_until
    coming = terminal.keys.coming(now)
    return None if coming is not None and coming.used_from <= until else until


def _peers_end(terminal: Terminal, now: datetime) -> datetime | None:
    with terminal.database.reading() as reading:
        known = register.versions(reading, terminal.vault.rows)
    current = newest_in_force(known, now)
    if current is None:
        # Having no peer is another fault, which the check of the peer's certificate reports.
        return None
    until = current.public.certificate.not_valid_after_utc
    return None if any(now < version.valid_from <= until for version in known) else until
