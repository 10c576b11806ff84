"""The reference agency (模擬の相手先): run it, put notices there, ask what it holds.

It is the other side of the line and shares nothing with a terminal: nobody logs on, and no entry is written to a log.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from transport import agency
from transport.agency import Holdings, Posted
from transport.errors import AgencyNoticeMalformed


def serve(home: Path, *, ready: Callable[[str, int], None], stop: threading.Event) -> None:
    """Serve until `stop` is set; `ready` gets address and port once terminals can connect.

    Raises AgencyMissing, AgencyBusy, AgencyPortTaken, AgencyUnsafe, AgencyVersionUnknown, IdentityFault leaves.
    """
    agency.serve(home, ready=ready, stop=stop)


def post(home: Path, file: Path) -> Posted:
    """Put the notices of a record file, all or none, into the feeds of the terminals that they concern.

    Raises AgencyNoticeMalformed, AgencyNoticeChanged, AgencyTerminalUnknown, AgencyMissing, and a FileFault.
    """
    return agency.post(home, _notices(file))


def received(home: Path) -> Holdings:
    """Return what the agency holds. Raises AgencyMissing."""
    return agency.received(home)


def _notices(file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the records of a record file. Raises AgencyNoticeMalformed at a line that holds none, and a FileFault."""
    # Only `post` reads records: `serve`, for which a rehearsal waits, starts about 40 ms sooner without their rules.
    from store.message.files.reading import read_records

    for line in read_records(file, file.name):
        if line.record is not None:
            yield line.record
        elif not line.remark:
            raise AgencyNoticeMalformed(line=str(line.line), field=line.findings[0].field)
