"""The sources of the terminal's key from outside: real processes, as a script or systemd starts them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.running import Ran, run

NAME = "renkei-terminal-key"
OFFICER = "officer-1"
SETTINGS = """\
[municipality]
code = "131041"
name = "新宿区"
name_en = "Shinjuku City"
section = "戸籍住民課"
section_en = "Residents"
[terminal]
id = "131041-01"
[keys]
"""


@dataclass
class Start:
    """How the program is started: with which variables, and which files for the parts."""

    place: Path
    more: Mapping[str, str]
    part_files: tuple[Path, ...] = ()

    @property
    def home(self) -> Path:
        return self.place / "home"

    def run(self, *arguments: str | Path, more: Mapping[str, str] | None = None) -> Ran:
        parts = [one for file in self.part_files for one in ("--part-file", file)]
        return run(*arguments, "--home", self.home, "--json", *parts, more=self.more if more is None else more)

    def as_officer(self, *arguments: str | Path) -> Ran:
        return self.run(*arguments, "--as", OFFICER, "--pin-file", self.place / "pin")

    def make(self, keys: str) -> None:
        settings = private(self.place / "settings.toml", SETTINGS + keys)
        made = self.run("init", "--settings", settings)
        assert made.status == 0, made.out
        code = made.told["one_time_code_file"]
        private(self.place / "pin", "73920418\n")
        chosen = self.run(
            *("operator", "pin", "--new-pin-file", self.place / "pin", "--as", OFFICER, "--pin-file", code)
        )
        assert chosen.status == 0, chosen.out


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def credentials_at(place: Path) -> Path:
    directory = place / "credentials"
    directory.mkdir(mode=0o700)
    (directory / NAME).write_bytes(bytes(range(32)))
    (directory / NAME).chmod(0o400)
    return directory


def test_a_credential_of_systemd(tmp_path: Path) -> None:
    credentials = credentials_at(tmp_path)
    given = {"CREDENTIALS_DIRECTORY": str(credentials)}
    start = Start(tmp_path, given)
    start.make('source = "credential"\n')
    assert not list(start.home.rglob("terminal*.key"))

    for more, code, status in (
        ({}, "credentials_absent", 1),
        ({"CREDENTIALS_DIRECTORY": "credentials"}, "credentials_relative", 7),
    ):
        refused = start.run("queue", *("--as", OFFICER, "--pin-file", tmp_path / "pin"), more=more)
        assert (refused.error["code"], refused.status) == (code, status)

    changed = start.as_officer("rekey").told
    waiting = start.home / "keys" / "terminal-next.key"
    assert (changed["left"], changed["new_key_file"]) == (0, str(waiting))
    checked = start.run("check").told["checks"]
    assert [one["ok"] for one in checked if one["name"] == "keys"] == [False]
    waiting.replace(credentials / NAME)
    # It was moved, not copied: nothing is left to do.
    checked = start.run("check").told["checks"]
    assert [one["ok"] for one in checked if one["name"] == "keys"] == [True]


def test_two_persons(tmp_path: Path) -> None:
    first, second = (private(tmp_path / name, f"the part of person {name}\n") for name in ("a", "b"))
    start = Start(tmp_path, {}, (first, second))
    start.make('source = "passphrase"\n')
    wrapped = start.home / "keys" / "terminal.wrapped"
    assert start.as_officer("backup", tmp_path / "backup").status == 0
    (tmp_path / "again").mkdir()
    restored = Start(tmp_path / "again", {}, (second, first))
    assert restored.run("restore", tmp_path / "backup", "--key", wrapped).told["home"] == str(restored.home)

    wrong = private(tmp_path / "c", "the part of person x\n")
    exposed = private(tmp_path / "d", "the part of person b\n", 0o640)
    for files, code, status in (
        ((), "key_parts_missing", 3),
        ((first, wrong), "key_parts_refused", 3),
        ((first, exposed), "part_file_exposed", 3),
        ((first, first), "usage", 2),
    ):
        refused = Start(tmp_path, {}, files).as_officer("queue")
        assert (refused.error["code"], refused.status) == (code, status)


@pytest.mark.parametrize(
    ("keys", "code", "status"),
    [
        ('source = "file"\nfile = "{place}/open/terminal.key"\n', "key_path_open", 7),
        ('source = "credential"\n', "credentials_absent", 1),
    ],
)
def test_a_source_that_cannot_be_used_makes_no_terminal(tmp_path: Path, keys: str, code: str, status: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    settings = private(tmp_path / "settings.toml", SETTINGS + keys.format(place=tmp_path))
    refused = Start(tmp_path, {}).run("init", "--settings", settings)
    assert (refused.error["code"], refused.status) == (code, status)
    assert not (tmp_path / "home").exists()
