"""A second terminal beside the site's: another directory, let in on the same queue, known to the same agency."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from console.jobs.terminal import joining, sharing
from console.settings import TerminalSettings
from console.terminal import Terminal
from tests.console.jobs.site import CHIEF, CUSTODIAN, LONG_AGO, MUNICIPALITY, Site, second
from transport import agency

NAME: Final = "131041-02"
SECOND: Final = second(CUSTODIAN)


def asked(site: Site, home: Path, name: str = NAME) -> joining.Requested:
    """Ask for a place on the site's queue."""
    settings = replace(site.terminal.settings, terminal=TerminalSettings(id=name), rehearsal=())
    return joining.request(home, settings, home.with_name(f"{home.name}-request.json"))


def granted(site: Site, home: Path, name: str = NAME) -> Path:
    """Ask, and let in; return the file of the grant."""
    request = asked(site, home, name)
    out = home.with_name(f"{home.name}-grant.json")
    by = site.session(CHIEF)
    sharing.let_in(site.terminal, by, request.file, out, fingerprint=request.fingerprint, second=SECOND)
    return out


def join(site: Site, home: Path, name: str = NAME) -> None:
    """Let a terminal in that will stand at `home`, and register it with the agency."""
    joining.accept(home, granted(site, home, name))
    with Terminal.open(home) as terminal:
        agency.register_terminal(
            site.agency_home, terminal.identity.public, municipality=MUNICIPALITY, valid_from=LONG_AGO
        )
