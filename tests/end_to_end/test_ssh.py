"""Over SSH the console opens, several at once, and there is no way past it; a connection that is cut ends its session.

It shows the rules of `console.configuration.sshd` in a real OpenSSH server.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.console.pseudo import PROGRAM, Pseudo
from tests.end_to_end.screen import wait_until
from tests.end_to_end.ssh_server import NUMBER, RULES, Server, needs_sshd, serving_ssh
from tests.running import World, world_at

pytestmark = [pytest.mark.long, needs_sshd]
_SECONDS = 60
_TERM = "$(touch canary)"
_F10 = b"\x1b[21~"


@pytest.fixture(scope="module")
def world(_prepared: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> World:
    """One terminal for the module, which belongs to the account."""
    origin, home = Path(_prepared["home"]), tmp_path_factory.mktemp("ssh") / "world"
    shutil.copytree(origin, home)
    return world_at(json.loads(json.dumps(_prepared).replace(str(origin), str(home))))


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_ssh(world, tmp_path_factory.mktemp("sshd")) as server:
        yield server


def _log_on(program: Pseudo, world: World, person: str) -> None:
    program.read_until("暗証番号")
    painted = len(program.seen)
    program.write(f"{person}\t{world.pin_files[person].read_text().strip()}\r".encode())
    program.read_until("あなたがすること", since=painted)


def _log_off(program: Pseudo) -> None:
    worked = len(program.seen)
    program.write(_F10)
    program.read_until("ログオフしました", since=worked)
    program.write(_F10)
    assert program.wait() == 0


def _closings(server: Server, world: World) -> list[tuple[str, str]]:
    """Who worked at a screen, and how that ended, by the order of the ends."""
    asked = ("log", "show", "--limit", "200", "--home", str(world.home), "--json")
    whose = ("--as", "ka-301", "--pin-file", str(world.pin_files["ka-301"]))
    entries = json.loads(server.as_account(str(PROGRAM), *asked, *whose))["entries"]
    begun = [entry for entry in entries if entry["event"] == "operator.logged_on"]
    screens = {entry["session"] for entry in begun if entry["detail"]["origin"] == "screen"}
    ended = [entry for entry in entries if entry["event"] == "operator.logged_off" and entry["session"] in screens]
    return [(entry["actor"], entry["detail"]["cause"]) for entry in sorted(ended, key=lambda entry: entry["seq"])]


def test_two_work_at_once_and_each_session_ends_once_also_when_its_connection_is_cut(
    server: Server, world: World
) -> None:
    with Pseudo(server.ssh("-tt")) as first, Pseudo(server.ssh("-tt")) as second:
        _log_on(first, world, "op-101")
        _log_on(second, world, "ap-201")
        _log_off(first)
        # As when the machine at the other end loses its current.
        os.kill(second.process, signal.SIGKILL)
        second.wait()
        wait_until(lambda: not server.processes())
    assert _closings(server, world) == [("op-101", "log_off"), ("ap-201", "hang_up")]


def test_whatever_a_client_asks_for_besides_comes_to_nothing(server: Server, world: World) -> None:
    trap = f"PYTHONSTARTUP={server.home}/.profile ENV={server.home}/.profile LD_PRELOAD=/nowhere/trap.so"
    asked = (
        *("-tt", "-A", "-X", "-R", "0:127.0.0.1:9"),
        *("-o", f"SetEnv={trap} RENKEI_HOME=/nowhere TEXTUAL_DRIVER=trap LANG=ja_JP.eucJP LC_ALL=C"),
    )
    with (
        tempfile.TemporaryDirectory() as place,
        _agent(f"{place}/agent") as agent,
        Pseudo(
            server.ssh(*asked, "-M", "-S", f"{place}/mux", command=["touch", str(server.canary)]),
            environment={"DISPLAY": ":7", "TERM": _TERM, "SSH_AUTH_SOCK": agent},
        ) as program,
    ):
        _log_on(program, world, "op-101")
        # What the machine or the client sets is gone; the terminal's type is a word, and no command.
        variables = [_environment(process) for process in server.processes() if b"console" in _command(process)]
        assert [{name for name in found if not name.startswith("TEXTUAL_")} for found in variables] == [
            {"PATH", "LANG", "TERM"}
        ]
        assert (variables[0]["LANG"], variables[0]["TERM"]) == ("C.UTF-8", _TERM)
        # Where sshd would listen for an agent that comes along.
        assert not [place for place in Path("/tmp").glob("ssh-*") if place.stat().st_uid == NUMBER]
        second = subprocess.run(
            server.ssh("-S", f"{place}/mux", "-oProxyCommand=false"), capture_output=True, text=True, check=False
        )
        _log_off(program)
    assert second.returncode == 255
    assert "Session open refused by peer" in second.stderr
    assert b"remote port forwarding failed" in program.seen
    assert b"X11 forwarding request failed" in program.seen
    assert b"ld.so" not in program.seen
    assert not server.canary.exists()


@contextmanager
def _agent(place: str) -> Iterator[str]:
    """An agent without keys, for the client to bring along: it offers only one that answers."""
    with subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL) as agent:
        try:
            wait_until(Path(place).exists)
            yield place
        finally:
            agent.terminate()


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def _environment(process: int) -> dict[str, str]:
    read = Path(f"/proc/{process}/environ").read_bytes().decode()
    return dict(variable.split("=", 1) for variable in read.split("\0") if variable)


def _other_ways(server: Server) -> dict[str, tuple[list[str], str]]:
    """Everything but the console that a client can ask a server for, and what it is told."""
    canary, host, own = str(server.canary), "renkei@127.0.0.1", str(server.directory / "key.pub")
    console, port = "renkei --help", f"127.0.0.1:{server.port}"
    return {
        "command": (server.ssh(command=["touch", canary]), console),
        "shell": (server.ssh("-T"), console),
        # These two speak a protocol with what they take for their like, and say only that it went.
        "subsystem": (server.copying("sftp", "-b", str(server.directory / "batch"), host), "Connection closed"),
        "copy": (server.copying("scp", f"{host}:/etc/passwd", canary), "Connection closed"),
        "copy in the former way": (server.copying("scp", "-O", own, f"{host}:{canary}"), console),
        "rsync": (["rsync", "-e", " ".join(server.ssh()[:-1]), own, f"{host}:{canary}"], console),
        "port": (server.ssh("-W", port), "administratively prohibited"),
        "port there": (server.ssh("-N", "-oExitOnForwardFailure=yes", "-R", f"0:{port}"), "forwarding failed"),
        "key that the account let in": (server.ssh("-tt", key="other_key"), "Permission denied (publickey)"),
    }


_WAYS = list(_other_ways(Server(Path("/nowhere"), 0, None)))  # type: ignore[arg-type]  # Only the names are wanted.


@pytest.mark.parametrize("way", _WAYS)
def test_no_other_way_leads_in(server: Server, way: str) -> None:
    command, answer = _other_ways(server)[way]
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    (server.directory / "batch").write_text(f"put {server.directory / 'key.pub'} {server.canary}\n")
    # A shell would do what it reads.
    wanted = f"touch {server.canary}\n"
    ran = subprocess.run(command, input=wanted, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert ran.returncode != 0
    assert answer in ran.stderr
    assert not server.canary.exists()


def test_a_connection_that_opens_no_console_does_not_stay(server: Server) -> None:
    # The same rules with a shorter time, for one connection without a port.
    shorter, log = server.directory / "shorter", server.directory / "shorter.log"
    rules = subprocess.run(server.inside("cat", RULES), capture_output=True, text=True, check=True).stdout
    assert "UnusedConnectionTimeout 30\n" in rules
    shorter.write_text(f"HostKey {server.directory}/host_key\nUsePAM no\n" + rules.replace("Timeout 30", "Timeout 1"))
    through = " ".join(server.inside("/usr/sbin/sshd", "-i", "-f", str(shorter), "-E", str(log)))
    ran = subprocess.run(
        server.ssh("-N", f"-oProxyCommand={through}"), capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    assert ran.returncode == 255
    assert "terminating inactive connection" in log.read_text()
