"""The technical log: what failed and where, under a number that people can report. It holds no values at all.

It lies in the terminal's directory, bounded, and the journal of systemd gets a copy of each record.
"""

import secrets
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final

from console.process.journal import write_to_journal
from store import clock
from transport.record_file import append_record

TECHNICAL_LOG: Final = Path("log") / "technical.log"


def record_incident(home: Path | None, error: BaseException) -> str:
    """Record where the program failed, without any value, and return the incident number for the screen.

    The record holds the time, the types of the errors in the chain and the places in the code. Messages and local
    variables stay out, since they may hold personal data. When the record cannot be written, a number is returned all
    the same.
    """
    return _record(home, _outline(error))


def record_refusal(home: Path, code: str, incident: str) -> str:
    """Record that the peer refused something with `code` and recorded it as `incident`; return our own number.

    Both are names on the wire (PROTOCOL.md, 1), letters and digits, which were checked when they came in: nothing that
    a peer writes can begin another line.
    """
    return _record(home, f"refused by the peer [{code}], which recorded it as {incident}")


def _record(home: Path | None, text: str) -> str:
    # The time is Japanese, as every time that people see. The random part keeps the numbers of one second apart, and
    # also those of several processes.
    number = f"{clock.now().astimezone(clock.JAPAN):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    if home is not None:
        # The disk may be the very thing that failed; the person still gets a number to report.
        with suppress(OSError):
            path = home / TECHNICAL_LOG
            path.parent.mkdir(mode=0o700, exist_ok=True)
            append_record(path, f"{number} {text}\n")
    write_to_journal(number, text)
    return number


def _outline(error: BaseException) -> str:
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    # An error can be its own cause by a detour; without `seen` the walk along the chain would never end.
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        parts.append(_outline_of_link(link))
        # Also where `from None` hides it from a traceback: what came before is what has to be mended.
        link = link.__cause__ or link.__context__
    return " | ".join(parts)


def _outline_of_link(link: BaseException) -> str:
    # The innermost places first, and only so many: a record is one line, and endless recursion has thousands.
    frames = traceback.extract_tb(link.__traceback__)
    where = " < ".join(f"{_module(frame.filename)}:{frame.lineno}" for frame in reversed(frames[-12:]))
    # Of the class, not of the instance, whose `code` may be anything, such as the text that a program exits with.
    code = getattr(type(link), "code", "")
    name = type(link).__name__ + (f"[{code}]" if isinstance(code, str) and code.isidentifier() else "")
    return f"{name} at {where or '?'}"


def _module(filename: str) -> str:
    # Not the whole path, which may hold the name of a person, as a home directory does.
    path = Path(filename)
    return f"{path.parent.name}/{path.stem}"
