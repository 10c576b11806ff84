"""The sources of the terminal's key from outside, as a script or systemd starts the program."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from console.commands import cli
from store.sealing.sources import passphrase
from store.sealing.sources.passphrase import Cost
from tests.running import run_program

NAME = "renkei-terminal-key"
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

Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the command line in this process, for its status and its JSON; stretching costs nothing."""
    monkeypatch.setattr(passphrase, "STANDARD_COST", Cost(1, 8, 1))

    def called(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
        status = cli([*map(str, arguments), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return called


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


def acting(call: Call, home: Path, *more: str | Path) -> tuple[str | Path, ...]:
    """Let the first officer choose a PIN; return what says that the officer acts."""
    pin = private(home.with_name("pin"), "73920418\n")
    who = ("--home", home, *more, "--as", "officer-1", "--pin-file")
    assert call("operator", "pin", "--new-pin-file", pin, *who, home / "one-time-code")[0] == 0
    return (*who, pin)


def test_a_credential_reaches_the_program_through_its_clean_environment(tmp_path: Path) -> None:
    directory = credentials_at(tmp_path)
    settings, home = private(tmp_path / "settings.toml", SETTINGS + 'source = "credential"\n'), tmp_path / "home"
    made = run_program("init", "--settings", settings, "--home", home, more={"CREDENTIALS_DIRECTORY": str(directory)})
    assert made.status == 0, made.err
    assert not list(home.rglob("terminal*.key"))
    relative = {"CREDENTIALS_DIRECTORY": "credentials"}
    refused = run_program(
        *("queue", "--home", home, "--json", "--as", "officer-1", "--pin-file", home / "one-time-code"), more=relative
    )
    assert (refused.error["code"], refused.status) == ("credentials_relative", 7)


def test_the_new_key_of_a_credential_is_told_until_it_is_installed(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, home = credentials_at(tmp_path), tmp_path / "home"
    settings = private(tmp_path / "settings.toml", SETTINGS + 'source = "credential"\n')
    assert call("init", "--settings", settings, "--home", home)[1]["error"]["code"] == "credentials_absent"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    assert call("init", "--settings", settings, "--home", home)[0] == 0
    who, waiting = acting(call, home), home / "keys" / "terminal-next.key"
    for _ in range(2):
        status, printed = call("rekey", *who)
        assert (status, printed["left"], printed["new_key_file"]) == (0, 0, str(waiting))
    assert keys_are_well(call("check", "--home", home)[1]) is False
    (directory / NAME).unlink()
    (directory / NAME).write_bytes(waiting.read_bytes())
    (directory / NAME).chmod(0o400)
    assert call("rekey", *who)[1]["new_key_file"] is None
    assert not waiting.exists()
    assert keys_are_well(call("check", "--home", home)[1]) is True


def keys_are_well(checked: dict[str, Any]) -> bool:
    (well,) = (check["ok"] for check in checked["checks"] if check["name"] == "keys")
    assert isinstance(well, bool)
    return well


def test_two_persons_give_their_parts_in_files(call: Call, tmp_path: Path) -> None:
    first, second, third = (private(tmp_path / name, f"the part of person {name}\n") for name in "abc")
    parts, new_parts = ("--part-file", first, "--part-file", second), ("--part-file", third, "--part-file", first)
    settings, home = private(tmp_path / "settings.toml", SETTINGS + 'source = "passphrase"\n'), tmp_path / "home"
    assert call("init", "--settings", settings, "--home", home, *parts)[0] == 0
    who = acting(call, home, *parts)
    assert call("backup", tmp_path / "backup", *who)[0] == 0
    wrapped = private(tmp_path / "wrapped", (home / "keys" / "terminal.wrapped").read_text())
    changed = call("rekey", "--new-part-file", third, "--new-part-file", first, *who)
    assert (changed[0], changed[1]["new_key_file"]) == (0, None)
    assert keys_are_well(call("check", "--home", home, *new_parts)[1]) is True
    again = ("--key", wrapped, "--home", tmp_path / "again")
    assert call("restore", tmp_path / "backup", *again, *new_parts)[1]["error"]["code"] == "key_parts_refused"
    assert call("restore", tmp_path / "backup", *again, *parts)[0] == 0

    exposed = private(tmp_path / "d", "the part of person b\n", 0o640)
    for files, code, wanted in (
        ((), "key_parts_missing", 3),
        ((first, second), "key_parts_refused", 3),
        ((first, exposed), "part_file_exposed", 3),
        ((first, tmp_path / "none"), "part_file_unreadable", 3),
        ((first,), "usage", 2),
        ((first, first), "usage", 2),
    ):
        given = [argument for file in files for argument in ("--part-file", file)]
        status, printed = call("queue", "--home", home, *given, "--as", "officer-1", "--pin-file", tmp_path / "pin")
        assert (printed["error"]["code"], status) == (code, wanted)
        if code in {"key_parts_missing", "key_parts_refused"}:
            assert call("check", "--home", home, *given)[0] == wanted


@pytest.mark.parametrize(
    ("keys", "code", "status"),
    [
        ('source = "file"\n', "settings_invalid", 1),
        ('source = "file"\nfile = "{place}/open/terminal.key"\n', "key_path_open", 7),
        ('source = "file"\nfile = "/proc/nowhere/terminal.key"\n', "home_unwritable", 1),
        ('source = "passphrase"\n', "key_parts_missing", 3),
    ],
)
def test_a_source_that_cannot_be_used_makes_no_terminal(
    call: Call, tmp_path: Path, keys: str, code: str, status: int
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    settings = private(tmp_path / "settings.toml", SETTINGS + keys.format(place=tmp_path))
    ended, printed = call("init", "--settings", settings, "--home", tmp_path / "home")
    assert (printed["error"]["code"], ended) == (code, status)
    assert not (tmp_path / "home").exists()
