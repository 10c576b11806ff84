"""The journal of systemd, where there is one: it gets a copy of each technical record, for whoever watches the machine.

The journal takes one datagram an entry, of lines `FIELD=value` (systemd, "Native Journal Protocol"). No library is
needed, and nothing waits: what the journal does not take at once is in the terminal's own file all the same.
"""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

SOCKET: Final = Path("/run/systemd/journal/socket")
_IDENTIFIER: Final = "renkei"
# As syslog counts (RFC 5424): an error.
_PRIORITY: Final = 3


def write_to_journal(incident: str, text: str) -> None:
    """Give the journal the record `text`, which holds no value that anybody entered, under its `incident` number."""
    fields = {
        "PRIORITY": str(_PRIORITY),
        "SYSLOG_IDENTIFIER": _IDENTIFIER,
        "RENKEI_INCIDENT": incident,
        "MESSAGE": f"{incident} {text}",
    }
    # A line end would begin another field.
    entry = "".join(f"{name}={' '.join(value.split())}\n" for name, value in fields.items())
    # No journal, one that is full or being restarted: none of this may be a failure on top of the one to record.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.setblocking(False)  # noqa: FBT003  # The name of the call says what is set.
        journal.sendto(entry.encode("utf-8", "replace"), str(SOCKET))
