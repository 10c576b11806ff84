"""What is written appears whole and private under its name, or not at all."""

import stat
from pathlib import Path

import pytest

from console.errors import FileExists, FileUnwritable, HomeNotEmpty, HomeUnwritable
from console.files import drafted, new_file, refuse_occupied, write_private


class Failed(Exception):
    """The work on a draft fails."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("there", [False, True])
def test_a_directory_appears_whole_and_private(tmp_path: Path, *, there: bool) -> None:
    home = tmp_path / "home"
    if there:
        home.mkdir()
    with drafted(home) as draft:
        write_private(draft / "below" / "text", "山\n")
        assert list(home.glob("*")) == []
    assert (home / "below" / "text").read_text(encoding="utf-8") == "山\n"
    assert (mode(home), mode(home / "below"), mode(home / "below" / "text")) == (0o700, 0o700, 0o600)
    assert list(tmp_path.iterdir()) == [home]


def _fail_at(home: Path) -> None:
    with drafted(home) as draft:
        write_private(draft / "text", "half")
        raise Failed


def test_a_draft_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Failed):
        _fail_at(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_somebody_filled_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(HomeUnwritable), drafted(home):
        write_private(home / "of somebody", "text")
    assert [path.name for path in home.iterdir()] == ["of somebody"]
    assert list(tmp_path.iterdir()) == [home]


def test_an_occupied_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeNotEmpty):
        refuse_occupied(tmp_path)
    with pytest.raises(HomeUnwritable):
        refuse_occupied(tmp_path / "file")
    with pytest.raises(HomeUnwritable), drafted(tmp_path / "nowhere" / "home"):
        pass


def test_a_private_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "text"
    write_private(path, "first")
    with pytest.raises(FileExistsError):
        write_private(path, "second")
    assert path.read_text(encoding="utf-8") == "first"


def test_a_new_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    with new_file(path) as stream:
        stream.write(b"whole")
        assert not path.exists()
    assert (path.read_bytes(), mode(path)) == (b"whole", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_replaces_none_and_follows_no_link(tmp_path: Path) -> None:
    path, link = tmp_path / "backup", tmp_path / "link"
    path.write_bytes(b"of somebody")
    link.symlink_to(tmp_path / "target")
    for taken in (path, link):
        with pytest.raises(FileExists), new_file(taken) as stream:
            stream.write(b"ours")
    assert path.read_bytes() == b"of somebody"
    assert sorted(tmp_path.iterdir()) == [path, link]


def _fail_in(path: Path) -> None:
    with new_file(path) as stream:
        stream.write(b"half")
        raise Failed


def test_a_new_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Failed):
        _fail_in(tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileUnwritable), new_file(tmp_path / "nowhere" / "backup"):
        pass
