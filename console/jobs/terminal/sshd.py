"""The rules of sshd for operators who work over SSH, as the sshd of this machine understands them."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.configuration.machine import Machine, settings_of
from console.configuration.sshd import CLOSES_IDLE, rules
from console.errors import CredentialShutOut, RootShutOut
from console.files import new_file
from console.settings import KeySourceName

# Not the caller's PATH: an ordinary account has none of these directories in it.
_PLACES: Final = "/usr/sbin:/usr/local/sbin:/sbin"
_VERSION: Final = re.compile(rb"OpenSSH_([0-9]+)\.([0-9]+)")
_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """The text of the rules, and the version of the machine's OpenSSH; None where there is none to ask."""

    text: str
    version: tuple[int, int] | None


def make(home: Path) -> Rules:
    """Return the rules for the account of the terminal at `home`.

    Raises RootShutOut, CredentialShutOut, AccountNameless or a SettingsFault.
    """
    settings = settings_of(home)
    machine = Machine.of(home)
    # The rules would shut the machine's administrators in the console.
    if home.stat().st_uid == 0:
        raise RootShutOut(path=str(home))
    if settings.keys.source == KeySourceName.CREDENTIAL:
        raise CredentialShutOut
    version = _installed()
    # Where they are made for another machine, it is taken to be of today; the text names the version that it needs.
    return Rules(rules(settings, machine, version or CLOSES_IDLE), version)


def write(made: Rules, file: Path) -> None:
    """Write the rules as a new file. Raises FileExists, FileUnwritable, DiskFull, DiskFailed."""
    with new_file(file) as stream:
        stream.write(made.text.encode())
    # Nothing in them is secret, and those who log on may know what holds for them.
    file.chmod(0o644)


def _installed() -> tuple[int, int] | None:
    program = shutil.which("sshd", path=_PLACES)
    if program is None:
        return None
    try:
        # An older one knows no such option, and names its version in the complaint.
        asked = subprocess.run([program, "-V"], capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603  # The machine's own sshd; nothing that anybody entered.
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(asked.stdout + asked.stderr)
    return (int(found[1]), int(found[2])) if found else None
