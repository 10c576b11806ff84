"""Taking files of messages into the queue: every good record of a file is in, or nothing of the file.

Nobody waits for a file. Its records come in portions, so that memory does not grow with the file, and reading, checking
and sealing a portion happen before the writer's turn. A file of one portion is one transaction. The messages of a
larger file are hidden until its last transaction (`store.queue.hiding`), and each bad record is reported at the end.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import reduce
from pathlib import Path
from threading import Event as Flag
from typing import NamedTuple

from sqlalchemy import Connection

from console.configuration.layout_text import LayoutText
from console.errors import ImportStopped
from console.jobs.admission import admit, keep_reserve
from console.jobs.handins import keeping
from console.jobs.handins.intake_outcome import Intake, RecordFault
from console.jobs.intents import Intent, conclude, intended
from console.jobs.messages import enqueue, leftovers
from console.jobs.messages.candidates import Candidate
from console.jobs.messages.contradictions import find_contradictions
from console.jobs.messages.echo import find_echoes
from console.jobs.messages.record_reader import CheckedRecord, PlainFinding, Portions, RecordFile, read_checked
from console.jobs.pace import Pace
from console.jobs.progress import Meter, Report
from console.jobs.terminal import layouts
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import DatabaseFault
from store.log import Event, Result, newest
from store.message.checks.rules import Finding, Severity
from store.message.errors import FileReplaced
from store.message.files.completeness import Stamp, check_checksum, digest_of
from store.message.states import Direction
from store.rights import Right


class _Portion(NamedTuple):
    """Records that are not in the queue, sealed and ready to be added.

    `notices` is how many notices there were when their echoes were looked for, and `seen` is the number of the newest
    entry of the log at that moment.
    """

    fresh: Sequence[CheckedRecord]
    sealed: queue.SealedDrafts
    notices: int
    seen: int

    def keys(self) -> Iterator[queue.MessageKey]:
        """Yield the key of each of its records."""
        return map(enqueue.key_of, _candidates(self.fresh))


def take_in(
    terminal: Terminal,
    session: Session,
    paths: Sequence[Path],
    *,
    report: Report | None = None,
    total: Intake | None = None,
    layout: str | None = None,
    cancel: Flag | None = None,
    wanted: str | None = None,
) -> Intake:
    """Take the records of the files into the queue, where a second person reviews them.

    Raises a FileFault when a file cannot be read at all, ImportUnderWay while another import has one of its references,
    SessionClosed when the session was ended meanwhile, DiskLow, DiskFull and other DatabaseFaults. Then nothing of that
    file was taken in, but the files before it were: they are added to `total` one by one. `report` gets the phase
    `import`, counted in bytes of the file. `layout` reads them, or that of their place (LayoutFault, HandinForeign …).

    `cancel` stops between two transactions, and nothing of that file is in (ImportStopped). `wanted` is the digest of
    the only file, as a person looked at it: other bytes under its name are not taken in (FileReplaced).
    """
    admit(terminal, session, Right.ENTER)
    leftovers.remove(terminal)
    total = Intake() if total is None else total
    for path in paths:
        chosen = layouts.of_file(terminal, path, layout)
        seen = _Seen.at(path)
        if wanted not in (None, seen.digest):
            raise FileReplaced(file=path.name)
        with keeping.refusing(terminal, session, path, seen.digest):
            total.add(path.name, _File(terminal, session, seen, Meter(report, cancel), chosen).take_in())
    return total


class DryRun(NamedTuple):
    """What would become of a file, and the SHA-256 of the bytes of which that was said."""

    found: Intake
    digest: str


def foresee(terminal: Terminal, session: Session, path: Path, layout: LayoutText | None, meter: Meter) -> DryRun:
    """Return what `take_in` would make of a file now; its queue stays as it is. Raises as it does. Asks for no right.

    `meter` gets the phase `examine`, counted in bytes, and may stop it.
    """
    seen = _Seen.at(path)
    with keeping.refusing(terminal, session, path, seen.digest):
        found = _File(terminal, session, seen, meter, layout).foresee()
    keeping.recognise(terminal, path, seen.digest)
    return DryRun(found, seen.digest)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles from walking over records again and again: they hold none.

    Call `gc.collect(0)` between portions instead. Files are taken in 1.2 times as fast.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Seen(NamedTuple):
    """A file as it was when its digest was taken: the stamp tells later whether the records are of the same bytes."""

    path: Path
    stamp: Stamp
    digest: str

    @classmethod
    def at(cls, path: Path) -> "_Seen":
        """Look at the file at `path`. Raises FileUnreadable, FileChecksumUnusable, FileChecksumDiffers."""
        seen = cls(path, Stamp.of(path), digest_of(path))
        check_checksum(path, seen.digest)
        return seen


class _File:
    """A file on its way into the queue."""

    def __init__(
        self, terminal: Terminal, session: Session, seen: "_Seen", meter: Meter, layout: LayoutText | None
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._path, self._stamp, self._digest = seen
        self._name = seen.path.name
        self._size = self._stamp.size
        self._meter = meter
        self._pace = Pace()
        ours = terminal.settings.municipality
        file = RecordFile(seen.path, ours.code, clock.now(), ours.subject_digits, layout)
        self._checked = read_checked(file, self._size)
        self._records = Portions(self._checked)
        self._taken = Intake()
        self._intake_id: str | None = None
        # Of a dry run alone: its former portions are not in the queue, where an import finds them.
        self._foreseen: dict[queue.MessageKey, queue.Known] = {}

    def take_in(self) -> Intake:
        """Take the file in, and return what became of its records."""
        self._meter.begin("import", self._size)
        with closing(self._checked), _uncollected():
            records = self._records.next(self._pace.size)
            if self._records.over:
                self._add_whole(records)
            else:
                with intended(self._terminal, self._session, Event.FILE_IMPORTING, {}) as intent, self._hiding():
                    self._add_hidden(records, intent)
        # Outside the turn: a terminal that takes no more output must not keep others waiting.
        self._meter.reach(self._records.offset)
        return self._taken

    def foresee(self) -> Intake:
        """Return what would become of the records, by the rules of `take_in`, and change nothing."""
        self._meter.begin("examine", self._size)
        with closing(self._checked), _uncollected():
            while not self._records.over:
                good = self._sift(self._records.next(self._pace.size))
                with self._terminal.database.reading() as reading:
                    self._count(self._new_among(reading, good))
                gc.collect(0)
                self._meter.reach(self._records.offset)
                self._go_on()
        self._stamp.check(self._path)
        return self._taken

    def _go_on(self) -> None:
        """Raise ImportStopped when the person has asked to stop; called where nothing of the file is to be seen yet."""
        if self._meter.cancelled:
            raise ImportStopped(file=self._name)

    def _count(self, fresh: Sequence[CheckedRecord]) -> None:
        for record, candidate in zip(fresh, _candidates(fresh), strict=True):
            digest = self._terminal.vault.digest(candidate.content)
            self._foreseen[enqueue.key_of(candidate)] = queue.Known(0, digest)
            self._warn(record)
        self._taken.accepted += len(fresh)

    def _add_whole(self, records: Sequence[CheckedRecord]) -> None:
        portion = self._prepare(records)
        self._stamp.check(self._path)
        self._go_on()
        with self._terminal.database.writing() as tx:
            self._put(tx, portion)
            self._finish(tx)

    def _add_hidden(self, records: Sequence[CheckedRecord], intent: Intent) -> None:
        while not self._records.over:
            self._add_some(records)
            gc.collect(0)
            records = self._records.next(self._pace.size)
        portion = self._prepare(records)
        self._stamp.check(self._path)
        self._go_on()
        with self._terminal.database.writing() as tx:
            self._put(tx, portion)
            # The transaction that makes the messages appear is the one that says so.
            queue.complete_file(tx, self._known_as())
            intent.facts |= self._counts()
            conclude(self._terminal, self._session, tx, Event.FILE_IMPORTING, intent)
            self._finish(tx)

    def _add_some(self, records: Sequence[CheckedRecord]) -> None:
        # A large file must not use up what log-off and export need.
        keep_reserve(self._terminal)
        self._go_on()
        portion = self._prepare(records)
        with self._pace.turn(self._terminal.database, len(portion.fresh)) as tx:
            self._put(tx, portion)
            queue.reach(tx, self._known_as(), self._records.offset)
        # In bytes, because nobody knows how many records the rest of the file has.
        self._meter.reach(self._records.offset)

    @contextmanager
    def _hiding(self) -> Iterator[None]:
        """Hide what is added in the block, until the file is completed there; remove it if the block fails."""
        with self._terminal.database.writing() as tx:
            self._intake_id = queue.begin_file(tx, self._session.id, self._size)
        try:
            yield
        except BaseException:
            # Also after Ctrl+C. What cannot be removed now stays hidden, and goes at the next start or import.
            with suppress(DatabaseFault):
                with self._terminal.database.writing() as tx:
                    queue.give_up_files(tx, self._session.id)
                leftovers.remove(self._terminal)
            raise

    def _known_as(self) -> str:
        assert self._intake_id is not None, "only a file that is hidden has an id"
        return self._intake_id

    # ── Before the turn ───────────────────────────────────────────────────────────────────────────

    def _prepare(self, records: Sequence[CheckedRecord]) -> _Portion:
        good = self._sift(records)
        with self._terminal.database.reading() as reading:
            return self._ready(reading, good)

    def _sift(self, records: Sequence[CheckedRecord]) -> list[CheckedRecord]:
        """Report what is wrong with the records by themselves, and return the good ones."""
        for record in records:
            if record.remark:
                self._warn(record)
            elif record.candidate is None:
                self._refuse(record, record.findings)
        return [record for record in records if record.candidate is not None]

    def _ready(self, conn: Connection, good: Sequence[CheckedRecord]) -> _Portion:
        notices, seen = _notices(conn), newest(conn)
        fresh = self._new_among(conn, good)
        sealed = enqueue.seal(self._terminal, self._session, list(_candidates(fresh)))
        return _Portion(fresh, sealed, notices, seen)

    def _new_among(self, conn: Connection, good: Sequence[CheckedRecord]) -> list[CheckedRecord]:
        return self._compared(conn, list(self._settle(conn, good)))

    def _settle(self, conn: Connection, good: Sequence[CheckedRecord]) -> Iterator[CheckedRecord]:
        """Yield the records that are new; count those that are known, and refuse those that may not come in."""
        # One query for the whole portion. Contents within the portion are added below: a file that has a record twice
        # is treated like two files.
        keys = list(map(enqueue.key_of, _candidates(good)))
        known, lost = self._foreseen | self._find(conn, keys), queue.lost_among(conn, keys)
        # Only new records are asked about. A known one was taken in before, when no notice forbade it.
        asked = [candidate for candidate, key in zip(_candidates(good), keys, strict=True) if key not in known]
        echoes = self._echoes(conn, [candidate for candidate in asked if candidate.may_be_echo])
        contents: dict[queue.MessageKey, bytes] = {}
        for record, candidate, key in zip(good, _candidates(good), keys, strict=True):
            if key in lost:
                self._refuse(record, [PlainFinding("reference", "reference_at_peer", {})])
            elif key not in known and key not in contents:
                echo = echoes.get(candidate.content)
                if echo is not None and echo.severity is Severity.ERROR:
                    self._refuse(record, [_plain(echo)])
                else:
                    contents[key] = candidate.content
                    yield record if echo is None else record.warned(_plain(echo))
            elif self._is_same(candidate.content, known.get(key), contents.get(key)):
                self._taken.known += 1
            else:
                self._refuse(record, [PlainFinding("reference", "reference_conflict", {})])

    def _echoes(self, conn: Connection, candidates: Sequence[Candidate]) -> dict[bytes, Finding]:
        """Return what only repeats a notice, by its content."""
        found = find_echoes(self._terminal, conn, [candidate.message for candidate in candidates])
        contents = (candidate.content for candidate in candidates)
        return {content: echo for content, echo in zip(contents, found, strict=True) if echo is not None}

    def _compared(self, conn: Connection, fresh: Sequence[CheckedRecord]) -> list[CheckedRecord]:
        """Add a warning to records that tell of another person than other messages of their 宛名番号."""
        found = find_contradictions(self._terminal, conn, list(_candidates(fresh)), intake_id=self._intake_id)
        return [
            reduce(CheckedRecord.warned, map(_plain, findings), record) if findings else record
            for record, findings in zip(fresh, found, strict=True)
        ]

    def _is_same(self, content: bytes, known: queue.Known | None, before: bytes | None) -> bool:
        """Tell whether a content is that of the message in the queue, or of the record before in the file."""
        return content == before if known is None else self._terminal.vault.digest(content) == known.digest

    def _find(self, conn: Connection, keys: Iterable[queue.MessageKey]) -> dict[queue.MessageKey, queue.Known]:
        return queue.known(conn, Direction.OUT, keys, intake_id=self._intake_id)

    def _refuse(self, record: CheckedRecord, findings: Iterable[PlainFinding]) -> None:
        self._taken.refuse(self._faults(record, findings))

    def _warn(self, record: CheckedRecord) -> None:
        self._taken.warn(self._faults(record, record.findings))

    def _faults(self, record: CheckedRecord, findings: Iterable[PlainFinding]) -> Iterator[RecordFault]:
        return (RecordFault(self._name, record.line, *finding, record.reference) for finding in findings)

    # ── In the turn ───────────────────────────────────────────────────────────────────────────────

    def _put(self, tx: Connection, portion: _Portion) -> None:
        # No message and no notice comes without an entry. If others wrote one, what they changed is rare, and then the
        # records are looked at once more.
        if newest(tx) != portion.seen and (_notices(tx) != portion.notices or self._find(tx, portion.keys())):
            portion = self._ready(tx, portion.fresh)
        enqueue.add_sealed(
            self._terminal, self._session, tx, portion.sealed, Event.MESSAGE_IMPORTED, intake_id=self._intake_id
        )
        self._taken.accepted += len(portion.fresh)
        for record in portion.fresh:
            self._warn(record)

    def _finish(self, tx: Connection) -> None:
        keeping.keep(self._terminal, self._session, tx, self._path, self._digest, self._taken)
        # Counts only: what is wrong with a record may quote it, and the log holds no personal data.
        if self._taken.refused:
            self._terminal.log.append(
                tx,
                Event.FILE_REFUSED,
                actor=self._session.person_id,
                session=self._session.id,
                result=Result.REFUSED,
                detail=self._counts(),
            )

    def _counts(self) -> dict[str, str | int]:
        taken = self._taken
        return {"accepted": taken.accepted, "known": taken.known, "errors": taken.error_count}


def _notices(conn: Connection) -> int:
    """Return how many notices there are: none is ever removed, so the number tells whether one has come."""
    return sum(number for (direction, _), number in queue.counts(conn).items() if direction is Direction.IN)


def _candidates(records: Iterable[CheckedRecord]) -> Iterator[Candidate]:
    """Yield the candidates of records, each of which has one."""
    return (record.candidate for record in records if record.candidate is not None)


def _plain(finding: Finding) -> PlainFinding:
    return PlainFinding(finding.field, finding.rule, dict(finding.facts))
