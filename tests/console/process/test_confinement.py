"""What the console can still do once it has confined itself, tried on the real kernel; and on older ones."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.configuration.handins import HandinSettings
from console.process import confinement
from console.process.confinement import Confinement, Needs
from console.settings import Settings, StoreSettings
from tests.console.live import PERSON, impatient, logged_on
from tests.running import World

ABLE = confinement.possible()
pytestmark = pytest.mark.skipif(not ABLE.files, reason="this kernel has no Landlock of version 2 or later")

# Each line is tried in a process that is confined to its own directory `home` and to the port `port`.
TRIED = {
    "write at home": "(home / 'file').write_text('x')",
    "rename at home": "(home / 'sub').mkdir(); (home / 'a').write_text(''); os.rename(home / 'a', home / 'sub' / 'a')",
    "write elsewhere": "(home.parent / 'elsewhere').write_text('x')",
    "cut elsewhere": "os.truncate(home.parent / 'there', 0)",
    "read elsewhere": "(home.parent / 'there').read_text()",
    "remove elsewhere": "(home.parent / 'there').unlink()",
    "read the system": "Path('/etc/passwd').read_text()",
    "import what was not used": "import wave, plistlib",
    "start the interpreter": "subprocess.run([sys.executable, '-I', '-c', ''], check=True)",
    "start a shell": "subprocess.run(['/bin/sh', '-c', ''], check=True)",
    "start a program of one's own": "subprocess.run([home / 'tool'], check=True)",
    "call the peer": "socket.create_connection(('127.0.0.1', port))",
    "call another port": "socket.create_connection(('127.0.0.1', other))",
    "listen": "socket.socket().bind(('127.0.0.1', 0))",
}
ALLOWED = {
    "write at home",
    "rename at home",
    "read the system",
    "import what was not used",
    "start the interpreter",
    "call the peer",
}
OF_THE_NETWORK = {"call another port", "listen"}


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two ports at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        yield first.getsockname()[1], second.getsockname()[1]


def denied(place: Path, ports: tuple[int, int], *, version: int | None = None) -> set[str]:
    """Return what a confined process was denied, on a kernel of that version of Landlock."""
    home = place / "home"
    home.mkdir()
    (place / "there").write_text("x")
    (home / "tool").write_text("#!/bin/sh\n")
    (home / "tool").chmod(0o755)
    lines = [
        "import ctypes, os, socket, subprocess, sys",
        "from pathlib import Path",
        "from console.process import confinement, environment",
        f"home, port, other = Path({str(home)!r}), {ports[0]}, {ports[1]}",
        f"confinement._version = {'confinement._version' if version is None else f'lambda: {version}'}",
        "environment.harden()",
        "confinement.confine(confinement.Needs((), (home,), frozenset({port})))",
        f"for name, line in {TRIED!r}.items():",
        "    try:",
        "        exec(line)",
        "    except PermissionError:",
        "        print(name)",
    ]
    ran = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return set(ran.stdout.splitlines())


@pytest.mark.skipif(not ABLE.network, reason="this kernel has no Landlock of version 4 or later")
def test_it_is_held_to_its_directory_its_interpreter_and_its_peer(tmp_path: Path, ports: tuple[int, int]) -> None:
    assert denied(tmp_path, ports) == set(TRIED) - ALLOWED


def test_an_older_kernel_holds_it_to_what_it_can(tmp_path: Path, ports: tuple[int, int]) -> None:
    # Neither cutting files off nor the network was known then.
    assert denied(tmp_path, ports, version=2) == set(TRIED) - ALLOWED - OF_THE_NETWORK - {"cut elsewhere"}


def test_a_kernel_without_landlock_changes_nothing(tmp_path: Path, ports: tuple[int, int]) -> None:
    assert denied(tmp_path, ports, version=0) == set()


def test_what_is_needed_follows_from_settings_and_register(world: World) -> None:
    home, settings = world.home, Settings.load(world.home)
    place = HandinSettings(directory="/srv/handin", owner="juki", purpose="住民記録")
    needs = confinement.needs_of(home, replace(settings, handin=(place,)))
    assert Path("/srv/handin") in needs.reads
    assert {home, *confinement.MEDIA} <= set(needs.writes)
    assert needs.ports
    # Only a rehearsal writes beside its world.
    assert home.parent in needs.writes
    real = confinement.needs_of(home, replace(settings, rehearsal=()))
    assert home.parent not in real.writes
    shared = StoreSettings(url="postgresql+psycopg://renkei@db.example/renkei?sslrootcert=/etc/renkei/db.pem")
    elsewhere = confinement.needs_of(home, replace(settings, store=shared))
    assert elsewhere.ports is None
    assert Path("/etc/renkei/db.pem") in elsewhere.reads


def test_a_database_that_is_not_there_yet_opens_no_port(tmp_path: Path, world: World) -> None:
    settings = replace(Settings.load(world.home), store=StoreSettings())
    assert confinement.needs_of(tmp_path, settings).ports == frozenset()


def test_without_the_ports_only_files_are_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[object, ...]] = []

    def note(*arguments: object) -> int:
        called.append(arguments)
        return os.open(os.devnull, os.O_RDONLY)

    monkeypatch.setattr(confinement, "_call", note)
    assert confinement.confine(Needs((), (), None)) == Confinement(files=True, network=False)
    assert all(arguments[2] != confinement._NET_PORT for arguments in called if len(arguments) > 2)


@pytest.mark.long
def test_the_console_itself_is_confined(world: World, tmp_path: Path) -> None:
    found = world.home / "found"
    tries = (
        "import os, subprocess\n"
        "def attempt(self):\n"
        "    answers = []\n"
        "    for act in (lambda: subprocess.run(['/bin/true']), lambda: open('/var/tmp/renkei-probe', 'w'),\n"
        "                lambda: os.listdir('/root'), lambda: subprocess.run([sys.executable, '-I', '-c', ''])):\n"
        "        try:\n"
        "            act()\n"
        "            answers.append('done')\n"
        "        except PermissionError:\n"
        "            answers.append('denied')\n"
        f"    open({str(found)!r}, 'w').write(' '.join(answers))\n"
        "    self.notice.say('note', lambda words: 'TRIED')\n"
        "QueueScreen.action_reload = attempt\n"
    )
    command = impatient(world.home, tmp_path, lock=60, logoff=90, before=tries)
    with logged_on(world.home, world.pin_files[PERSON].read_text().strip(), command) as program:
        program.write(b".")
        program.read_until("TRIED")
    assert found.read_text() == "denied denied denied done"
