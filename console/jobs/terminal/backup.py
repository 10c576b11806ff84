"""Backups (控え): everything a terminal consists of except the key that opens it, sealed under that key.

A backup is one snapshot of the database with the terminal's other keys and its settings, made while work goes on. It is
worthless without the terminal's own key, of which the custodian keeps a copy apart. It is restored into an empty
directory, where the log, the receipts and every content are verified before the terminal appears there. A row that does
not agree with the log is told: no job decides on it, but the others must not be lost on its account.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import Connection

from console.configuration.layout_text import LAYOUTS
from console.configuration.rehearsal_people import REHEARSAL_FILE
from console.errors import BackupUnfit, BackupUnreadable
from console.files import drafted, new_file, reason_of
from console.jobs import checkpoints
from console.jobs.admission import admit
from console.jobs.exchange.kept_bytes import label_of, replaced_bytes
from console.jobs.intents import intended
from console.jobs.log import tables
from console.jobs.peers import register
from console.jobs.terminal.overlays import TABLES
from console.keysource import KEYS, key_source, read_kept_key
from console.session import Session
from console.settings import FILE_NAME, Settings
from console.terminal import LINE_KEYS, Terminal, queue_name
from store import clock, dump, migrations, queue
from store.comparison import Comparison
from store.database import Database
from store.errors import LogBroken
from store.log import Event, Occasion, newest
from store.message.states import Direction
from store.rights import Right
from store.sealing.keyfile import write_key_file
from store.sealing.sealedfile import SealedWriter, read_head, read_pieces
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.vault import Vault, backup_key
from transport.evidence.receipts import ReceiptVerifier
from transport.parties.authority import Use
from transport.parties.identity import Identity

_FORMAT: Final = "renkei-backup/1"
_FILES: Final = (FILE_NAME, REHEARSAL_FILE)
# Takes the place of a file name for the former key, which a backup holds while the terminal's key is being changed.
_FORMER_KEY: Final = "former-key"
_END_OF_FILES: Final = b"[]\n"
_PORTION: Final = 1000


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A finished backup: its file, and the number of the log's newest entry when it was begun."""

    file: Path
    entries: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A restored terminal: how many log entries, contents and receipts were verified, and what its tables hold."""

    home: Path
    entries: int
    contents: int
    receipts: int
    tables: Comparison


def back_up(terminal: Terminal, session: Session, file: Path) -> BackedUp:
    """Write a backup to the new file `file` (mode 0600). Raises RightMissing, FileExists, FileUnwritable."""
    admit(terminal, session, Right.SETTINGS)
    with intended(terminal, session, Event.BACKUP_MAKING, {}) as intent, new_file(file) as stream:
        _write(terminal, stream)
    return BackedUp(file, intent.seq)


def restore(
    file: Path,
    home: Path,
    key_file: Path,
    *,
    owner_url: str | None = None,
    parts: PassphraseParts | None = None,
    drill: bool = False,
) -> Restored:
    """Restore the terminal in the backup `file` to `home`, which must be empty, with its key from `key_file`.

    The key is installed where the terminal's settings say. `parts` open it if it is wrapped, and wrap it there. For a
    `drill` the terminal becomes a copy that never exchanges: its log says so for ever, and it gets keys for the line
    that no peer knows. Raises
    KeyFileFaults, HomeNotEmpty, HomeUnwritable, BackupUnreadable, SealedFileBroken (another key, or a changed file),
    BackupUnfit (of another version of the program), DatabaseExists, LogBroken, SealBroken, ReceiptFault, RowOutdated
    (bytes that are not those of their message); nothing is
    left at `home` then.
    """
    key = read_kept_key(key_file, parts)
    with _opened(file) as stream:
        # The head is readable without the key. Nothing is trusted yet: the pieces below are bound to it, so a changed
        # head makes the first of them fail.
        revision = read_head(stream).get("revision")
        if revision != migrations.HEAD:
            raise BackupUnfit(found=str(revision), known=migrations.HEAD)
        stream.seek(0)
        lines = _lines(read_pieces(stream, backup_key(key)))
        with drafted(home) as draft:
            # In the order of the file: the settings come first, and name the database and the source of the key.
            former = _restore_files(draft, lines, without=LINE_KEYS if drill else None)
            settings = Settings.load(draft)
            source = key_source(settings, draft, parts)
            with source.provisional():
                source.install(key, former)
                if drill:
                    _make_other_line_keys(draft, settings, source)
                with closing(Database.create(settings.database_url(draft), owner_url=owner_url)) as database:
                    _load(database, lines)
                return _verified(draft, home, parts, Event.BACKUP_DRILLED if drill else Event.BACKUP_RESTORED)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def _write(terminal: Terminal, stream: BinaryIO) -> None:
    with ExitStack() as blocks:
        with terminal.database.writing():
            # Neither a row nor a key can change during this block, so the snapshot and the key files that are read here
            # belong together. The dump itself follows outside of it, and keeps nobody waiting.
            terminal.vault.renew()
            reading = blocks.enter_context(terminal.database.reading())
            entries = newest(reading)
            files = list(_files(terminal))
        head = {
            "format": _FORMAT,
            "terminal": terminal.settings.terminal.id,
            "made_at": clock.to_text(clock.now()),
            "revision": migrations.HEAD,
            "entries": entries,
        }
        writer = SealedWriter(stream, terminal.vault.backup_key, head)
        for name, content in files:
            writer.write(json.dumps([name, b64encode(content).decode("ascii")]).encode() + b"\n")
        # Marks where the files end and the rows begin; no file is named by an empty list.
        writer.write(_END_OF_FILES)
        for line in dump.lines(reading):
            writer.write(line)
        writer.close()


def _files(terminal: Terminal) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a terminal: settings, tables, layouts, all keys except its own; also its former key."""
    home, source = terminal.home, terminal.key_source
    below = chain.from_iterable(sorted((home / folder).rglob("*")) for folder in (TABLES, LAYOUTS, KEYS))
    for path in (*(home / name for name in _FILES), *below):
        # A leading dot marks a draft, which belongs to a write under way.
        if path.is_file() and path not in source.own_files and not path.name.startswith("."):
            yield path.relative_to(home).as_posix(), path.read_bytes()
    # Rows in the snapshot may still be wrapped under the former key, and nobody but the terminal has it.
    former = source.read().former
    if former is not None:
        yield _FORMER_KEY, former


# ── Restoring ─────────────────────────────────────────────────────────────────────────────────────


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise BackupUnreadable(file=file.name, reason=reason_of(error)) from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # Line by line, so that restoring a big backup takes no more memory than a small one.
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)


def _restore_files(home: Path, lines: Iterator[bytes], *, without: Path | None) -> bytes | None:
    """Write the files, but for those in the directory `without`.

    Returns the former key if the terminal's key was being changed at the time of the backup.
    """
    former: bytes | None = None
    for line in lines:
        if line == _END_OF_FILES:
            break
        name, content = json.loads(line)
        if name == _FORMER_KEY:
            former = b64decode(content)
            continue
        # The name may be trusted: the pieces open only under the terminal's own key, so a terminal wrote it.
        path = home / name
        if without is not None and Path(name).is_relative_to(without):
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_key_file(path, b64decode(content))
        # Key files are read-only for their owner; what people edit is not.
        if path.parent in {home, home / TABLES, home / LAYOUTS}:
            path.chmod(0o600)
    return former


def _make_other_line_keys(home: Path, settings: Settings, source: KeySource) -> None:
    """Make keys for the line that the peer does not know: the real terminal's never lie in a copy."""
    cover = Vault.open(source, terminal_id=queue_name(settings, home)).cover
    Identity.create(home / LINE_KEYS, settings.terminal.id, Use.TERMINAL, cover=cover)


def _load(database: Database, lines: Iterator[bytes]) -> None:
    with database.writing() as tx:
        dump.load(tx, lines)


def _verified(draft: Path, home: Path, parts: PassphraseParts | None, event: Event) -> Restored:
    """Verify the terminal in `draft` that will be at `home`, and record `event` there."""
    # As a terminal that was opened, by the very code that will read it from now on.
    with Terminal.open(draft, parts) as terminal:
        done = _verify(terminal, home)
        _record(terminal, done, event)
    return done


def _verify(terminal: Terminal, home: Path) -> Restored:
    """Verify the log, every content and every receipt, which was given for that very message; compare the tables."""
    with terminal.database.reading() as reading:
        verification = terminal.log.verify(reading)
        if not verification.ok:
            raise LogBroken(first_bad=verification.first_bad or 0)
        contents = receipts = 0
        for numbers in _portions(reading):
            contents += len(queue.contents_of(reading, terminal.vault, numbers))
            receipts += _verify_receipts(terminal, reading, numbers)
    # A backup is as its database was: a row that somebody had edited there came along.
    compared = tables.compare_all(terminal, None, verification).tables
    return Restored(home, verification.entries, contents, receipts, compared)


def _portions(reading: Connection) -> Iterator[list[int]]:
    for direction in Direction:
        numbers = list(queue.ids(reading, queue.QueueFilter(direction)))
        yield from (numbers[start : start + _PORTION] for start in range(0, len(numbers), _PORTION))


def _verify_receipts(terminal: Terminal, reading: Connection, numbers: list[int]) -> int:
    verifier = ReceiptVerifier(register.versions(reading, terminal.vault.rows))
    verified, shipments = 0, queue.shipments_of(reading, numbers)
    for error in replaced_bytes(reading, queue.rows_of(reading, numbers), shipments).values():
        raise error
    for shipment in shipments.values():
        if shipment.receipt is not None:
            verifier.verify(shipment.receipt, label_of(shipment))
            verified += 1
    return verified


def _record(terminal: Terminal, done: Restored, event: Event) -> None:
    # What happened after the backup is missing from this log. The entry says so, and the signed checkpoint binds it.
    detail = {"entries": done.entries, "count": done.contents}
    with terminal.database.writing() as tx:
        terminal.log.append(tx, event, actor=None, session=None, detail=detail)
    checkpoints.make(terminal, Occasion.START)
