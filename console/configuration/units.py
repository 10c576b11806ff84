"""Units of systemd for a terminal, made from its settings: timers for the daily round, the console on the machine.

What a timer does is done as a person of its own, who has the one role that it takes. Times are Japanese, whatever zone
the machine keeps. A unit sees nothing of the machine but the terminal's directory, and gains no rights: the exposure
that `systemd-analyze security` finds is at most 2.0 of 10.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.configuration.machine import Machine
from console.settings import KeySourceName, Settings

#: Where the PIN files of these people lie, where backups go, and where the medium of the log is mounted: on a machine
#: as the README sets it up.
CREDENTIALS: Final = Path("/etc/renkei")
BACKUPS: Final = Path("/var/backups/renkei")
MEDIUM: Final = Path("/media/renkei-log")
#: The virtual terminal of the console: behind those on which administrators log on.
TERMINAL: Final = "tty8"
_ZONE: Final = "Asia/Tokyo"


@dataclass(frozen=True, slots=True)
class _Task:
    """One unit: what it does, as whom, and when (`OnCalendar=` without the zone).

    `writes` is a place of the machine that it fills, beside the terminal's own directory. A command with `$(date)`
    needs a shell: systemd has no word for the day.
    """

    name: str
    about: str
    command: str
    calendar: str
    person: str | None = None
    writes: Path | None = None
    online: bool = False


# The nightly ones follow each other, so that a backup is of a night before anything is erased, and the tables are held
# against a log that tells of the erasing.
_TASKS: Final = (
    _Task("check", "the state of the terminal, in one line", "check --brief", "*-*-* *:00/15", online=True),
    _Task("receive", "results and notices", "receive", "Mon..Fri *-*-* 08..17:00/30", "receiving-1", online=True),
    _Task("send", "what was approved", "send", "Mon..Fri *-*-* 08..17:10/30", "sending-1", online=True),
    _Task(
        "backup", "the backup of the night", f"backup {BACKUPS}/$(date +%F).backup", "*-*-* 02:00", "keeping-1", BACKUPS
    ),
    _Task("erase", "contents whose retention is over", "erase", "*-*-* 03:00", "keeping-1"),
    _Task("verify", "the tables against the log", "log verify --tables", "*-*-* 04:00", "auditing-1"),
    _Task(
        "export",
        "the log on its medium",
        f"log export {MEDIUM} --label LOG-$(date +%Y-%m)",
        "*-*-01 09:00",
        "auditing-1",
        MEDIUM,
    ),
)


def units(settings: Settings, machine: Machine) -> Iterator[tuple[str, str]]:
    """Yield name and text of each unit."""
    yield "renkei-console.service", _console(settings, machine)
    for task in _TASKS:
        yield f"renkei-{task.name}.service", _service(task, settings, machine)
        yield f"renkei-{task.name}.timer", _timer(task)


def _service(task: _Task, settings: Settings, machine: Machine) -> str:
    # Only the check asks whose files others' are, and would not know them among users of its own.
    users = () if task.name == "check" else ("PrivateUsers=yes",)
    # The minus lets the others run where that place was not made, or nothing is mounted.
    written = () if task.writes is None else (f"ReadWritePaths=-{task.writes}",)
    return _unit(
        (f"Description=Renkei: {task.about}",),
        ("Type=oneshot", f"ExecStart={_environment(settings, machine)} {_command(task, machine)}"),
        (*written, *users, "PrivateDevices=yes", *_network(settings, machine, online=task.online)),
        settings,
        machine,
    )


def _console(settings: Settings, machine: Machine) -> str:
    """Return the unit that opens the console on a virtual terminal, and again whenever it was ended.

    Nothing else runs there: who ends the console gets the login screen. The Linux console draws no Japanese, so that
    the program speaks English on it.
    """
    opened = (
        # After the messages of the start, which would be written over the screen.
        "Type=idle",
        f"ExecStart={_environment(settings, machine, TERM='linux')} {_quoted(str(machine.program))}",
        "Restart=always",
        "RestartSec=1",
        f"TTYPath=/dev/{TERMINAL}",
        # What the last person saw is gone with the terminal, and nobody else's program keeps it open.
        "TTYReset=yes",
        "TTYVHangup=yes",
        "TTYVTDisallocate=yes",
        *(f"Standard{stream}=tty" for stream in ("Input", "Output", "Error")),
    )
    getty = f"getty@{TERMINAL}.service"
    about = (
        f"Description=Renkei: the console on {TERMINAL}",
        f"Conflicts={getty}",
        f"After={getty} systemd-user-sessions.service",
    )
    allowed = ("DevicePolicy=closed", f"DeviceAllow=/dev/{TERMINAL} rw", *_network(settings, machine, online=True))
    return _unit(about, opened, allowed, settings, machine) + "\n[Install]\nWantedBy=multi-user.target\n"


def _unit(
    about: Iterable[str], run: Iterable[str], allowed: Iterable[str], settings: Settings, machine: Machine
) -> str:
    """Return a service that does `run` under the account of the terminal, and may do what is `allowed` besides."""
    lines = [
        "[Unit]",
        *about,
        "",
        "[Service]",
        *run,
        f"User={machine.account}",
        # The dynamic loader hears these before any program runs.
        "UnsetEnvironment=LD_AUDIT LD_LIBRARY_PATH LD_PRELOAD",
        *_credential(settings),
        *(f"ReadWritePaths={_quoted(str(place))}" for place in _written_places(settings, machine)),
        *allowed,
        f"ProtectHome={_homes(settings, machine)}",
        *_CONFINED,
    ]
    return "\n".join(lines) + "\n"


def _network(settings: Settings, machine: Machine, *, online: bool) -> tuple[str, ...]:
    """Return what a unit gets of the network: a server, or the peer, is reached over it, everything else stays here."""
    if online or settings.database_file(machine.home) is None:
        return ("RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SocketBindDeny=any")
    return ("RestrictAddressFamilies=AF_UNIX", "PrivateNetwork=yes", "IPAddressDeny=any")


def _homes(settings: Settings, machine: Machine) -> str:
    """Return what a unit sees of people's own directories: nothing, unless something of the terminal lies there."""
    handed_in = (Path(each.directory) for each in settings.handin)
    places = [machine.program, machine.python, *_written_places(settings, machine), *handed_in]
    lies_there = any(place.is_relative_to(home) for place in places for home in ("/home", "/root", "/run/user"))
    return "read-only" if lies_there else "yes"


# What an exposed program could be used for, taken away (systemd.exec(5)). The program asks for none of it: it starts no
# other one, makes no code at run time, and listens on nothing. It reads /proc/locks and the boot's number in /proc/sys,
# so that /proc stays whole; and units that share an account must not clear its memory away (`RemoveIPC=`).
_CONFINED: Final = (
    "UMask=0077",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "PrivateTmp=yes",
    "PrivateMounts=yes",
    "KeyringMode=private",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "RestrictRealtime=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    # By these the console confines itself further, and the check asks whether it can; no group has them.
    "SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallErrorNumber=EPERM",
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


def _environment(settings: Settings, machine: Machine, **more: str) -> str:
    """Return the beginning of a command that gives it these variables and no others, whatever the machine sets."""
    own = {"RENKEI_HOME": str(machine.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **more}
    words = ["/usr/bin/env", "-i", *(_quoted(f"{name}={value}") for name, value in own.items())]
    if settings.keys.source == KeySourceName.CREDENTIAL:
        # The directory of the unit's credentials, as systemd names it.
        words.append("CREDENTIALS_DIRECTORY=%d")
    return " ".join(words)


def _command(task: _Task, machine: Machine) -> str:
    words = [_quoted(str(machine.program)), *task.command.split(" ")]
    if task.person is not None:
        words += ["--as", task.person, "--pin-file", str(CREDENTIALS / f"{task.person}.pin")]
    command = " ".join(words)
    if "$(" not in task.command:
        return command
    shell = task.command.replace("%", "%%").replace("$", "$$")
    return f"/bin/sh -c 'exec {command.replace(task.command, shell)}'"


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
