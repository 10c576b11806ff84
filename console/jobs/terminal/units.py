"""Writing the units of systemd for the daily round of a terminal (`console.configuration.units`)."""

from pathlib import Path

from console.configuration.machine import Machine, settings_of
from console.configuration.units import units
from console.errors import TimersShutOut
from console.files import new_file
from console.settings import KeySourceName


def write(home: Path, directory: Path) -> list[Path]:
    """Write the units of the terminal at `home` as new files into `directory`, and return them.

    Raises TimersShutOut, AccountNameless, a SettingsFault, FileExists, FileUnwritable.
    """
    settings = settings_of(home)
    if settings.keys.source == KeySourceName.PASSPHRASE:
        raise TimersShutOut
    written = []
    for name, text in units(settings, Machine.of(home)):
        file = directory / name
        with new_file(file) as stream:
            stream.write(text.encode())
        # Nothing in a unit is secret, and systemd complains of those that others cannot read.
        file.chmod(0o644)
        written.append(file)
    return written
