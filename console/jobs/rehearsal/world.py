"""A rehearsal world (練習環境): a terminal, a peer, people and messages, all of them made up.

In every other respect it is a real terminal, with the same jobs, keys, rules and log. The file of people beside its
settings makes it a rehearsal: the login screen shows their PINs.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from console.configuration.rehearsal_people import REHEARSAL_FILE
from console.errors import AgencySilent
from console.files import write_private
from console.jobs.messages import intake
from console.jobs.peers import register
from console.jobs.people import logon
from console.jobs.rehearsal.sample_records import Inventor, Record
from console.jobs.terminal import setup
from console.settings import MunicipalitySettings, Settings, TerminalSettings
from console.terminal import Terminal
from store import clock
from store.endings import Ending
from store.message.canonical import encode
from store.peers import PeerDraft
from store.people import Details, draw_pin
from store.rights import Role
from transport import agency
from transport.parties.authority import RehearsalAuthority
from transport.parties.identity import PublicIdentity

MUNICIPALITY: Final = "131041"
OUTGOING: Final = 40
NOTICES: Final = 10
_PEER: Final = "isa-rehearsal"
_LOOPBACK: Final = "127.0.0.1"
# A fixed seed, so that every rehearsal world has the same people and messages.
SEED: Final = 20190401
# Which of the invented messages the agency will refuse.
_REFUSED: Final = 11
_FOLDER: Final = Path("rehearsal")
_AGENCY: Final = Path("agency")
# Generous, because a busy machine may take seconds to start an interpreter; nobody waits this long otherwise.
_READY_SECONDS: Final = 20.0
# The day on which the peer became the Commissioner (出入国在留管理庁長官) in the place of the minister (法務大臣).
_PEER_SINCE: Final = datetime(2019, 4, 1, tzinfo=clock.JAPAN).astimezone(UTC)

#: Officer and approver: the one person of the world who can open every screen.
CHIEF: Final = "ka-301"

_PEOPLE: Final[Sequence[tuple[str, tuple[Role, ...]]]] = (
    ("op-101", (Role.OPERATOR,)),
    ("ap-201", (Role.APPROVER,)),
    # The section chief, who can do the whole job except for taking files in.
    (CHIEF, (Role.OFFICER, Role.APPROVER)),
    ("au-401", (Role.AUDITOR,)),
    # The custodian keeps keys, peer and settings, and sees nobody's data.
    ("cu-501", (Role.CUSTODIAN,)),
)


_KNOWN: Final = {
    "op-101": Details("田中 光", "20101"),
    "ap-201": Details("高橋 久美", "20201"),
    CHIEF: Details("佐藤 一郎", "20301"),
    "au-401": Details("中村 静", "20401"),
    "cu-501": Details("小林 豊", "20501"),
}


@dataclass(frozen=True, slots=True)
class WorldPerson:
    """A person of the world, and the file (mode 0600) with the PIN."""

    id: str
    roles: tuple[str, ...]
    pin_file: Path


@dataclass(frozen=True, slots=True)
class World:
    """A rehearsal world: the terminal's directory, the agency's, and the people."""

    home: Path
    agency_home: Path
    operators: tuple[WorldPerson, ...]


def prepare(home: Path, *, outgoing: int = OUTGOING, notices: int = NOTICES) -> World:
    """Make a world at `home`, with messages in the queue and notices waiting at the agency; reuse one that is there.

    Raises HomeNotEmpty when something else is there, HomeUnwritable, DiskFull.
    """
    if (home / REHEARSAL_FILE).exists():
        return _existing(home)
    pins = {person_id: draw_pin() for person_id, _ in _PEOPLE}
    authority = RehearsalAuthority()
    with setup.new_terminal(home, _settings(), authority=authority) as terminal:
        setup.add_people(
            terminal, [(name, roles, pins[name]) for name, roles in _PEOPLE], pin_given=False, known=_KNOWN
        )
        _prepare_agency(terminal, authority)
        inventor = Inventor(seed=SEED, now=clock.now(), municipality=MUNICIPALITY)
        agency.post(terminal.home / _AGENCY, inventor.notices(notices))
        messages = list(inventor.outgoing(outgoing))
        for record in messages[_REFUSED : _REFUSED + 1]:
            # One message comes back as an error (エラー), so that people see what that looks like.
            agency.refuse(terminal.home / _AGENCY, str(record["reference"]), "number_not_current")
        _take_in(terminal, messages, pins)
        # Last, because this file is what makes the directory a rehearsal world.
        _write_people(terminal.home, pins)
    return _existing(home)


@contextmanager
def start_agency(world: World) -> Iterator[int]:
    """Run the world's agency in a separate process, which ends with the block; yield its process id.

    The agency also ends by itself when this process ends in any way, because it watches a pipe that only this process
    holds. Raises AgencySilent when it does not begin to serve.
    """
    # A separate process, as in reality: the peer's work must not wait for this interpreter.
    command = [sys.executable, "-I", "-X", "utf8", "-m", "console", "agency", "serve"]
    process = subprocess.Popen(  # noqa: S603  # It is our own program, with arguments that we make.
        [*command, "--home", str(world.agency_home), "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # A Ctrl+C or a hang-up of our terminal is meant for the console, which then ends the agency.
        start_new_session=True,
    )
    try:
        _await_ready(process)
        yield process.pid
    finally:
        _end(process)


def _settings() -> Settings:
    return Settings(
        municipality=MunicipalitySettings(
            code=MUNICIPALITY,
            name="新宿区",
            name_en="Shinjuku City",
            section="戸籍住民課（練習）",
            section_en="Residents' Section (rehearsal)",
        ),
        terminal=TerminalSettings(id="rehearsal-1"),
    )


def _prepare_agency(terminal: Terminal, authority: RehearsalAuthority) -> None:
    """Make the agency, and register each side with the other."""
    home = terminal.home / _AGENCY
    port = _free_port()
    settings = agency.AgencySettings(address=_LOOPBACK, port=port, version="1")
    public = agency.prepare(home, _PEER, authority=authority, settings=settings)
    agency.register_terminal(home, terminal.identity.public, municipality=MUNICIPALITY, valid_from=_PEER_SINCE)
    register.record(terminal, _peer(public, port), actor=None, session_id=None)


def _peer(public: PublicIdentity, port: int) -> PeerDraft:
    return register.draft_of(
        public,
        address=_LOOPBACK,
        port=port,
        municipality=MUNICIPALITY,
        legal_basis="immigration-61-8-2",
        valid_from=_PEER_SINCE,
    )


def _free_port() -> int:
    """Return a port that is free now; the register needs one that stays the same at every start."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _take_in(terminal: Terminal, messages: Sequence[Record], pins: dict[str, str]) -> None:
    """Take invented messages in as the operator would: logged on, from a file."""
    file = terminal.home / _FOLDER / "outgoing.jsonl"
    lines = [encode(record).decode() for record in messages]
    write_private(file, "\n".join(lines) + "\n")
    operator = _PEOPLE[0][0]
    # By the same jobs as in earnest: the log of a new world already shows a log-on, an import and a log-off.
    session = logon.log_on(terminal, operator, pins[operator], origin="command")
    intake.take_in(terminal, session, [file])
    logon.log_off(terminal, session, Ending.LOGGED_OFF)


def _write_people(home: Path, pins: dict[str, str]) -> None:
    for person_id, pin in pins.items():
        write_private(home / _pin_file(person_id), pin + "\n")
    people = [{"id": name, "roles": list(roles), "pin": pins[name]} for name, roles in _PEOPLE]
    write_private(home / REHEARSAL_FILE, json.dumps(people, indent=1) + "\n")


def _existing(home: Path) -> World:
    settings = Settings.load(home)
    people = tuple(WorldPerson(person.id, person.roles, home / _pin_file(person.id)) for person in settings.rehearsal)
    return World(home, home / _AGENCY, people)


def _pin_file(person_id: str) -> Path:
    return _FOLDER / f"{person_id}.pin"


def _await_ready(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the line by which the agency says that it serves."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _READY_SECONDS)
    if not readable or not os.read(process.stdout.fileno(), 4096):
        raise AgencySilent


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    # The agency sees the pipe close and ends in order, with its database closed. A signal is the last resort.
    process.stdin.close()
    try:
        process.wait(_READY_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
