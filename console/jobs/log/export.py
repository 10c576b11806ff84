"""Exporting the log (証跡) to media, and checking exports on media (protection measure 7).

An export is recorded as an intent and an outcome. The entry that the log is on a medium is written only after every
byte has been read back from the medium.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.errors import ExportDiffers, ExportUnknown, OwnDiskRefused
from console.jobs import checkpoints
from console.jobs.admission import RESERVE_BYTES, admit
from console.jobs.intents import intended
from console.jobs.peers import register
from console.jobs.progress import Meter, Report
from console.session import Session
from console.settings import Settings
from console.terminal import Terminal, log_at
from store.errors import LabelUnfit
from store.log import Event, Flaw, LogFilter, Occasion, Result, page
from store.log import checkpoints as kept
from store.log.bundle import Bundle, BundleFinding, Part, SignedWord, bundles_in, parts, plan, verify_bundle
from store.log.bundle.contents import MANIFEST, SUMS
from store.log.pages import oldest
from store.rights import Right
from transport.errors import MediumFull, WitnessBroken
from transport.evidence.witness import Witness, split_witness, verify_witness
from transport.media import Medium
from transport.parties.identity import DatedIdentity

# What people write on a medium, in letters that a log entry admits.
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")

# An export is found by its entry.
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that is on a medium: its name, number and entries, and the digest that the next bundle names.

    `own_disk`: it lies on the terminal's own disk, and still has to be brought to a medium. `past_cache`: whether it
    could be read back from the medium itself, not only from the system's cache.
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
    """The finding for a medium: each bundle in its order, and whether they follow each other."""

    bundles: tuple[BundleFinding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(bundle.ok for bundle in self.bundles)

    @property
    def entries(self) -> int:
        """How many entries of the bundles verify."""
        return sum(bundle.entries for bundle in self.bundles)

    @property
    def missing(self) -> tuple[tuple[int, int], ...]:
        """The entries that no bundle here holds, from the first entry of the log to the last one here.

        Each bundle verifies by itself, so a medium without the first ones is sound, and proves nothing about those.
        """
        held = [(bundle.first, bundle.last) for bundle in self.bundles if bundle.ok]
        # The log begins with entry 1, whatever was pruned at the terminal meanwhile.
        ends = [0, *(last for _, last in held)]
        return tuple((end + 1, first - 1) for end, (first, _) in zip(ends, held, strict=False) if first > end + 1)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The files beside the bundles that are no part of them, each name once."""
        return tuple(sorted({name for bundle in self.bundles for name in bundle.foreign}))

    @property
    def broken(self) -> BundleFinding | None:
        """The first bundle that does not verify."""
        return next((bundle for bundle in self.bundles if not bundle.ok), None)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an export goes: the directory of a medium, and the `label` that stands on it.

    `same_disk`: somebody has decided that it may be the terminal's own disk, from which it is brought elsewhere later.
    """

    directory: Path
    label: str
    same_disk: bool = False


def export(
    terminal: Terminal, session: Session, target: Target, *, again: int | None = None, report: Report | None = None
) -> Exported:
    """Write everything that was not exported yet to a medium; with `again` the export that began at that entry.

    An export that is written again has the very bytes of the first time, so it takes the place of a lost one.
    `report` gets the phase `export` in bytes. Raises RightMissing, LabelUnfit, OwnDiskRefused, NothingToExport,
    ExportUnknown, ExportDiffers and any MediaFault; a failure is recorded.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    if not _LABEL.fullmatch(target.label):
        raise LabelUnfit
    # The medium is opened first: where none is, nothing is recorded and no number is used.
    with Medium(target.directory) as medium:
        own_disk = medium.device in _own_devices(terminal)
        if own_disk and not target.same_disk:
            # Mostly a medium that was not mounted: its directory is there, and leaves the building with nobody.
            raise OwnDiskRefused(path=target.directory.name)
        place = _Place(medium, target.label, own_disk)
        made = exports(terminal)
        before = last_export(terminal) if again is None else None
        number = _number_of(again, made) if again is not None else (before.number + 1 if before else 1)
        facts: dict[str, str | int] = {"bundle": number, "label": target.label}
        with intended(terminal, session, Event.LOG_EXPORTING, facts) as intent:
            if again is None:
                # A bundle ends at a checkpoint, so what is on the medium is signed to its last entry.
                checkpoints.make(terminal, Occasion.EXPORT)
                done = _write(terminal, place, before, Meter(report))
            else:
                done = _write_again(terminal, place, made, number, Meter(report))
            intent.facts |= {"from": done.first, "to": done.last, "content": done.digest}
            intent.facts["medium"] = "own_disk" if done.own_disk else "separate"
    return done


def _number_of(first: int, made: "Mapping[int, LastExport]") -> int:
    """Return the number of the export that began at entry `first`. Raises ExportUnknown."""
    for export_made in made.values():
        if export_made.first == first:
            return export_made.number
    raise ExportUnknown(first=first, known=", ".join(str(each.first) for each in made.values()) or "—")


@dataclass(frozen=True, slots=True)
class LastExport:
    """An export that was read back: its number, entries and writer, and the digest that the next one names."""

    number: int
    first: int
    last: int
    digest: str
    terminal: str


def exports(terminal: Terminal) -> dict[int, LastExport]:
    """Return every export that was read back, by number in ascending order; the newest of those with one number."""
    # From the log itself, which cannot be changed unnoticed: failed exports are passed over, and done again.
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE)
    found: dict[int, LastExport] = {}
    before: int | None = None
    with terminal.database.reading() as reading:
        while rows := page(reading, before=before, limit=_PAGE, chosen=chosen):
            for row in rows:
                detail = row.detail
                number, first, last = int(detail["bundle"]), int(detail["from"]), int(detail["to"])
                found.setdefault(number, LastExport(number, first, last, str(detail["content"]), row.terminal))
            before = rows[-1].seq
    return dict(sorted(found.items()))


def last_export(terminal: Terminal) -> LastExport | None:
    """Return the export with the highest number, or None. One that was written again later has a lower one."""
    return next(reversed(exports(terminal).values()), None)


def check_medium(directory: Path, *, first_key: str | None = None, report: Report | None = None) -> MediumFinding:
    """Check every bundle in `directory`, and that each names the one before it; needs no terminal and no right.

    With the fingerprint of a log's `first_key`, also that it is that log: one made with other keys holds just as well.
    `report` gets the phase `verify`, once for each bundle. Raises BundleMissing.
    """
    meter = Meter(report)
    findings: list[BundleFinding] = []
    for path in bundles_in(directory):
        meter.begin("verify", 0)
        finding = verify_bundle(path, lambda done, _total: meter.reach(done))
        findings.append(_linked(findings, finding))
    if first_key is not None:
        findings[0] = _of_log(findings[0], first_key)
    return MediumFinding(tuple(findings))


def first_key_of(home: Path) -> str | None:
    """Return the fingerprint of the first key of the log that the terminal at `home` writes.

    Nobody logs on: it is public. Raises SettingsFaults, KeyFileFaults.
    """
    return log_at(home, Settings.load(home)).first_key


def _of_log(finding: BundleFinding, first_key: str) -> BundleFinding:
    """Return the finding of the first bundle on a medium, compared with the first key of a log."""
    if not finding.ok or finding.first_key == first_key:
        return finding
    return BundleFinding(ok=False, entries=0, first=finding.first, cause=Flaw.FOREIGN, file=MANIFEST)


def _linked(before: Sequence[BundleFinding], finding: BundleFinding) -> BundleFinding:
    """Return the finding of a bundle, compared with the one before it if that is on the medium as well."""
    last = before[-1] if before else None
    # A medium need not hold all exports: a gap in the numbers proves nothing, and each bundle verifies by itself.
    if last is None or not last.ok or not finding.ok or finding.number != last.number + 1:
        return finding
    if finding.previous == last.digest and finding.first == last.last + 1:
        return finding
    first = finding.first
    return BundleFinding(ok=False, entries=0, first=first, first_bad=first, cause=Flaw.LINK, number=finding.number)


@dataclass(frozen=True, slots=True)
class _Place:
    """An open medium with its label; `own_disk` tells that it is the terminal's own disk."""

    medium: Medium
    label: str
    own_disk: bool


def _write(terminal: Terminal, place: _Place, before: LastExport | None, meter: Meter) -> Exported:
    with terminal.database.reading() as reading:
        bundle = plan(
            reading,
            terminal.settings.terminal.id,
            terminal.log.origin,
            number=before.number + 1 if before else 1,
            after=before.last if before else 0,
            previous=before.digest if before else None,
        )
        return _fill(reading, bundle, place, _signed_statements(terminal, reading, bundle), meter)


def _write_again(
    terminal: Terminal, place: _Place, made: Mapping[int, LastExport], number: int, meter: Meter
) -> Exported:
    wanted, before = made[number], made.get(number - 1)
    with terminal.database.reading() as reading:
        if wanted.first < oldest(reading):
            # Its beginning was pruned here, so it cannot be made again.
            kept = [each.first for each in made.values() if each.first >= oldest(reading)]
            raise ExportUnknown(first=wanted.first, known=", ".join(map(str, kept)) or "—")
        bundle = plan(
            reading,
            # Another terminal of the same queue may have written it.
            wanted.terminal,
            terminal.log.origin,
            number=number,
            after=wanted.first - 1,
            previous=before.digest if before else None,
            up_to=wanted.last,
        )
        words = _signed_statements(terminal, reading, bundle)
        # What the peer signed after the first time was not in it. Those words are about its last checkpoints.
        for some in (words[:count] for count in range(len(words), -1, -1)):
            if _digest_of(reading, bundle, some) == wanted.digest:
                return _fill(reading, bundle, place, some, meter)
    raise ExportDiffers(first=wanted.first, last=wanted.last)


def _digest_of(reading: Connection, bundle: Bundle, words: Sequence[SignedWord]) -> str:
    """Return the digest that stands for the bundle, without writing it."""
    watched = _Watched(Meter(None))
    for _name, pieces in watched.through(parts(reading, bundle, words)):
        for _piece in pieces:
            pass
    return watched.digest


def _fill(reading: Connection, bundle: Bundle, place: _Place, words: Sequence[SignedWord], meter: Meter) -> Exported:
    # Known before the first byte is written: a person should not wait for minutes to learn that it was too much.
    if place.medium.free < bundle.entry_bytes:
        raise MediumFull(path=f"({place.medium.free // 2**20} MB)")
    meter.begin("export", bundle.entry_bytes)
    watched = _Watched(meter)
    files = watched.through(parts(reading, bundle, words))
    # The terminal's own disk must not be filled to the brim.
    written = place.medium.write(bundle.name, files, leave=RESERVE_BYTES if place.own_disk else 0)
    return Exported(
        bundle=written.name,
        number=bundle.number,
        first=bundle.first,
        last=bundle.last.seq,
        digest=watched.digest,
        label=place.label,
        own_disk=place.own_disk,
        past_cache=written.past_cache,
    )


def _own_devices(terminal: Terminal) -> set[int]:
    """Return the devices that are no medium: those of the system, of the terminal's directory and of its database."""
    file = terminal.settings.database_file(terminal.home)
    own = [Path("/"), terminal.home, *([file.parent] if file else [])]
    return {path.stat().st_dev for path in own}


class _Watched:
    """Counts the bytes of files on their way to the medium, and takes the digest of the file that holds their sums."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.digest = ""

    def through(self, files: Iterator[Part]) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the same files; their bytes are watched while the medium reads them."""
        for part in files:
            yield part.name, self._counted(part)

    def _counted(self, part: Part) -> Iterator[bytes]:
        digest = sha256()
        for piece in part.pieces:
            digest.update(piece)
            yield piece
            self._meter.advance(len(piece))
        # This file holds the digests of all others, so its own digest stands for the whole bundle.
        if part.name == SUMS:
            self.digest = digest.hexdigest()


def _signed_statements(terminal: Terminal, reading: Connection, bundle: Bundle) -> list[SignedWord]:
    """Return what the peer signed about the checkpoints of the bundle and what one of its registered keys verifies."""
    first = bundle.before.number + 1 if bundle.before else 1
    signers = register.versions(reading, terminal.vault.rows)
    statements = []
    for row in kept.witnesses(reading, first, bundle.last.number):
        witness = _verified(row.statement, terminal.settings.municipality.code, sorted(bundle.last.next_keys), signers)
        if witness is None:
            continue
        key = next(s.public.signing_key for s in signers if s.public.signing_key_id == witness.witness_signing_key)
        # In parts, as separate files: an auditor needs nothing but `openssl` to verify them.
        body, signature = split_witness(row.statement)
        statements.append(SignedWord(body, signature, key))
    return statements


def _verified(
    statement: bytes, municipality: str, terminals: Sequence[str], signers: Sequence[DatedIdentity]
) -> Witness | None:
    """Return a verified statement, whichever of the terminals showed its checkpoint; None when it proves nothing."""
    # A statement names its terminal inside, and its row does not: several terminals can share the log.
    for name in terminals:
        with suppress(WitnessBroken):
            return verify_witness(statement, terminal=name, municipality=municipality, signers=signers)
    return None
