"""The people whose PINs the login screen of a rehearsal shows, and no other terminal."""

import json
from pathlib import Path

import pytest

from console.configuration.rehearsal_people import REHEARSAL_FILE, RehearsalPerson, rehearsal_people
from console.errors import SettingsUnreadable


def test_a_real_terminal_has_no_rehearsal_people(tmp_path: Path) -> None:
    assert rehearsal_people(tmp_path) == ()


def test_the_people_of_a_rehearsal(tmp_path: Path) -> None:
    people = [{"id": "op-101", "roles": ["operator"], "pin": "48151623"}]
    (tmp_path / REHEARSAL_FILE).write_text(json.dumps(people), encoding="utf-8")
    assert rehearsal_people(tmp_path) == (RehearsalPerson("op-101", ("operator",), "48151623"),)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"3", b'{"id": 1}', b'[{"id": "op-101"}]', b'["op-101"]', b"\xff", b"[" * 100_000]
)
def test_a_broken_file_of_rehearsal_people(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / REHEARSAL_FILE).write_bytes(raw)
    with pytest.raises(SettingsUnreadable):
        rehearsal_people(tmp_path)
