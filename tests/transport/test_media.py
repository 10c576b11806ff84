"""What is on a medium is whole and was read back; otherwise nothing of it is there."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transport.errors import (
    MediaFault,
    MediumFailed,
    MediumFull,
    MediumLies,
    MediumMissing,
    MediumOccupied,
    MediumReadOnly,
)
from transport.media import Medium, Written

MEGABYTE = 2**20
FILES = {"one.txt": b"1" * 5000, "two.bin": bytes(range(256)) * 4097, "empty": b""}


def _run(*command: str | Path) -> bool:
    return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0


def _write(path: Path, files: dict[str, bytes] | None = None, *, then: Callable[[], None] | None = None) -> Written:
    """Write `files`; `then` happens when all are written, before the last one is closed."""

    def pieces(name: str, data: bytes, last: str) -> Iterator[bytes]:
        for start in range(0, len(data), 65536):
            yield data[start : start + 65536]
        if name == last and then is not None:
            then()

    chosen = FILES if files is None else files
    last = list(chosen)[-1]
    with Medium(path) as medium:
        return medium.write("bundle", ((name, pieces(name, data, last)) for name, data in chosen.items()))


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount a small file system of its own: `tmpfs`, or `ext4` in a file."""
    points: list[Path] = []

    def mount(kind: str, megabytes: int = 4) -> Path:
        point = tmp_path / f"medium-{len(points)}"
        point.mkdir()
        if kind == "tmpfs":
            done = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", point)
        else:
            image = tmp_path / f"image-{len(points)}"
            image.touch()
            os.truncate(image, megabytes * MEGABYTE)
            done = _run("mkfs.ext4", "-q", image) and _run("mount", "-o", "loop", image, point)
        if not done:
            pytest.skip(f"this machine does not let us mount {kind}")
        points.append(point)
        return point

    yield mount
    for point in points:
        _run("umount", "-l", point)


def _left(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if entry.name != "lost+found")


def test_a_directory_is_written_whole_and_read_back(tmp_path: Path) -> None:
    written = _write(tmp_path)
    assert (written.name, written.files, written.bytes) == ("bundle", 3, sum(map(len, FILES.values())))
    assert {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()} == FILES
    assert _left(tmp_path) == ["bundle"]


def test_what_lies_on_a_real_medium_is_read_past_the_cache(mounted: Callable[..., Path]) -> None:
    medium = mounted("ext4", 16)
    assert _write(medium).past_cache
    assert _left(medium) == ["bundle"]


@pytest.mark.parametrize("planted", ["directory", "file", "link"])
def test_nothing_is_replaced_nor_followed(tmp_path: Path, planted: str) -> None:
    medium, elsewhere = tmp_path / "medium", tmp_path / "elsewhere"
    medium.mkdir()
    elsewhere.mkdir()
    if planted == "directory":
        (medium / "bundle").mkdir()
    elif planted == "file":
        (medium / "bundle").write_text("mine")
    else:
        (medium / "bundle").symlink_to(elsewhere)
    with pytest.raises(MediumOccupied):
        _write(medium)
    assert _left(medium) == ["bundle"]
    assert _left(elsewhere) == []


def test_what_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(MediumOccupied):
        _write(tmp_path, then=(tmp_path / "bundle").mkdir)
    assert _left(tmp_path) == ["bundle"]
    assert _left(tmp_path / "bundle") == []


def test_a_link_is_no_medium(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    for path in (tmp_path / "link", tmp_path / "missing", Path(__file__)):
        with pytest.raises(MediumMissing):
            Medium(path)


def test_a_full_medium_keeps_nothing_of_it(mounted: Callable[..., Path]) -> None:
    medium = mounted("tmpfs", 1)
    with pytest.raises(MediumFull):
        _write(medium, {"big": bytes(2 * MEGABYTE)})
    assert _left(medium) == []


def test_the_terminals_own_disk_is_not_filled(tmp_path: Path) -> None:
    with Medium(tmp_path) as medium, pytest.raises(MediumFull):
        medium.write("bundle", [("one", iter([b"x" * 10]))], leave=medium.free + 10 * MEGABYTE)
    assert _left(tmp_path) == []


def test_a_write_protected_medium(mounted: Callable[..., Path]) -> None:
    medium = mounted("tmpfs")
    assert _run("mount", "-o", "remount,ro", medium)
    with pytest.raises(MediumReadOnly):
        _write(medium)


def test_a_medium_that_is_pulled_out_does_not_count(mounted: Callable[..., Path]) -> None:
    medium = mounted("tmpfs")
    with pytest.raises(MediumFailed):
        _write(medium, then=lambda: _pull(medium))
    assert _left(medium) == [], "nothing was written to the disk under it"


def _pull(medium: Path) -> None:
    assert _run("umount", "-l", medium)


@pytest.mark.parametrize("lie", ["other bytes", "fewer bytes", "one file less", "one file more"])
def test_a_medium_that_lies_is_found_out(tmp_path: Path, lie: str) -> None:
    def tell() -> None:
        (draft,) = (path for path in tmp_path.iterdir() if path.name.endswith(".partial"))
        if lie == "other bytes":
            (draft / "one.txt").write_bytes(b"2" * 5000)
        elif lie == "fewer bytes":
            os.truncate(draft / "one.txt", 4096)
        elif lie == "one file less":
            (draft / "one.txt").unlink()
        else:
            (draft / "more").touch()

    with pytest.raises(MediumLies):
        _write(tmp_path, then=tell)
    assert _left(tmp_path) == []


def test_a_medium_that_breaks_off_in_the_middle(mounted: Callable[..., Path], tmp_path: Path) -> None:
    medium = mounted("ext4", 16)
    # The image is cut behind the file system's back, as a stick does that promises more than it has.
    with pytest.raises(MediaFault):
        _write(medium, {"big": bytes(range(256)) * 4096 * 8, "last": b"x"}, then=lambda: _cut(tmp_path))


def _cut(directory: Path) -> None:
    os.truncate(directory / "image-0", 2 * MEGABYTE)


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path, then=interrupt)
    assert _left(tmp_path) == []


def test_an_auditor_reads_it_under_another_account_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with Medium(tmp_path) as medium:
            medium.write("bundle", [("a", iter([b"x"]))])
    finally:
        os.umask(before)
    assert (tmp_path / "bundle").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "bundle" / "a").stat().st_mode & 0o777 == 0o644
