"""How a session can end. It stands alone, so that what is drawn first imports nothing heavy with it."""

from enum import StrEnum


class Ending(StrEnum):
    """Why a session ended, as the session and the log record it."""

    LOGGED_OFF = "log_off"
    IDLE = "idle"
    HANG_UP = "hang_up"
    SIGNAL = "signal"
    CRASH = "crash"
