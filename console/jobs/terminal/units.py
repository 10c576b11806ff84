"""Writing the units of systemd for the daily round of a terminal (`console.configuration.units`)."""

import pwd
import sys
from pathlib import Path

from console.configuration.units import Machine, units
from console.errors import TimersShutOut
from console.files import new_file
from console.settings import KeySourceName, Settings


def write(home: Path, directory: Path) -> list[Path]:
    """Write the units of the terminal at `home` as new files into `directory`, and return them.

    Raises TimersShutOut, a SettingsFault, FileExists, FileUnwritable.
    """
    settings = Settings.load(home)
    if settings.keys.source == KeySourceName.PASSPHRASE:
        raise TimersShutOut
    # The installed program, not a module of it: that is what a unit starts.
    program = Path(sys.executable).with_name("renkei")
    machine = Machine(program, home.absolute(), pwd.getpwuid(home.stat().st_uid).pw_name)
    written = []
    for name, text in units(settings, machine):
        file = directory / name
        with new_file(file) as stream:
            stream.write(text.encode())
        # Nothing in a unit is secret, and systemd complains of those that others cannot read.
        file.chmod(0o644)
        written.append(file)
    return written
