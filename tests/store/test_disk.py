"""What the operating system says of a disk becomes one of three faults, and everything else stays what it is."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from store.disk import NO_ROOM, disk_fault, is_read_only, try_write
from store.errors import DiskFailed, DiskFull, DiskReadOnly


@pytest.mark.parametrize("code", sorted(NO_ROOM), ids=errno.errorcode.get)
def test_no_room_is_a_full_disk(code: int) -> None:
    assert isinstance(disk_fault(OSError(code, "no room")), DiskFull)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENODEV, errno.ESTALE], ids=errno.errorcode.get)
def test_a_disk_that_does_not_work_has_failed(code: int) -> None:
    assert isinstance(disk_fault(OSError(code, "broken")), DiskFailed)


def test_a_disk_that_is_mounted_read_only_is_named_so() -> None:
    assert isinstance(disk_fault(OSError(errno.EROFS, "Read-only file system")), DiskReadOnly)


def test_the_file_system_itself_says_whether_it_takes_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not is_read_only(tmp_path)
    flags = os.statvfs(tmp_path).f_flag
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=flags | os.ST_RDONLY))
    assert is_read_only(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "no such file"),
        PermissionError(errno.EACCES, "not allowed"),
        OSError("without a number"),
        ValueError(errno.ENOSPC),
    ],
    ids=repr,
)
def test_another_cause_is_no_fault_of_the_disk(error: Exception) -> None:
    assert disk_fault(error) is None


def test_trying_to_write_leaves_nothing_and_tells_when_it_cannot(tmp_path: Path) -> None:
    try_write(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        try_write(tmp_path / "missing")
