"""A real OpenSSH server with the rules that the program prints, and a terminal of an ordinary account behind it.

Nothing of the machine changes: account, keys, logs and the server's own files are those of a mount namespace, which
goes with the server. The commands that the rules name for the account are run as they stand there.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.screen import wait_until
from tests.running import PROGRAM, World

ACCOUNT: Final = "renkei"
# One that no other run of the tests on this machine has.
NUMBER: Final = 40_000 + os.getpid() % 20_000
RULES: Final = "/etc/ssh/sshd_config.d/renkei.conf"
_ROOT: Final = Path(__file__).parents[2]
_SSHD: Final = "/usr/sbin/sshd"
#: A machine that allows everybody as much as it can: what the rules forbid, they forbid by themselves.
_LAX: Final = """\
Include {rules}
HostKey {directory}/host_key
Port {port}
ListenAddress 127.0.0.1
PidFile none
UsePAM no
LogLevel DEBUG1
PermitUserEnvironment yes
AcceptEnv *
AllowTcpForwarding yes
AllowAgentForwarding yes
X11Forwarding yes
PermitTunnel yes
Subsystem sftp internal-sftp
"""
_CLIENT: Final = shutil.which("ssh") or "ssh"
_SECONDS: Final = 60


def _can_be_isolated() -> bool:
    asked = ("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run")
    tools = all(map(shutil.which, ("unshare", "nsenter", "setpriv"))) and Path(_SSHD).exists()
    return os.geteuid() == 0 and tools and subprocess.run(asked, capture_output=True, check=False).returncode == 0


needs_sshd = pytest.mark.skipif(
    not _can_be_isolated(), reason="needs root, OpenSSH's server and a mount namespace: install openssh-server"
)


@dataclass(frozen=True, slots=True)
class Server:
    """The server while it runs. In `home` the account has files that would run or let people in, were they read."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def home(self) -> Path:
        """The directory of the account."""
        return self.directory / "account"

    @property
    def canary(self) -> Path:
        """What whoever may do anything there would make."""
        return self.directory / "shared" / "canary"

    def ssh(self, *options: str, key: str = "key", command: Sequence[str] = ()) -> list[str]:
        """Return the command line of a client."""
        return [_CLIENT, *self._common(key), "-p", str(self.port), *options, f"{ACCOUNT}@127.0.0.1", *command]

    def copying(self, program: str, *options: str) -> list[str]:
        """Return the beginning of a command line of scp or sftp, which spell the port alike."""
        return [program, *self._common("key"), "-P", str(self.port), *options]

    def _common(self, key: str) -> list[str]:
        known = f"UserKnownHostsFile={self.directory / 'known_hosts'}"
        settings = ["BatchMode=yes", "IdentitiesOnly=yes", known, "StrictHostKeyChecking=yes"]
        return ["-F", "none", "-i", str(self.directory / key), *(f"-o{setting}" for setting in settings)]

    def inside(self, *command: str) -> list[str]:
        """Return a command line for something that happens where the server is, by root."""
        return ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", *command]

    def as_account(self, *command: str) -> str:
        """Run a command as the account does at the machine, and return what it printed."""
        whose = (f"--reuid={NUMBER}", f"--regid={NUMBER}", "--clear-groups")
        ran = subprocess.run(
            self.inside("setpriv", *whose, *command), capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        assert ran.returncode == 0, ran
        return ran.stdout

    def log(self) -> str:
        """What the server wrote."""
        return (self.directory / "log").read_text(errors="replace")

    def processes(self) -> list[int]:
        """The processes of the account."""
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _owner(entry) == NUMBER]


def _owner(process: Path) -> int | None:
    try:
        # The owner of the directory is root where a process is not dumpable.
        status = (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(status.partition("\nUid:")[2].split()[0])


@contextmanager
def serving_ssh(world: World, directory: Path) -> Iterator[Server]:
    """Run the server for the terminal of `world` until the block ends."""
    port = _prepare(world, directory)
    script = directory / "serve.sh"
    script.write_text("\n".join(["set -e", *_ways([world.home, directory]), *_setting_up(world, directory)]) + "\n")
    with (directory / "out").open("wb") as out:
        process = subprocess.Popen(["unshare", "--mount", "sh", str(script)], stdout=out, stderr=out)
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, (directory / "out").read_text, _SECONDS)
        assert process.poll() is None, (directory / "out").read_text()
        yield Server(directory, port, process)
    finally:
        process.terminate()
        process.wait(timeout=_SECONDS)


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _prepare(world: World, directory: Path) -> int:
    for name in ("key", "other_key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    host = (directory / "host_key.pub").read_text()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}")
    (directory / "sshd_config").write_text(_LAX.format(rules=RULES, directory=directory, port=port))
    _lay_traps(directory)
    # The keys in it are their owner's only.
    directory.chmod(0o755)
    for place in (world.home, directory / "account", directory / "shared"):
        for path in (place, *place.rglob("*")):
            os.chown(path, NUMBER, NUMBER, follow_symlinks=False)
    return port


def _lay_traps(directory: Path) -> None:
    """Give the account files of its own that would act, were they read: at each log-on, or to let others in."""
    shared, own = directory / "shared", directory / "account" / ".ssh"
    shared.mkdir()
    own.mkdir(parents=True, mode=0o700)
    touch = f"touch {shlex.quote(str(shared / 'canary'))}\n"
    for name in (".bashrc", ".bash_profile", ".profile", ".ssh/rc"):
        (own.parent / name).write_text(touch)
    (own / "environment").write_text(f"ENV={own.parent / '.profile'}\nBASH_ENV={own.parent / '.profile'}\n")
    (own / "authorized_keys").write_text((directory / "other_key.pub").read_text())


def _ways(places: Sequence[Path]) -> Iterator[str]:
    """Yield the commands that let the account reach the program and the terminal, wherever these lie.

    A directory that is closed to others is covered by one in which nothing is but what the account needs.
    """
    yield from ("mount -t tmpfs -o mode=755 tmpfs /run", "mkdir /run/sshd /run/ways")
    needed = [Path(sys.base_prefix).resolve(), Path(sys.prefix), _ROOT, *places]
    closed: dict[Path, list[tuple[int, Path]]] = {}
    for number, place in enumerate(needed):
        yield f"mkdir /run/ways/{number} && mount --bind {shlex.quote(str(place))} /run/ways/{number}"
        blocking = [above for above in reversed(place.parents) if not above.stat().st_mode & 0o001]
        if blocking:
            closed.setdefault(blocking[0], []).append((number, place))
    for above, ways in closed.items():
        yield f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(above))}"
        for number, place in ways:
            quoted = shlex.quote(str(place))
            yield f"mkdir -p {quoted} && mount --bind /run/ways/{number} {quoted}"


def _setting_up(world: World, directory: Path) -> Iterator[str]:
    """Yield what an administrator does, on a copy of /etc, and the server's start."""
    yield from ("cp -a /etc /run/etc", "mount --bind /run/etc /etc", "mount -t tmpfs tmpfs /var/log")
    # As an account is made that nobody thought about; the rules say what it needs.
    yield f"useradd --uid {NUMBER} --user-group --no-create-home --shell /bin/bash {ACCOUNT}"
    yield "mkdir -p /etc/ssh/sshd_config.d"
    yield shlex.join([str(PROGRAM), "render", "sshd", "--home", str(world.home), "--out", RULES])
    # The server is not systemd's here, and reads the file when it starts.
    yield f"sed -n 's/^#   //p' {RULES} | grep -v systemctl > /run/account.sh && sh -e /run/account.sh"
    # Stricter than the rules: with a directory of its own, in which the account can write.
    yield shlex.join(["usermod", "--home", str(directory / "account"), ACCOUNT])
    # And without the restrictions that the rules want of a key: each of them holds by itself.
    yield f"cat {shlex.quote(str(directory / 'key.pub'))} > /etc/renkei/authorized_keys"
    config, log = (shlex.quote(str(directory / name)) for name in ("sshd_config", "log"))
    yield f"{_SSHD} -t -f {config}"
    yield f"exec {_SSHD} -D -f {config} -E {log}"
