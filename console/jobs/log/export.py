"""Exporting the log (証跡) to media, and checking exports on media (protection measure 7).

An export is recorded as an intent and an outcome. The entry that the log is on a medium is written only after every
byte has been read back from the medium.
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
from console.settings import Settings
from console.terminal import Terminal, log_at
from store.errors import LabelUnfit
from store.log import Event, Flaw, LogFilter, Occasion, Result, page
from store.log import checkpoints as kept
from store.log.bundle import Bundle, BundleFinding, Part, SignedWord, bundles_in, parts, plan, verify_bundle
from store.log.bundle.contents import MANIFEST, SUMS
from store.rights import Right
from transport.errors import MediumFull, WitnessBroken
from transport.evidence.witness import Witness, split_witness, verify_witness
from transport.media import Medium, Written
from transport.parties.identity import DatedIdentity

# What people write on a medium, in letters that a log entry admits.
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


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
    def broken(self) -> BundleFinding | None:
        """The first bundle that does not verify."""
        return next((bundle for bundle in self.bundles if not bundle.ok), None)


def export(
    terminal: Terminal, session: Session, directory: Path, *, label: str, report: Report | None = None
) -> Exported:
    """Write everything that was not exported yet to the medium at `directory`, on which `label` is written.

    `report` gets the phase `export` in bytes. Raises RightMissing, LabelUnfit, NothingToExport and any MediaFault; a
    failure is recorded.
    """
    admit(terminal, session, Right.EXPORT_LOG)
    if not _LABEL.fullmatch(label):
        raise LabelUnfit
    # The medium is opened first: where none is, nothing is recorded and no number is used.
    with Medium(directory) as medium:
        before = last_export(terminal)
        number = before.number + 1 if before else 1
        facts: dict[str, str | int] = {"bundle": number, "label": label}
        with intended(terminal, session, Event.LOG_EXPORTING, facts) as intent:
            # A bundle ends at a checkpoint, so what is on the medium is signed to its last entry.
            checkpoints.make(terminal, Occasion.EXPORT)
            done = _write(terminal, medium, label, before, Meter(report))
            intent.facts |= {"from": done.first, "to": done.last, "content": done.digest}
            intent.facts["medium"] = "own_disk" if done.own_disk else "separate"
    return done


@dataclass(frozen=True, slots=True)
class LastExport:
    """The newest export that was read back: its number, its last entry, and the digest that the next one names."""

    number: int
    last: int
    digest: str


def last_export(terminal: Terminal) -> LastExport | None:
    """Return the newest export that was read back, or None."""
    # From the log itself, which cannot be changed unnoticed: failed exports are passed over, and done again.
    chosen = LogFilter(events=frozenset({Event.LOG_EXPORTED}), result=Result.DONE)
    with terminal.database.reading() as reading:
        rows = page(reading, limit=1, chosen=chosen)
    if not rows:
        return None
    detail = rows[0].detail
    return LastExport(int(detail["bundle"]), int(detail["to"]), str(detail["content"]))


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
        # Known before the first byte is written: a person should not wait for minutes to learn that it was too much.
        if medium.free < bundle.entry_bytes:
            raise MediumFull(path=f"({medium.free // 2**20} MB)")
        # A directory that nothing is mounted on is the terminal's own disk: it must not be filled to the brim.
        own_disk = medium.device == _device_of(terminal.home)
        meter.begin("export", bundle.entry_bytes)
        watched = _Watched(meter)
        files = watched.through(parts(reading, bundle, _signed_statements(terminal, reading, bundle)))
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
