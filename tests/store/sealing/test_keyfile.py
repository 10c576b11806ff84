"""Key files are whole or not there, private, and never lost by an interrupted replacement."""

import os
import stat
from pathlib import Path

import pytest

from store.errors import KeyFileDamaged, KeyFileExists, KeyFileExposed, KeyFileMissing
from store.sealing.keyfile import (
    destroy_key_file,
    draft_of,
    read_key_file,
    read_whole_key_file,
    replace_key_file,
    supersede_key_file,
    sync_directory,
    write_key_file,
)

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "keys" / "terminal.key"
    write_key_file(written, OLD)
    return written


def test_a_key_file_and_its_directory_are_private(path: Path) -> None:
    assert read_key_file(path, size=32) == OLD
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_key_stays(path: Path) -> None:
    with pytest.raises(KeyFileExists) as caught:
        write_key_file(path, NEW)
    assert caught.value.facts == {"file": "terminal.key"}
    assert read_key_file(path, size=32) == OLD
    assert list(path.parent.iterdir()) == [path]


def test_what_an_interrupted_writing_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".a.key.{os.getpid()}").write_bytes(b"half a key")
    write_key_file(tmp_path / "a.key", NEW)

    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.key", NEW)]


@pytest.mark.parametrize("leftover", [None, b"half a key"])
def test_a_key_is_replaced_in_one_step(path: Path, leftover: bytes | None) -> None:
    if leftover is not None:
        draft_of(path).write_bytes(leftover)
    replace_key_file(path, NEW)

    assert read_key_file(path, size=32) == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert not draft_of(path).exists()


def test_a_failed_replacement_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "a.key").mkdir()

    with pytest.raises(OSError, match=r"a\.key"):
        replace_key_file(tmp_path / "a.key", NEW)
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]


def test_superseding_destroys_the_bytes_of_the_old_file(path: Path) -> None:
    with path.open("rb") as old:
        supersede_key_file(path, NEW)
        assert old.read() == bytes(32)

    assert read_key_file(path, size=32) == NEW
    assert list(path.parent.iterdir()) == [path]


def test_superseding_goes_on_where_it_was_interrupted_before_the_replacement(path: Path) -> None:
    # Both names are the same file: destroying the second one would destroy the only key.
    os.link(path, path.with_name(".terminal.key.former"))
    supersede_key_file(path, NEW)

    assert read_key_file(path, size=32) == NEW
    assert list(path.parent.iterdir()) == [path]


def test_superseding_goes_on_where_it_was_interrupted_after_the_replacement(path: Path) -> None:
    former = path.with_name(".terminal.key.former")
    former.write_bytes(b"f" * 32)
    with former.open("rb") as older:
        supersede_key_file(path, NEW)
        assert older.read() == bytes(32)

    assert list(path.parent.iterdir()) == [path]


def test_destroying_overwrites_what_is_still_open_elsewhere(path: Path) -> None:
    with path.open("rb") as still_open:
        destroy_key_file(path)
        assert still_open.read() == bytes(32)

    assert not path.exists()


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o401])
def test_a_file_that_others_can_use_is_exposed(path: Path, mode: int) -> None:
    path.chmod(mode)

    with pytest.raises(KeyFileExposed):
        read_key_file(path, size=32)


@pytest.mark.parametrize("size", [31, 33])
def test_a_key_of_another_length_is_damaged(path: Path, size: int) -> None:
    with pytest.raises(KeyFileDamaged):
        read_key_file(path, size=size)


def test_a_file_of_any_length_up_to_a_limit_may_be_read_whole(path: Path) -> None:
    assert read_whole_key_file(path, most=32) == read_whole_key_file(path, most=33) == OLD
    with pytest.raises(KeyFileDamaged):
        read_whole_key_file(path, most=31)


@pytest.mark.parametrize("name", ["absent.key", "terminal.key/inside"])
def test_a_file_that_is_not_there_is_missing(path: Path, name: str) -> None:
    with pytest.raises(KeyFileMissing):
        read_key_file(path.parent / name, size=32)


def test_only_a_directory_can_be_synced_as_one(path: Path) -> None:
    sync_directory(path.parent)

    with pytest.raises(NotADirectoryError):
        sync_directory(path)
