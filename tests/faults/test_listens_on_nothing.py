"""The console calls out and never listens.

Its sockets are looked at whenever a byte passes the line; and of a whole session at the screen, from the start to the
end, every call is written down with which a socket could be opened to others.
"""

import re
import subprocess
from pathlib import Path

import pytest

from console.words import Words
from tests.console.jobs.site import OPERATOR, PATIENCE, PEOPLE, Site, entry
from tests.end_to_end.screen import Screen, approve_first, exchange_once, log_on, needs_tmux
from tests.faults.failing_files import can_trace
from tests.faults.proxy import FaultProxy
from tests.running import PROGRAM, World, environment, serving

_LISTENING, _BOUND_UDP, _ACCEPTS = "0A", "07", 0x10000


@pytest.mark.parametrize("command", ["send", "receive", "check"])
def test_no_socket_of_the_console_listens_while_it_exchanges(site: Site, tmp_path: Path, command: str) -> None:
    pin = tmp_path / "pin"
    pin.write_text(PEOPLE[OPERATOR][1])
    pin.chmod(0o600)
    site.approve([entry(number) for number in range(1, 6)])
    seen: list[dict[str, set[str]]] = []
    with site.served(register=False) as port, FaultProxy(port) as proxy:
        site.register_peer(proxy.port)
        who = [] if command == "check" else ["--as", OPERATOR, "--pin-file", str(pin)]
        with subprocess.Popen(
            [PROGRAM, command, "--home", site.home, *who, "--json"], env=environment(), stdout=subprocess.PIPE
        ) as console:
            proxy.on_bytes = lambda: seen.append(_sockets(console.pid))
            assert console.stdout is not None
            answer = console.stdout.read()
            assert console.wait(PATIENCE) == 0, answer
        proxy.on_bytes = lambda: None

    # A handshake of TLS 1.3 and one request take two flights each way, and no fewer.
    assert len(seen) >= 4
    assert [item["listening"] for item in seen] == [set()] * len(seen)
    # The counter-proof: the same look sees the connection.
    assert any(item["connected"] for item in seen)


@pytest.mark.long
@needs_tmux
@pytest.mark.skipif(not can_trace(), reason="needs strace, allowed to trace")
def test_a_whole_session_at_the_screen_never_listens(world: World, tmp_path: Path) -> None:
    words, answer = Words("ja"), tmp_path / "calls"
    traced = ["strace", "-f", "-qq", "-e", "trace=bind,listen,accept,accept4,connect", "-o", str(answer)]
    with (
        serving(world.agency_home),
        Screen(tmp_path, [*traced, str(PROGRAM), "--home", str(world.home), "--language", "ja"]) as screen,
    ):
        log_on(screen, world, words, "ka-301")
        approve_first(screen, words)
        exchange_once(screen, words)
        screen.press("F10")
        screen.wait_for(words("login.pin"), words("login.ended.log_off"))
        screen.press("F10")
        assert screen.wait_for_end() == 0

    calls = answer.read_text()
    assert re.findall(r"\b(?:bind|listen|accept4?)\(.*", calls) == []
    # The counter-proof: the calls to the agency are in it, and lead nowhere else.
    called = re.findall(r"\bconnect\(.*?AF_INET6?.*", calls)
    assert len(called) >= 3
    assert all('inet_addr("127.0.0.1")' in item for item in called)


def _sockets(process_id: int) -> dict[str, set[str]]:
    """Return the sockets of a process and of its children, by whether somebody could call them."""
    found: dict[str, set[str]] = {"listening": set(), "connected": set()}
    for item in (process_id, *_children(process_id)):
        try:
            handles = {str(handle.readlink()) for handle in Path(f"/proc/{item}/fd").iterdir()}
        except OSError:
            continue
        ours = {handle[8:-1] for handle in handles if handle.startswith("socket:[")}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            for row in _rows(item, table):
                kind = "listening" if row[3] == (_LISTENING if table.startswith("tcp") else _BOUND_UDP) else "connected"
                if row[9] in ours:
                    found[kind].add(f"{table} {row[1]}")
        found["listening"] |= {
            f"unix {row[-1]}" for row in _rows(item, "unix") if row[6] in ours and int(row[3], 16) & _ACCEPTS
        }
    return found


def _rows(process_id: int, table: str) -> list[list[str]]:
    try:
        lines = Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]
    except OSError:
        return []
    return [line.split() for line in lines]


def _children(process_id: int) -> list[int]:
    try:
        return [int(part) for part in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
    except OSError:
        return []
