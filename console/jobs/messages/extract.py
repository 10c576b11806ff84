"""Writing a message out (書出し) as a record file, in the form that `import` and `revise` read.

The file holds personal data in clear, as the file that the message came in did. Only people who may correct messages
can write one, only its owner can read it (mode 0600), and the log records each one among what was exported.
"""

from pathlib import Path

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


def write_out(terminal: Terminal, session: Session, number: int, file: Path, *, address: bool = False) -> None:
    """Write the message as the only record of the new file `file` (`.jsonl` or `.csv`), byte for byte as stored.

    With `address` also where the address of the person is hidden; without it AddressHidden is raised. Raises
    RightMissing, FileSuffixUnknown, MessageMissing, ContentErased, SealBroken, FileExists, FileUnwritable.
    """
    admit(terminal, session, Right.ENTER)
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
