"""Wrong parts slow down: each attempt is counted, and the count durable, before the parts are looked at."""

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
_FILE_BYTES: Final = 128


class _Count(NamedTuple):
    """Failures in a row, when the last attempt was, and how many failures no entry of the log tells of yet."""

    failures: int = 0
    untold: int = 0
    last: datetime | None = None

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read what `to_bytes` gave; nothing where the file is new, or was cut off by a power failure."""
        try:
            told: Any = json.loads(raw)
            return cls(int(told["failures"]), int(told["untold"]), datetime.fromisoformat(told["at"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def to_bytes(self) -> bytes:
        """Return what stands in the file, always of one length."""
        at = clock.to_text(self.last) if self.last else ""
        return json.dumps({"failures": self.failures, "untold": self.untold, "at": at}).encode().ljust(_FILE_BYTES)


class Slowdown:
    """Counts attempts in `file`. Whoever may delete it can also copy the wrapped key: there Argon2id alone protects.

    The log is not open while parts are refused: what it has to be told is counted here until it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, now: datetime) -> None:
        """Count an attempt as a failure. Raises KeyPartsTooSoon (seconds still to wait); then it does not count."""
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            waited = max((now - count.last).total_seconds(), 0.0) if count.last else 0.0
            left = _wait_seconds(count.failures) - waited
            if left > 0:
                raise KeyPartsTooSoon(seconds=max(round(left), 1))
            self._keep(handle, _Count(count.failures + 1, count.untold + 1, now))
        sync_directory(self._file.parent)

    def succeed(self) -> None:
        """Note that the attempt just counted was none of the failures, after the right parts."""
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            self._keep(handle, count._replace(failures=0, untold=max(count.untold - 1, 0)))

    @property
    def untold(self) -> int:
        """How many failures no entry of the log tells of yet."""
        try:
            return _Count.read(self._file.read_bytes()).untold
        except FileNotFoundError:
            return 0

    def tell(self, told: int) -> None:
        """Note that an entry, which is durable, tells of so many."""
        with self._counting() as handle:
            count = _Count.read(os.read(handle, _FILE_BYTES))
            self._keep(handle, count._replace(untold=max(count.untold - told, 0)))

    @contextmanager
    def _counting(self) -> Iterator[int]:
        handle = self._locked()
        # Who waited for the lock while the file went away would count where nobody looks.
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
        if not count.failures and not count.untold:
            self._file.unlink()
            return
        os.pwrite(handle, count.to_bytes(), 0)
        os.fsync(handle)


def _wait_seconds(failures: int) -> int:
    """10 s after the fifth failure, doubled with each one more, up to an hour: nobody is shut out for good."""
    if failures < FREE_ATTEMPTS:
        return 0
    return min(FIRST_WAIT_SECONDS << min(failures - FREE_ATTEMPTS, 20), LONGEST_WAIT_SECONDS)
