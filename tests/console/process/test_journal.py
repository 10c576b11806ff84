"""What the journal gets of an incident, and that nothing depends on there being one."""

import socket
from pathlib import Path

import pytest

from console.incidents import record_incident
from console.process import journal
from console.process.journal import write_to_journal


def test_an_incident_is_one_datagram_of_known_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SOCKET", tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "socket"))
        heard.settimeout(5)
        number = record_incident(tmp_path, ValueError("NGUYEN THI MAI"))
        fields = dict(line.split("=", 1) for line in heard.recv(65536).decode().splitlines())
        assert fields == {
            "PRIORITY": "3",
            "SYSLOG_IDENTIFIER": "renkei",
            "RENKEI_INCIDENT": number,
            # The same line as in the terminal's own file, and no value either.
            "MESSAGE": (tmp_path / "log" / "technical.log").read_text().strip(),
        }
        # Whatever a record holds, it begins no other field.
        write_to_journal("n", "a\nPRIORITY=0\n\nb")
        assert heard.recv(65536).decode().count("\n") == 4


def test_without_a_journal_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("nowhere", "file"):
        (tmp_path / "file").write_bytes(b"")
        monkeypatch.setattr(journal, "SOCKET", tmp_path / place)
        write_to_journal("n", "text")
    full = tmp_path / "full"
    monkeypatch.setattr(journal, "SOCKET", full)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(full))
        # Nobody reads: what does not fit is dropped, and nobody waits for it.
        for _ in range(2000):
            write_to_journal("n", "x" * 1000)
