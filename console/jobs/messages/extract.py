"""Writing a message out (書出し) as a record file, in the form that `import` and `revise` read.

The file holds personal data in clear, as the file that the message came in did. Only people who may correct messages
can write one, only its owner can read it (mode 0600), and the log records each one among what was exported.
"""

import re
from pathlib import Path
from typing import Final

from console.errors import AddressHidden
from console.files import new_file
from console.jobs.admission import admit
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.log import Event
from store.message.canonical import decode
from store.message.codes import Kind
from store.message.files.writing import check_suffix, write_records
from store.rights import Right

_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]")


def write_out(terminal: Terminal, session: Session, number: int, file: Path, *, address: bool = False) -> Path:
    """Write the message as the only record of the new file `file` (`.jsonl` or `.csv`), byte for byte as stored.

    In a directory the file is named after the message. Return its path.

    With `address` also where the address of the person is hidden; without it AddressHidden is raised. Raises
    RightMissing, FileSuffixUnknown, MessageMissing, ContentErased, SealBroken, FileExists, FileUnwritable.
    """
    admit(terminal, session, Right.ENTER)
    if file.is_dir():
        with terminal.database.reading() as reading:
            file /= _name_for(queue.get(reading, number).reference)
    # Before the entry is written: a wrong name would otherwise leave an entry for a file that cannot be.
    check_suffix(file.name)
    with new_file(file) as stream:
        # The entry is durable before the file appears. A recorded file may not exist, but an existing one is recorded.
        with terminal.database.writing() as tx:
            row = queue.get(tx, number)
            if not address and protection.is_protected(terminal, tx, row):
                raise AddressHidden(reference=row.reference)
            protection.note_shown(terminal, session, tx, row)
            record = decode(queue.content_of(tx, terminal.vault, row))
            terminal.log.append(tx, Event.MESSAGE_EXPORTED, actor=session.person_id, session=session.id, object=row.uid)
        write_records(stream, file.name, [record], kinds=[Kind(row.kind)])
    return file


def _name_for(reference: str) -> str:
    # A reference may hold what leads out of the directory, or what a shell takes for something else.
    return f"{_UNFIT.sub('_', reference).lstrip('.') or 'message'}.jsonl"
