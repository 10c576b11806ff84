"""What became of a file. This module imports nothing heavy, because screens name the states before any database."""

from enum import StrEnum


class FileState(StrEnum):
    """What became of a file, as one word. The values are stored, so they stay as they are."""

    WAITING = "waiting"  # 未取込: nobody took it in; no row says so.
    TAKEN = "taken"  # 取込済: all of its records are in the queue.
    PARTLY = "partly"  # 一部取込: the good ones are, and others have errors.
    REFUSED = "refused"  # 拒否: no record of it came in.
