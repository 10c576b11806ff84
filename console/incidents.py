"""The technical log: what failed and where, under a number that people are told; no value of anything is in it."""

import os
import secrets
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

TECHNICAL_LOG: Final = Path("log") / "technical.log"


def record_incident(home: Path | None, error: BaseException) -> str:
    """Write down where the program failed, without any value, and return the incident number for the screen.

    The record holds the time, the types of the errors in the chain and the code locations. Messages and local
    variables stay out: they may hold personal data. When the record cannot be written, the number is still given.
    """
    return _record(home, _outline(error))


def record_refusal(home: Path, code: str, incident: str) -> str:
    """Write down that the peer refused something with `code` and recorded it as `incident`; return our own number.

    Both are names on the wire (PROTOCOL.md, 1): letters and digits, checked where they came in.
    """
    return _record(home, f"refused by the peer [{code}], which recorded it as {incident}")


def _record(home: Path | None, told: str) -> str:
    number = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    if home is not None:
        # The disk may be the very thing that failed; the person still gets a number to report.
        with suppress(OSError):
            _append_line(home / TECHNICAL_LOG, f"{number} {told}\n")
    return number


def _outline(error: BaseException) -> str:
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = traceback.extract_tb(link.__traceback__)
        where = " < ".join(f"{_module(frame.filename)}:{frame.lineno}" for frame in reversed(frames[-12:]))
        # Of the class alone: an instance's own `code` may be anything, such as the text that a program exits with.
        code = getattr(type(link), "code", "")
        name = type(link).__name__ + (f"[{code}]" if isinstance(code, str) and code.isidentifier() else "")
        parts.append(f"{name} at {where or '?'}")
        link = link.__cause__ or link.__context__
    return " | ".join(parts)


def _module(filename: str) -> str:
    path = Path(filename)
    return f"{path.parent.name}/{path.stem}"


def _append_line(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    told = line.encode("utf-8", "replace")
    try:
        size = os.fstat(handle).st_size
        if os.write(handle, told) < len(told):
            # The disk is full: half a record would make the next one unreadable as well.
            os.ftruncate(handle, size)
    finally:
        os.close(handle)
