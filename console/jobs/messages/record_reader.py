"""Reading and checking the records of a file, in this process or in one beside it.

Reading and checking is half of what a file costs, and it holds the interpreter lock. For a large file another process
does it, while this one seals and stores. It gets no key and touches no database. It ends by itself when this process
ends in whatever way, and when it is lost, this process reads on.
"""

import gc
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import datetime
from fcntl import F_SETPIPE_SZ, fcntl
from io import BytesIO
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple, Self

from console.configuration.layout_text import LayoutText
from console.jobs.messages.candidates import Candidate
from store.message.checks.checking import check
from store.message.checks.rules import Finding
from store.message.files.reading import Read, read_records
from store.message.groups import Record, value_at
from store.message.states import Direction
from store.message.table_files import laid_over, lay_over

# Starting a process takes as long as reading and checking some thousands of records.
_LARGE_BYTES: Final = 4 * 2**20
_AT_ONCE: Final = 200
# A person recognises a value by its beginning.
_LONGEST_VALUE: Final = 60
# How far the process may be ahead: about a portion. It is the most that Linux gives without privileges.
_AHEAD_BYTES: Final = 2**20
_PROGRAM: Final = f"import sys; from {__name__} import serve; serve(*sys.argv[1:])"


class PlainFinding(NamedTuple):
    """A finding as plain values, with the beginning of what the field holds."""

    field: str
    rule: str
    facts: dict[str, str]
    value: str = ""


class CheckedRecord(NamedTuple):
    """A record of a file: its line, the bytes of the file up to its end, and what was found.

    Either a candidate, and `findings` are its warnings; or no candidate, and they are the errors. A `remark` is no
    record: its findings are warnings about the file as a whole. `reference` is that of the record, as far as it states
    one.
    """

    line: int
    offset: int
    candidate: Candidate | None
    findings: tuple[PlainFinding, ...]
    remark: bool = False
    reference: str = ""

    def warned(self, finding: PlainFinding) -> Self:
        """Return the record with one warning more, unless it has that one from an earlier look."""
        if finding in self.findings or self.candidate is None:
            return self
        candidate = self.candidate._replace(warnings=self.candidate.warnings + 1)
        return self._replace(candidate=candidate, findings=(*self.findings, finding))


class RecordFile(NamedTuple):
    """A file to read, by which layout, and by what to check it: the municipality with its 宛名番号, and the moment.

    The tables are those of this process: another one is told what lies over them.
    """

    path: Path
    municipality: str
    now: datetime
    subject_digits: int = 0
    layout: LayoutText | None = None


class Portions:
    """Cuts the records of a file into portions, one record ahead, so that the last portion is known as the last.

    `offset` is the number of bytes of the file up to the end of the last portion.
    """

    def __init__(self, records: Iterator[CheckedRecord]) -> None:
        self._records = records
        self._ahead = next(records, None)
        self.offset = 0

    @property
    def over(self) -> bool:
        """Whether no record follows."""
        return self._ahead is None

    def next(self, most: int) -> list[CheckedRecord]:
        """Return at most so many records."""
        portion: list[CheckedRecord] = []
        while self._ahead is not None and len(portion) < most:
            portion.append(self._ahead)
            self.offset = self._ahead.offset
            self._ahead = next(self._records, None)
        return portion


def read_checked(file: RecordFile, size: int) -> Generator[CheckedRecord, None, None]:
    """Yield the records of a file of about `size` bytes, checked. Close it in the end. Raises a FileFault."""
    done = 0
    if size >= _LARGE_BYTES:
        with ReaderProcess(file) as process:
            for record in process:
                done += 1
                yield record
        if process.complete:
            return
    # Doing the work here gives the caller the real error, if there was one.
    yield from islice(check_records(file), done, None)


def check_records(file: RecordFile) -> Iterator[CheckedRecord]:
    """Yield the records of a file, read and checked in this process. Raises a FileFault."""
    layout = None if file.layout is None else file.layout.parsed()
    for read in read_records(file.path, file.path.name, layout):
        yield _checked(read, file)


def _checked(read: Read, file: RecordFile) -> CheckedRecord:
    if read.record is None:
        return CheckedRecord(read.line, read.offset, None, _plain(read.findings), read.remark)
    checked = check(
        read.record,
        municipality=file.municipality,
        now=file.now,
        direction=Direction.OUT,
        subject_digits=file.subject_digits,
    )
    if checked.message is None:
        stated = _stated(read.record, "reference")
        return CheckedRecord(read.line, read.offset, None, _plain(checked.errors, read.record), reference=stated)
    # All findings are warnings here.
    candidate = Candidate.of(checked.message, warnings=len(checked.findings))
    warnings = _plain(checked.findings, read.record)
    return CheckedRecord(read.line, read.offset, candidate, warnings, reference=candidate.reference)


def _plain(findings: tuple[Finding, ...], record: Record | None = None) -> tuple[PlainFinding, ...]:
    return tuple(
        PlainFinding(finding.field, finding.rule, dict(finding.facts), _stated(record or {}, finding.field))
        for finding in findings
    )


def _stated(record: Record, field: str) -> str:
    """Return the beginning of what a record holds in a field; nothing of a whole group."""
    value = value_at(record, field)
    return str(value)[:_LONGEST_VALUE] if isinstance(value, str | int | float) else ""


class ReaderProcess:
    """Yields the records that a process beside this one reads and checks; `complete` tells whether all came."""

    def __init__(self, file: RecordFile) -> None:
        self.complete = False
        ours, theirs = os.pipe()
        with suppress(OSError):
            fcntl(theirs, F_SETPIPE_SZ, _AHEAD_BYTES)
        self._connection = Connection(ours, writable=False)
        given = [file.municipality, file.now.isoformat(), str(file.subject_digits)]
        # The content and not the name: this process may have chosen what its file held before somebody changed it.
        given += [] if file.layout is None else [*file.layout]
        arguments = [str(theirs), os.fspath(file.path.absolute()), *given]
        tables = json.dumps(dict(laid_over())).encode()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # Our own module, and arguments that are no commands.
                # -I: neither the working directory nor PYTHON* variables may put other code into the process.
                [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, *arguments],
                pass_fds=[theirs],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl+C and hang-up of our terminal are meant for this process.
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        # Gone already, it sends nothing, and this process does the rest.
        with suppress(OSError), self._process.stdin or BytesIO() as stdin:
            stdin.write(tables)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # It has nothing to put in order.
        self._process.kill()
        self._process.wait()
        self._connection.close()

    @property
    def process_id(self) -> int:
        """The id of the process."""
        return self._process.pid

    def __iter__(self) -> Iterator[CheckedRecord]:
        with suppress(EOFError, OSError):
            while records := pickle.loads(self._connection.recv_bytes()):  # noqa: S301  # From our own process.
                yield from records
            self.complete = True


def serve(handle: str, path: str, municipality: str, now: str, subject_digits: str, *layout: str) -> None:
    """Send the checked records of a file through the pipe `handle`, and an empty list after the last.

    What lies over the tables comes through standard input: the file is checked as the terminal checks everything. An
    error is not sent: the pipe then ends without that list, and the other side does the rest itself.
    """
    # Before the first record: the tables decide what is a fault.
    lay_over(json.load(sys.stdin.buffer))
    chosen = LayoutText(*layout) if layout else None
    moment = datetime.fromisoformat(now)
    records = check_records(RecordFile(Path(path), municipality, moment, int(subject_digits), chosen))
    # Records hold no cycles, and the collector would walk over them again and again.
    gc.disable()
    with Connection(int(handle), readable=False) as connection:
        while some := list(islice(records, _AT_ONCE)):
            connection.send_bytes(pickle.dumps(some))
            gc.collect(0)
        connection.send_bytes(pickle.dumps([]))
