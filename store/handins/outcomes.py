"""What became of each file by its digest, under which names it was met, and the sealed report of its errors.

A file is known by the pseudonym of its SHA-256 digest: nobody can try out which file it was, and a copy under another
name is the same file. A look is the pseudonym of where a file lies, its name, size and time of change. It leads to the
digest without reading the file, so that a list of hundreds of files costs no more than asking for their names.

Rows and looks bear seals, and one that was changed or copied counts as none. So does one that is gone: its file then
counts as not taken in, and taking it in again finds each record known. Nothing in the queue rests on these tables, so
the log has no versions of them to hold them against. The report quotes records and is sealed as their contents are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select
from sqlmodel import Field, SQLModel

from store.clock import to_microseconds
from store.errors import RowSealBroken
from store.handins.states import FileState
from store.packing import pack_large, unpack
from store.schema import UtcMoment, table
from store.sealing.row_seals import Plain, RowSeals
from store.sealing.vault import Place, Sealed, Vault


class FileOutcomeRow(SQLModel, table=True):
    """What became of a file when it was last taken in or refused."""

    __tablename__ = "file_outcome"

    file: str = Field(primary_key=True)  # A pseudonym of its SHA-256 digest.
    state: str
    accepted: int
    known: int
    refused: int
    errors: int
    warnings: int
    code: str | None  # Of the error for which the whole file was refused.
    taken_by: str
    taken_at: datetime = Field(sa_type=UtcMoment, index=True)
    seal: bytes  # Binds all other columns to the keys of the queue.


class FileLookRow(SQLModel, table=True):
    """Under which name a file was met."""

    __tablename__ = "file_look"

    look: str = Field(primary_key=True)  # A pseudonym of place, name, size and time of change.
    file: str = Field(foreign_key="file_outcome.file", index=True)
    seal: bytes  # Binds both: a look that was pointed at another file counts as none.


class FileReportRow(SQLModel, table=True):
    """The report of a file, sealed."""

    __tablename__ = "file_report"

    file: str = Field(primary_key=True, foreign_key="file_outcome.file")
    ciphertext: bytes
    wrapped_key: bytes


FILE_OUTCOMES: Final = table(FileOutcomeRow)
FILE_LOOKS: Final = table(FileLookRow)
FILE_REPORTS: Final = table(FileReportRow)
TABLES: Final = (FILE_OUTCOMES, FILE_LOOKS, FILE_REPORTS)
# As many names as one statement takes on both engines.
_AT_ONCE: Final = 500
_SEALED: Final = tuple(column.name for column in FILE_OUTCOMES.c if column.name not in {"taken_at", "seal"})


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file: counts of records, errors and warnings, and who took it in when (`taken_by` an ID)."""

    state: FileState
    accepted: int
    known: int
    refused: int
    errors: int
    warnings: int
    code: str | None
    taken_by: str
    taken_at: datetime

    @property
    def held(self) -> int:
        """How many of its records are in the queue, whichever time they came."""
        return self.accepted + self.known


def put(tx: Connection, vault: Vault, file: str, outcome: FileOutcome, report: bytes) -> None:
    """Keep what became of a file and its report, in the place of what was kept before."""
    values = {"file": file, **asdict(outcome), "state": outcome.state.value}
    seal = vault.rows.seal(FILE_OUTCOMES.name, sealed_values(values))
    sealed = vault.seal(pack_large(report), place=report_place(file))
    # The looks refer to the row, which therefore is changed and not put in anew.
    changed = tx.execute(FILE_OUTCOMES.update().where(FILE_OUTCOMES.c.file == file), {**values, "seal": seal})
    if not changed.rowcount:
        tx.execute(insert(FILE_OUTCOMES), {**values, "seal": seal})
    # Of the former report nothing is left, its key included.
    tx.execute(delete(FILE_REPORTS).where(FILE_REPORTS.c.file == file))
    kept = {"file": file, "ciphertext": sealed.ciphertext, "wrapped_key": sealed.wrapped_key}
    tx.execute(insert(FILE_REPORTS), kept)


def note_look(tx: Connection, seals: RowSeals, look: str, file: str) -> None:
    """Keep under which name a file lies, so that the next list knows it without reading it."""
    # Another file may lie there by now whose size and time are the same: the last one that was read counts.
    tx.execute(delete(FILE_LOOKS).where(FILE_LOOKS.c.look == look))
    tx.execute(insert(FILE_LOOKS), {"look": look, "file": file, "seal": seals.seal(FILE_LOOKS.name, [look, file])})


def outcome_of(reading: Connection, seals: RowSeals, file: str) -> FileOutcome | None:
    """Return what became of a file; None where nobody took it in, or where the row is not as it was written."""
    row = reading.execute(select(FILE_OUTCOMES).where(FILE_OUTCOMES.c.file == file)).one_or_none()
    return None if row is None else _outcome(seals, row)


def outcomes_by_look(reading: Connection, seals: RowSeals, looks: Sequence[str]) -> dict[str, FileOutcome]:
    """Return what became of the files with these looks; of one that was never met there is nothing."""
    found: dict[str, FileOutcome] = {}
    for some in _parts(looks):
        # The two seals bear the same name in both tables.
        joined = select(FILE_LOOKS.c.look, FILE_LOOKS.c.seal.label("bound"), FILE_OUTCOMES).join_from(
            FILE_LOOKS, FILE_OUTCOMES
        )
        for row in reading.execute(joined.where(FILE_LOOKS.c.look.in_(some))):
            outcome = _outcome(seals, row)
            if outcome is not None and is_bound(seals, row.look, row.file, row.bound):
                found[row.look] = outcome
    return found


def report_of(reading: Connection, vault: Vault, file: str) -> bytes | None:
    """Return the report of a file; None where none is kept. Raises SealBroken."""
    row = reading.execute(select(FILE_REPORTS).where(FILE_REPORTS.c.file == file)).one_or_none()
    if row is None:
        return None
    return unpack(vault.unseal(Sealed(row.ciphertext, row.wrapped_key), place=report_place(file)))


def forget(tx: Connection, before: datetime) -> list[str]:
    """Remove what became of files before that moment, with reports and looks; return the pseudonyms of the files."""
    files = list(tx.scalars(select(FILE_OUTCOMES.c.file).where(FILE_OUTCOMES.c.taken_at < before)))
    for some in _parts(files):
        # The outcome last: the others refer to it.
        for own in (FILE_REPORTS, FILE_LOOKS, FILE_OUTCOMES):
            tx.execute(delete(own).where(own.c.file.in_(some)))
    return files


def report_place(file: str) -> Place:
    """Return the place of a report."""
    return Place(FILE_REPORTS.name, "ciphertext", file, 1)


def sealed_values(row: Mapping[Any, Any]) -> list[Plain]:
    """Return the values of a row that are sealed, in the order in which they are."""
    return [*(row[name] for name in _SEALED), to_microseconds(row["taken_at"])]


def check_outcome(seals: RowSeals, row: Row[Any]) -> None:
    """Raise RowSealBroken unless the terminal wrote the row."""
    seals.check(FILE_OUTCOMES.name, row.file, sealed_values(row._mapping), row.seal)  # noqa: SLF001  # It is public; the underscore only keeps it apart from columns.


def is_bound(seals: RowSeals, look: str, file: str, seal: object) -> bool:
    """Tell whether the terminal wrote that a file was met under this look."""
    try:
        seals.check(FILE_LOOKS.name, look, [look, file], seal)
    except RowSealBroken:
        return False
    return True


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut many names into parts that one statement can ask for."""
    return (names[first : first + _AT_ONCE] for first in range(0, len(names), _AT_ONCE))


def _outcome(seals: RowSeals, row: Row[Any]) -> FileOutcome | None:
    try:
        check_outcome(seals, row)
        state = FileState(row.state)
    except (RowSealBroken, ValueError):
        # `log verify --tables` names the row; until people have looked, the file counts as not taken in.
        return None
    counts = (row.accepted, row.known, row.refused, row.errors, row.warnings)
    return FileOutcome(state, *counts, row.code, row.taken_by, row.taken_at)
