"""Exporting the log (証跡) to media, and checking what lies there (protection measure 7).

What happens outside the database is recorded as an intent and an outcome: the entry that the log is on a medium is
written only after the medium has given back every byte.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.jobs import checkpoints
from console.jobs.admission import RESERVE_BYTES, admit
from console.jobs.intents import intended
from console.jobs.peers import register
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store.errors import LabelUnfit
from store.log import Event, Flaw, LogFilter, Occasion, Result, page
from store.log import checkpoints as kept
from store.log.bundle import Bundle, BundleFinding, Part, SignedWord, bundles_in, parts, plan, verify_bundle
from store.log.bundle.contents import SUMS
from store.rights import Right
from transport.errors import MediumFull, WitnessBroken
from transport.evidence.witness import Witness, split_witness, verify_witness
from transport.media import Medium, Written
from transport.parties.identity import DatedIdentity

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that is on a medium: its name, number and entries, and the digest that the next one names.

    `own_disk`: it lies on the terminal's own disk, and has yet to be brought to a medium. `past_cache`: whether the
    medium let itself be read past the cache.
    """

    bundle: str
    number: int
    first: int
    last: int
    digest: str
    label: str
    own_disk: bool
    past_cache: bool


@dataclass(frozen=True, slots=True)
class MediumFinding:
    """What checking a medium found: each bundle in its order, and whether they follow each other."""

    bundles: tuple[BundleFinding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(one.ok for one in self.bundles)

    @property
    def entries(self) -> int:
        """How many entries hold, from the first one on."""
        return sum(one.entries for one in self.bundles)

    @property
    def broken(self) -> BundleFinding | None:
        """The first bundle that does not hold."""
        return next((one for one in self.bundles if not one.ok), None)


def export(
    terminal: Terminal, session: Session, directory: Path, *, label: str, report: Report | None = None
) -> Exported:
    """Write everything that was not exported yet to the medium at `directory`, whose written label is `label`.

    `report` gets the phase `export` in bytes. Raises RightMissing, LabelUnfit, NothingToExport, MediaFault leaves; a
    failure is recorded.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    if not _LABEL.fullmatch(label):
        raise LabelUnfit
    with Medium(directory) as medium:
        before = last_export(terminal)
        number = before.number + 1 if before else 1
        facts: dict[str, str | int] = {"bundle": number, "label": label}
        with intended(terminal, session, Event.LOG_EXPORTING, facts) as intent:
            checkpoints.make(terminal, Occasion.EXPORT)
            done = _write(terminal, medium, label, before, Meter(report))
            intent.facts |= {"from": done.first, "to": done.last, "content": done.digest}
            intent.facts["medium"] = "own_disk" if done.own_disk else "separate"
    return done


@dataclass(frozen=True, slots=True)
class LastExport:
    """The newest export that is known to be on a medium."""

    number: int
    last: int
    digest: str


def last_export(terminal: Terminal) -> LastExport | None:
    """Return the newest export that was read back, or None."""
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE)
    with terminal.database.reading() as reading:
        rows = page(reading, limit=1, chosen=chosen)
    if not rows:
        return None
    told = rows[0].detail
    return LastExport(int(told["bundle"]), int(told["to"]), str(told["content"]))


def check_medium(directory: Path, *, report: Report | None = None) -> MediumFinding:
    """Check every bundle in `directory`, and that each names the one before it; asks for no terminal and no right.

    `report` gets the phase `verify`, once for each bundle. Raises BundleMissing.
    """
    meter = Meter(report)
    found: list[BundleFinding] = []
    for path in bundles_in(directory):
        meter.begin("verify", 0)
        one = verify_bundle(path, lambda done, _total: meter.reach(done))
        found.append(_following(found, one))
    return MediumFinding(tuple(found))


def _following(before: Sequence[BundleFinding], one: BundleFinding) -> BundleFinding:
    """Return the finding of a bundle, held against the one before it when that is here as well."""
    last = before[-1] if before else None
    if last is None or not last.ok or not one.ok or one.number != last.number + 1:
        return one
    if one.previous == last.digest and one.first == last.last + 1:
        return one
    return BundleFinding(ok=False, entries=0, first=one.first, first_bad=one.first, cause=Flaw.LINK, number=one.number)


def _write(terminal: Terminal, medium: Medium, label: str, before: LastExport | None, meter: Meter) -> Exported:
    with terminal.database.reading() as reading:
        bundle = plan(
            reading,
            terminal.settings.terminal.id,
            terminal.log.origin,
            number=before.number + 1 if before else 1,
            after=before.last if before else 0,
            previous=before.digest if before else None,
        )
        if medium.free < bundle.entry_bytes:
            raise MediumFull(path=f"({medium.free // 2**20} MB)")
        own_disk = medium.device == _device_of(terminal.home)
        meter.begin("export", bundle.entry_bytes)
        watched = _Watched(meter)
        files = watched.through(parts(reading, bundle, _words(terminal, reading, bundle)))
        written = medium.write(bundle.name, files, leave=RESERVE_BYTES if own_disk else 0)
    return _exported(bundle, written, watched.digest, label, own_disk=own_disk)


def _device_of(path: Path) -> int:
    return path.stat().st_dev


def _exported(bundle: Bundle, written: Written, digest: str, label: str, *, own_disk: bool) -> Exported:
    return Exported(
        bundle=written.name,
        number=bundle.number,
        first=bundle.first,
        last=bundle.last.seq,
        digest=digest,
        label=label,
        own_disk=own_disk,
        past_cache=written.past_cache,
    )


class _Watched:
    """Files on their way to the medium: counted, and the digest of their sums taken."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.digest = ""

    def through(self, files: Iterator[Part]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the same files."""
        for part in files:
            yield part.name, self._counted(part)

    def _counted(self, part: Part) -> Iterator[bytes]:
        digest = sha256()
        for piece in part.pieces:
            digest.update(piece)
            yield piece
            self._meter.advance(len(piece))
        if part.name == SUMS:
            self.digest = digest.hexdigest()


def _words(terminal: Terminal, reading: Connection, bundle: Bundle) -> list[SignedWord]:
    """Return what the peer signed about the checkpoints of the bundle, as far as a registered key of it verifies."""
    first = bundle.before.number + 1 if bundle.before else 1
    signers = register.versions(reading)
    words = []
    for one in kept.witnesses(reading, first, bundle.last.number):
        told = _told(one.statement, terminal.settings.municipality.code, sorted(bundle.last.next_keys), signers)
        if told is None:
            continue
        key = next(s.public.signing_key for s in signers if s.public.signing_key_id == told.witness_signing_key)
        body, signature = split_witness(one.statement)
        words.append(SignedWord(body, signature, key))
    return words


def _told(
    statement: bytes, municipality: str, terminals: Sequence[str], signers: Sequence[DatedIdentity]
) -> Witness | None:
    """Return what a statement says to whichever of the terminals showed the checkpoint; None when it proves nothing."""
    for name in terminals:
        with suppress(WitnessBroken):
            return verify_witness(statement, terminal=name, municipality=municipality, signers=signers)
    return None
