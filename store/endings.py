"""How a session can end.

The enum has a module to itself because the login screen needs it, and that screen is painted before anything heavy is
imported.
"""

from enum import StrEnum


class Ending(StrEnum):
    """Why a session ended, as the session and the log record it."""

    LOGGED_OFF = "log_off"
    IDLE = "idle"
    HANG_UP = "hang_up"
    SIGNAL = "signal"
    # Two persons decided that the ID may no longer log on, or has other roles now.
    TAKEN_AWAY = "taken_away"
    # The same person logged on at another screen: nobody has two.
    ELSEWHERE = "elsewhere"
    # The program failed, or it was killed and the next start closed what it had left open.
    CRASH = "crash"
