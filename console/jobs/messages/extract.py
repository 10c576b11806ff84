"""Writing a message out (書出し) as a record file of the kind that `import` and `revise` read.

The file holds personal data in the clear, as the one that it came in did: it is its owner's alone (mode 0600), for
whoever may correct messages, and each one is in the log among what was printed and exported.
"""

from pathlib import Path

from console.files import new_file
from console.jobs.admission import admit
from console.session import Session
from console.terminal import Terminal
from store import queue
from store.log import Event
from store.message.canonical import decode
from store.message.codes import Kind
from store.message.files.writing import check_suffix, write_records
from store.rights import Right


def write_out(terminal: Terminal, session: Session, number: int, file: Path) -> None:
    """Write the message as the only record of the new file `file` (`.jsonl` or `.csv`), byte for byte as it is kept.

    Raises RightMissing, FileSuffixUnknown, MessageMissing, ContentErased, SealBroken, FileExists, FileUnwritable.
    """
    admit(terminal, session, Right.ENTER)
    check_suffix(file.name)
    with new_file(file) as stream:
        # The entry stands before the file does: a file that did not come to be may be in the log, one that did must be.
        with terminal.database.writing() as tx:
            row = queue.get(tx, number)
            record = decode(queue.content_of(tx, terminal.vault, row))
            terminal.log.append(tx, Event.MESSAGE_EXPORTED, actor=session.person_id, session=session.id, object=row.uid)
        write_records(stream, file.name, [record], kinds=[Kind(row.kind)])
