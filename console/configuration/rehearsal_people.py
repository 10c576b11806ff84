"""The people of a rehearsal world, whose PINs the login screen shows; no real terminal has their file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.errors import SettingsUnreadable

REHEARSAL_FILE: Final = "rehearsal.json"


@dataclass(frozen=True, slots=True)
class RehearsalPerson:
    """An invented person of a rehearsal world, whose PIN the login screen shows."""

    id: str
    roles: tuple[str, ...]
    pin: str


def rehearsal_people(home: Path) -> tuple[RehearsalPerson, ...]:
    """Return the people of the rehearsal world at `home`; none where there is no such file, as on every real terminal.

    Raises SettingsUnreadable.
    """
    path = home / REHEARSAL_FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError:
        raise SettingsUnreadable(path=str(path), line="?") from None
    try:
        return tuple(
            RehearsalPerson(str(person["id"]), tuple(map(str, person["roles"])), str(person["pin"]))
            for person in json.loads(raw)
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SettingsUnreadable(path=str(path), line="?") from None
