"""Units and timers of systemd for the daily round of a terminal, made from its settings.

What a unit does is done as a person of its own, who has the one role that it takes. Times are Japanese, whatever zone
the machine keeps. A unit sees nothing of the machine but the terminal's directory, and gains no rights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.configuration.machine import Machine
from console.settings import KeySourceName, Settings

#: Where the PIN files of these people lie, and where backups go: on a machine as the README sets it up.
CREDENTIALS: Final = Path("/etc/renkei")
BACKUPS: Final = Path("/var/backups/renkei")
_ZONE: Final = "Asia/Tokyo"


@dataclass(frozen=True, slots=True)
class _Task:
    """One unit: what it does, as whom, and when (`OnCalendar=` without the zone)."""

    name: str
    about: str
    command: str
    calendar: str
    person: str | None = None


# The nightly ones follow each other, so that a backup is of a night before anything is erased, and the tables are held
# against a log that tells of the erasing.
_TASKS: Final = (
    _Task("check", "the state of the terminal, in one line", "check --brief", "*-*-* *:00/15"),
    _Task("receive", "results and notices", "receive", "Mon..Fri *-*-* 08..17:00/30", "receiving-1"),
    _Task("backup", "the backup of the night", "backup", "*-*-* 02:00", "keeping-1"),
    _Task("erase", "contents whose retention is over", "erase", "*-*-* 03:00", "keeping-1"),
    _Task("verify", "the tables against the log", "log verify --tables", "*-*-* 04:00", "auditing-1"),
)


def units(settings: Settings, machine: Machine) -> Iterator[tuple[str, str]]:
    """Yield name and text of each unit."""
    for task in _TASKS:
        yield f"renkei-{task.name}.service", _service(task, settings, machine)
        yield f"renkei-{task.name}.timer", _timer(task)


def _service(task: _Task, settings: Settings, machine: Machine) -> str:
    lines = [
        "[Unit]",
        f"Description=Renkei: {task.about}",
        "",
        "[Service]",
        "Type=oneshot",
        f"User={machine.account}",
        # The dynamic loader hears these before any program runs.
        "UnsetEnvironment=LD_AUDIT LD_LIBRARY_PATH LD_PRELOAD",
        f"ExecStart={_environment(settings, machine)} {_command(task, machine)}",
        *_credential(settings),
        *(f"ReadWritePaths={_quoted(str(place))}" for place in _written_places(settings, machine)),
    ]
    if task.name == "backup":
        # The minus lets the others run where that directory was not made.
        lines.append(f"ReadWritePaths=-{BACKUPS}")
    # A server, or the peer, is reached over the network; everything else stays on the machine.
    if settings.database_file(machine.home) is None or task.name in {"check", "receive"}:
        lines.append("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6")
    else:
        lines.append("RestrictAddressFamilies=AF_UNIX")
    return "\n".join([*lines, *_CONFINED]) + "\n"


# What an exposed program could be used for, taken away (systemd.exec(5)). The program asks for none of it: it starts no
# other one, makes no code at run time, and listens on nothing.
_CONFINED: Final = (
    "UMask=0077",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "RestrictRealtime=yes",
    "SystemCallArchitectures=native",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "LimitCORE=0",
)


def _timer(task: _Task) -> str:
    lines = [
        "[Unit]",
        f"Description=Renkei: when to see to {task.about}",
        "",
        "[Timer]",
        f"OnCalendar={task.calendar} {_ZONE}",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _environment(settings: Settings, machine: Machine) -> str:
    """Return the beginning of a command that gives it these variables and no others, whatever the machine sets."""
    variables = [f"RENKEI_HOME={machine.home}", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
    words = ["/usr/bin/env", "-i", *map(_quoted, variables)]
    if settings.keys.source == KeySourceName.CREDENTIAL:
        # The directory of the unit's credentials, as systemd names it.
        words.append("CREDENTIALS_DIRECTORY=%d")
    return " ".join(words)


def _command(task: _Task, machine: Machine) -> str:
    words = [_quoted(str(machine.program)), *task.command.split()]
    if task.person is not None:
        words += ["--as", task.person, "--pin-file", str(CREDENTIALS / f"{task.person}.pin")]
    if task.name != "backup":
        return " ".join(words)
    # A backup goes to a new file each night, and systemd has no word for the day.
    words.insert(2, f"{BACKUPS}/$$(date +%%F).backup")
    return f"/bin/sh -c 'exec {' '.join(words)}'"


def _written_places(settings: Settings, machine: Machine) -> list[Path]:
    """Return the terminal's directory, and that of a database which lies elsewhere."""
    file = settings.database_file(machine.home)
    elsewhere = file is not None and not file.is_relative_to(machine.home)
    return [machine.home, *([file.parent] if file is not None and elsewhere else [])]


def _credential(settings: Settings) -> list[str]:
    if settings.keys.source != KeySourceName.CREDENTIAL:
        return []
    name = settings.keys.credential
    return [f"LoadCredentialEncrypted={name}:/etc/credstore.encrypted/{name}"]


def _quoted(text: str) -> str:
    """Return a word as a unit spells it: blanks, quotation marks and specifiers mean themselves."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if escaped.isascii() and " " not in escaped and escaped == text else f'"{escaped}"'
