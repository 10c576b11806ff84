"""The source of the terminal's key, as the settings name it."""

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
    """Return the source that the settings of the terminal at `home` name; only a passphrase uses `parts`."""
    directory = home / KEYS
    match KeySourceName(settings.keys.source):
        case KeySourceName.HOME:
            return KeyFile(directory)
        case KeySourceName.FILE:
            # The key must not lie beside the database: a copy of that directory would hold both. A database on a server
            # (None) is elsewhere in any case.
            database = settings.database_file(home)
            apart_from = None if database is None else database.parent
            return KeyElsewhere(directory, Path(settings.keys.file), apart_from=apart_from)
        case KeySourceName.CREDENTIAL:
            # systemd names the directory of its credentials in this variable (systemd.exec(5)). The environment holds
            # only the place, never the key.
            return Credential(directory, os.environ.get(CREDENTIALS_VARIABLE), settings.keys.credential)
        case KeySourceName.PASSPHRASE:
            return Passphrase(directory, parts)


def read_kept_key(file: Path, parts: PassphraseParts | None) -> bytes:
    """Return the key that the custodian kept apart: in a file, as a credential, or wrapped under two parts.

    Raises a KeyFileFault.
    """
    # systemd may hand a credential over as root's file with a mode that `read_whole_key_file` refuses as exposed.
    credentials = os.environ.get(CREDENTIALS_VARIABLE)
    if credentials is not None and file.parent == Path(credentials):
        return read_credential(file)
    raw = read_whole_key_file(file, most=_LONGEST)
    # A bare key is exactly that long; a wrapped one is longer, since it also carries salt, parameters and tag.
    return raw if len(raw) == KEY_BYTES else open_wrapped(raw, file.name, parts).current
