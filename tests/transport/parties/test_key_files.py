"""Private files are written once, readable only by their owner, and read only when they still are."""

from pathlib import Path

import pytest

from transport.errors import IdentityDamaged, IdentityExposed, IdentityMissing
from transport.parties.key_files import read_private, sync_directory, write_new


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_new(tmp_path / "a.key", b"secret")

    assert read_private(tmp_path, "a.key") == b"secret"
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o400


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    write_new(tmp_path / "a.key", b"first")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.key", b"second")
    assert read_private(tmp_path, "a.key") == b"first"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IdentityMissing) as caught:
        read_private(tmp_path, "a.key")
    assert caught.value.facts == {"name": "a.key"}


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o401])
def test_a_file_that_others_can_use_is_exposed(tmp_path: Path, mode: int) -> None:
    write_new(tmp_path / "a.key", b"secret")
    (tmp_path / "a.key").chmod(mode)

    with pytest.raises(IdentityExposed):
        read_private(tmp_path, "a.key")


def test_a_link_is_not_followed_even_to_a_private_file(tmp_path: Path) -> None:
    write_new(tmp_path / "real.key", b"secret")
    (tmp_path / "a.key").symlink_to(tmp_path / "real.key")

    with pytest.raises(IdentityDamaged):
        read_private(tmp_path, "a.key")


def test_no_more_is_read_than_any_key_has(tmp_path: Path) -> None:
    write_new(tmp_path / "a.key", bytes(64 * 1024 + 1))

    assert len(read_private(tmp_path, "a.key")) == 64 * 1024


def test_only_a_directory_can_be_synced_as_one(tmp_path: Path) -> None:
    write_new(tmp_path / "a.key", b"secret")
    sync_directory(tmp_path)

    with pytest.raises(NotADirectoryError):
        sync_directory(tmp_path / "a.key")
