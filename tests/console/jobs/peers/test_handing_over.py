"""What one side hands to the other is read back as it was written; nothing else is taken for it."""

import stat
from pathlib import Path

import pytest

from console.errors import FileExists, PeerFileUnusable
from console.jobs.peers.handing_over import read_introduction, write_introduction
from console.jobs.rehearsal import agency_setup


@pytest.fixture
def handed_over(tmp_path: Path) -> Path:
    return agency_setup.init(tmp_path / "agency", name="agency-1", address="127.0.0.1", port=9443).public


def test_it_is_read_back_as_it_was_written(handed_over: Path, tmp_path: Path) -> None:
    introduction = read_introduction(handed_over)
    copy = tmp_path / "copy.json"
    write_introduction(copy, introduction)
    assert copy.read_bytes() == handed_over.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert read_introduction(copy) == introduction


def test_a_file_that_is_there_is_not_overwritten(handed_over: Path) -> None:
    before = handed_over.read_bytes()
    with pytest.raises(FileExists):
        write_introduction(handed_over, read_introduction(handed_over))
    assert handed_over.read_bytes() == before


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"name": "agency-1"}', b"{" * 100_000])
def test_anything_else_is_named_by_its_file(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(raw)
    with pytest.raises(PeerFileUnusable) as caught:
        read_introduction(file)
    assert caught.value.facts == {"file": "other.json"}


def test_a_file_that_is_not_there_is_named_as_well(tmp_path: Path) -> None:
    with pytest.raises(PeerFileUnusable):
        read_introduction(tmp_path / "nowhere.json")
