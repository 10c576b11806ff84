"""The slowdown after wrong parts: each attempt is counted, durably, before the parts are tried."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from store import clock
from store.errors import KeyPartsTooSoon
from store.sealing.keyfile import sync_directory

FREE_ATTEMPTS: Final = 5
FIRST_WAIT_SECONDS: Final = 10
LONGEST_WAIT_SECONDS: Final = 3600
# The file always has one length, so that a shorter count never leaves the end of a longer one behind.
_FILE_BYTES: Final = 128


class _Count(NamedTuple):
    """Failures in a row, failures that no entry of the log records yet, and the time of the last attempt."""

    failures: int = 0
    unrecorded: int = 0
    last: datetime | None = None

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read the bytes of `to_bytes`; nothing is counted when the file is new or a power failure cut it off."""
        try:
            fields: Any = json.loads(raw)
            return cls(int(fields["failures"]), int(fields["untold"]), datetime.fromisoformat(fields["at"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def to_bytes(self) -> bytes:
        """Return the content of the file, always of one length."""
        at = clock.to_text(self.last) if self.last else ""
        fields = {"failures": self.failures, "untold": self.unrecorded, "at": at}
        return json.dumps(fields).encode().ljust(_FILE_BYTES)


class Slowdown:
    """Counts attempts in `file`. Somebody who can delete it can also copy the wrapped key; then only Argon2id protects.

    The log is closed while parts are refused, so the refusals are counted here until an entry records them.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, now: datetime) -> None:
        """Count an attempt as a failure. Raises KeyPartsTooSoon (seconds still to wait); then it does not count.

        It counts before the parts are tried, so that killing the process between wrong guesses gains nothing.
        """
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            waited = clock.seconds_between(count.last, now) if count.last else 0.0
            left = _wait_seconds(count.failures) - waited
            if left > 0:
                raise KeyPartsTooSoon(seconds=max(round(left), 1))
            self._keep(handle, _Count(count.failures + 1, count.unrecorded + 1, now))
        sync_directory(self._file.parent)

    def succeed(self) -> None:
        """Take back the attempt just counted and forgive the failures before it: the parts were right."""
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            self._keep(handle, count._replace(failures=0, unrecorded=max(count.unrecorded - 1, 0)))

    @property
    def unrecorded(self) -> int:
        """How many failures no entry of the log records yet."""
        try:
            return _Count.read(self._file.read_bytes()).unrecorded
        except FileNotFoundError:
            return 0

    def mark_recorded(self, number: int) -> None:
        """Note that a durable entry of the log records so many failures."""
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            self._keep(handle, count._replace(unrecorded=max(count.unrecorded - number, 0)))

    @contextmanager
    def _counting(self) -> Iterator[int]:
        handle = self._locked()
        # Another process may remove the file while this one waits for its lock. A count in a file without a name would
        # be lost.
        while os.fstat(handle).st_nlink == 0:
            os.close(handle)
            handle = self._locked()
        try:
            yield handle
        finally:
            os.close(handle)

    def _locked(self) -> int:
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle

    def _keep(self, handle: int, count: _Count) -> None:
        if not count.failures and not count.unrecorded:
            self._file.unlink()
            return
        os.pwrite(handle, count.to_bytes(), 0)
        os.fsync(handle)


def _wait_seconds(failures: int) -> int:
    """Return 10 s after the fifth failure, twice as much after each further one, up to an hour.

    There is no final lock-out: the terminal must open again for the two persons who know the parts.
    """
    if failures < FREE_ATTEMPTS:
        return 0
    return min(FIRST_WAIT_SECONDS << min(failures - FREE_ATTEMPTS, 20), LONGEST_WAIT_SECONDS)
