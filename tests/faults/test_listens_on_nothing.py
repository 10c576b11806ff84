"""The console calls out and never listens: its sockets are looked at whenever a byte passes the line."""

import subprocess
from pathlib import Path

import pytest

from tests.console.jobs.site import OPERATOR, PATIENCE, PEOPLE, Site, entry
from tests.faults.proxy import FaultProxy
from tests.running import PROGRAM, environment

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
            told = console.stdout.read()
            assert console.wait(PATIENCE) == 0, told
        proxy.on_bytes = lambda: None

    # A handshake of TLS 1.3 and one request take two flights each way, and no fewer.
    assert len(seen) >= 4
    assert [one["listening"] for one in seen] == [set()] * len(seen)
    # The counter-proof: the same look sees the connection.
    assert any(one["connected"] for one in seen)


def _sockets(process_id: int) -> dict[str, set[str]]:
    """Return the sockets of a process and of its children, by whether somebody could call them."""
    found: dict[str, set[str]] = {"listening": set(), "connected": set()}
    for one in (process_id, *_children(process_id)):
        try:
            handles = {str(handle.readlink()) for handle in Path(f"/proc/{one}/fd").iterdir()}
        except OSError:
            continue
        ours = {handle[8:-1] for handle in handles if handle.startswith("socket:[")}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            for row in _rows(one, table):
                kind = "listening" if row[3] == (_LISTENING if table.startswith("tcp") else _BOUND_UDP) else "connected"
                if row[9] in ours:
                    found[kind].add(f"{table} {row[1]}")
        found["listening"] |= {
            f"unix {row[-1]}" for row in _rows(one, "unix") if row[6] in ours and int(row[3], 16) & _ACCEPTS
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
        return [int(one) for one in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
    except OSError:
        return []
