"""What the machine's own services are told of a terminal: where program and directory are, and whose account it is."""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from console.errors import AccountNameless
from console.settings import FILE_NAME, Settings


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the program and the terminal are on this machine, and whose account they run under.

    `python` is where the program's Python comes from, which may be far from its environment: in somebody's home.
    """

    program: Path
    home: Path
    account: str
    python: Path = Path("/usr")

    @classmethod
    def of(cls, home: Path) -> Self:
        """Return what holds for the terminal at `home` and the program that runs. Raises AccountNameless."""
        owner = home.stat().st_uid
        try:
            account = pwd.getpwuid(owner).pw_name
        except KeyError:
            raise AccountNameless(path=str(home), owner=owner) from None
        # The installed program, not a module of it: that is what a service starts.
        return cls(Path(sys.executable).with_name("renkei"), home.absolute(), account, Path(sys.base_prefix).resolve())


def settings_of(home: Path) -> Settings:
    """Return the settings of the terminal at `home`, for whoever sees to the services of the machine.

    That is root, who may write where services are read and whose directory no terminal is; everybody else reads those
    of their own. Raises HomeMissing, HomeForeign, HomeExposed or a SettingsFault.
    """
    return Settings.read(home / FILE_NAME) if os.geteuid() == 0 else Settings.load(home)
