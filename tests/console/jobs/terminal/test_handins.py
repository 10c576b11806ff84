"""Of the hand-in places `check` says what an import says: it asks the same (`console.jobs.terminal.gate_checks`)."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from console.jobs.terminal import health
from console.jobs.terminal.findings import Check
from console.words import Words
from tests.running import World

_WORDS: Final = Words("en")


def _check(world: World) -> list[Check]:
    return [part for part in health.check(world.home, _WORDS).checks if part.name == "handin"]


def _hand_in(world: World, directory: Path, owner: str, layout: str = "") -> None:
    file = world.home / "renkei.toml"
    place = f'[[handin]]\ndirectory = "{directory}"\nowner = "{owner}"\npurpose = "x"\nlayout = "{layout}"\n'
    text = file.read_text(encoding="utf-8").partition("[[handin]]")[0]
    file.write_text(text + place, encoding="utf-8")


def _belong_to_another(world: World, directory: Path) -> None:
    _hand_in(world, directory, "nobody")


def _open_to_all(_world: World, directory: Path) -> None:
    directory.chmod(0o777)


def _name_no_account(world: World, directory: Path) -> None:
    _hand_in(world, directory, "no-such-account")


def _name_a_layout(world: World, directory: Path) -> None:
    _hand_in(world, directory, getpass.getuser(), "ward")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_belong_to_another, "handin_foreign"),
        (_open_to_all, "handin_exposed"),
        (_name_no_account, "handin_ownerless"),
        (_name_a_layout, "layout_missing"),
    ],
)
def test_what_an_import_refuses_check_refuses(
    world: World, tmp_path: Path, spoil: Callable[[World, Path], None], code: str
) -> None:
    assert _check(world) == []
    directory = tmp_path / "place"
    directory.mkdir()
    file = directory / "records.csv"
    file.touch()
    _hand_in(world, directory, getpass.getuser())
    (sound,) = _check(world)
    assert (sound.ok, sound.detail) == (True, "in order: 1; files that lie there: 1")
    spoil(world, directory)
    (found,) = _check(world)
    assert (found.ok, found.code) == (False, code)
    assert found.remedy
    assert world.run("op-101", "import", file).error["code"] == code


def test_a_place_that_is_not_there_is_told_before_a_file_is_missed(world: World, tmp_path: Path) -> None:
    _hand_in(world, tmp_path / "nowhere", getpass.getuser())
    (found,) = _check(world)
    assert (found.ok, found.code) == (False, "handin_unreadable")
