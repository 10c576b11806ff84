"""From the settings to the source of the terminal's key."""

import os
from pathlib import Path
from typing import Final

from console.settings import KeySourceName, Settings
from store.sealing.keyfile import read_whole_key_file
from store.sealing.sources import KeySource, PassphraseParts
from store.sealing.sources.credential import Credential, read_credential
from store.sealing.sources.file import KeyElsewhere, KeyFile
from store.sealing.sources.passphrase import Passphrase, open_wrapped
from store.sealing.sources.source import KEY_BYTES

KEYS: Final = Path("keys")
CREDENTIALS_VARIABLE: Final = "CREDENTIALS_DIRECTORY"
_LONGEST: Final = 4096


def key_source(settings: Settings, home: Path, parts: PassphraseParts | None = None) -> KeySource:
    """Return the source that the settings of the terminal at `home` name; `parts` are for a passphrase alone."""
    directory = home / KEYS
    match KeySourceName(settings.keys.source):
        case KeySourceName.HOME:
            return KeyFile(directory)
        case KeySourceName.FILE:
            database = settings.database_file(home)
            apart_from = None if database is None else database.parent
            return KeyElsewhere(directory, Path(settings.keys.file), apart_from=apart_from)
        case KeySourceName.CREDENTIAL:
            return Credential(directory, os.environ.get(CREDENTIALS_VARIABLE), settings.keys.credential)
        case KeySourceName.PASSPHRASE:
            return Passphrase(directory, parts)


def read_kept_key(file: Path, parts: PassphraseParts | None) -> bytes:
    """Return the key that the custodian kept apart: as a file, as a credential, or wrapped under two parts.

    Raises a KeyFileFault.
    """
    credentials = os.environ.get(CREDENTIALS_VARIABLE)
    if credentials is not None and file.parent == Path(credentials):
        return read_credential(file)
    raw = read_whole_key_file(file, most=_LONGEST)
    return raw if len(raw) == KEY_BYTES else open_wrapped(raw, file.name, parts).current
