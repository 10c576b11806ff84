"""Wrong parts slow down: each attempt is counted, and the count durable, before the parts are looked at."""

import fcntl
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from store import clock
from store.errors import KeyPartsTooSoon
from store.keyfile import sync_directory

FREE_ATTEMPTS: Final = 5
FIRST_WAIT_SECONDS: Final = 10
LONGEST_WAIT_SECONDS: Final = 3600


class Slowdown:
    """Counts attempts in `file`. Whoever may delete it can also copy the wrapped key: there Argon2id alone protects."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, now: datetime) -> None:
        """Count an attempt as a failure. Raises KeyPartsTooSoon (seconds still to wait); then it does not count."""
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            failures, last = _counted(os.read(handle, 200))
            left = _wait_seconds(failures) - (max((now - last).total_seconds(), 0.0) if last else 0.0)
            if left > 0:
                raise KeyPartsTooSoon(seconds=max(round(left), 1))
            told = json.dumps({"failures": failures + 1, "at": clock.to_text(now)}).encode()
            os.pwrite(handle, told.ljust(100), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_directory(self._file.parent)

    def forget(self) -> None:
        """Forget the failures, after the right parts."""
        self._file.unlink(missing_ok=True)


def _counted(raw: bytes) -> tuple[int, datetime | None]:
    try:
        told: Any = json.loads(raw)
        return int(told["failures"]), datetime.fromisoformat(told["at"])
    except (ValueError, KeyError, TypeError):
        # New, or cut off by a power failure.
        return 0, None


def _wait_seconds(failures: int) -> int:
    """10 s after the fifth failure, doubled with each one more, up to an hour: nobody is shut out for good."""
    if failures < FREE_ATTEMPTS:
        return 0
    return min(FIRST_WAIT_SECONDS << min(failures - FREE_ATTEMPTS, 20), LONGEST_WAIT_SECONDS)
