"""The way to a key is checked directory by directory: nobody else can put another one there."""

import os
from pathlib import Path

import pytest

from store.errors import KeyPathLinked, KeyPathOpen
from store.sealing.sources.paths import check_way, is_ours


@pytest.fixture
def way(home: Path) -> Path:
    (home / "above" / "keys").mkdir(mode=0o700, parents=True)
    (home / "above").chmod(0o755)
    return home / "above" / "keys"


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o500])
def test_a_way_that_only_we_can_change_is_taken(way: Path, mode: int) -> None:
    way.parent.chmod(mode)
    check_way(way)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o720, 0o702])
@pytest.mark.parametrize("place", ["above", "above/keys"])
def test_a_directory_that_others_can_write_is_named(way: Path, home: Path, place: str, mode: int) -> None:
    (home / place).chmod(mode)

    with pytest.raises(KeyPathOpen) as caught:
        check_way(way)
    assert caught.value.facts == {"path": str(home / place)}


def test_the_sticky_bit_helps_above_and_not_at_the_end(way: Path) -> None:
    way.parent.chmod(0o1777)
    check_way(way)
    way.chmod(0o1777)

    with pytest.raises(KeyPathOpen):
        check_way(way)


@pytest.mark.parametrize("end", ["", "keys"])
def test_a_link_anywhere_on_the_way_is_refused(way: Path, home: Path, end: str) -> None:
    (home / "link").symlink_to(way.parent if end else way)

    with pytest.raises(KeyPathLinked) as caught:
        check_way(home / "link" / end)
    assert caught.value.facts == {"path": str(home / "link")}


def test_the_check_ends_where_nothing_is_yet(way: Path) -> None:
    check_way(way / "missing" / "below")


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can give a file away.")
def test_what_belongs_to_somebody_else_is_not_ours(way: Path) -> None:
    assert is_ours(way.stat())
    os.chown(way, 4242, -1)

    assert not is_ours(way.stat())
    with pytest.raises(KeyPathOpen):
        check_way(way)
