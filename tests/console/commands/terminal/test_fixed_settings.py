"""`console.commands.terminal.setup`: `init` takes all that cannot change later; a changed fixed setting is named."""

from pathlib import Path
from typing import Final

import pytest

from console.settings import Settings
from tests.running import NEW_TERMINAL, World, run

_WHOLE: Final = dict(zip(NEW_TERMINAL[::2], NEW_TERMINAL[1::2], strict=True))


def _init(home: Path, options: dict[str, str]) -> tuple[int, str]:
    ran = run("init", "--home", home, *(word for pair in options.items() for word in pair), "--json")
    return ran.status, ran.error["code"] if ran.status else ""


def test_the_options_name_what_cannot_change_later(tmp_path: Path) -> None:
    assert _init(tmp_path / "home", _WHOLE) == (0, "")
    settings = Settings.load(tmp_path / "home")
    assert (settings.municipality.code, settings.terminal.id) == ("131041", "131041-01")
    assert (settings.municipality.name, settings.municipality.section) == ("新宿区", "戸籍住民課")


def test_check_tells_before_work_begins_that_nobody_could_go_on_after_a_fault_of_the_log(tmp_path: Path) -> None:
    assert _init(tmp_path / "home", _WHOLE) == (0, "")
    checks = {check["name"]: check for check in run("check", "--home", tmp_path / "home", "--json").json["checks"]}
    assert checks["people"]["ok"] is False
    # The first officer has not chosen a PIN yet, and so cannot stand behind anything.
    assert "0" in checks["people"]["detail"]
    assert "renkei operator add" in checks["people"]["remedy"]


def test_check_counts_those_who_can_go_on_together(world: World) -> None:
    checks = {check["name"]: check for check in run("check", "--home", world.home, "--json").json["checks"]}
    assert checks["people"]["ok"] is True
    assert "2" in checks["people"]["detail"]


@pytest.mark.parametrize("missing", [*_WHOLE, ""])
def test_without_them_no_terminal_is_made_under_a_placeholder(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in _WHOLE.items() if missing not in {"", name}}
    assert _init(tmp_path / "home", given) == (2, "usage")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("--municipality-code", "131042", "municipality.code"),
        ("--municipality-code", "13104", "municipality.code"),
        ("--terminal", "Terminal 1", "terminal.id"),
        ("--name", "新宿\n区", "municipality.name"),
    ],
)
def test_a_value_that_could_not_be_mended_later_is_refused_at_once(
    tmp_path: Path, option: str, value: str, setting: str
) -> None:
    options = {**_WHOLE, option: value}
    ran = run("init", "--home", tmp_path / "home", *(word for pair in options.items() for word in pair), "--json")
    assert ran.error["code"] == "settings_invalid"
    assert setting in ran.error["cause"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_and_options_together_are_refused(tmp_path: Path) -> None:
    assert _init(tmp_path / "home", {**_WHOLE, "--settings": "prepared.toml"}) == (2, "usage")


@pytest.mark.parametrize(
    ("setting", "was", "found"),
    [("terminal.id", "rehearsal-1", "rehearsal-2"), ("municipality.code", "131041", "131059")],
)
def test_a_fixed_setting_that_was_changed_is_named_with_both_values(
    world: World, setting: str, was: str, found: str
) -> None:
    file = world.home / "renkei.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f'"{was}"', f'"{found}"'), encoding="utf-8")
    refused = world.run("ka-301", "queue")
    assert (refused.status, refused.error["code"]) == (1, "setting_fixed")
    assert all(text in refused.error["cause"] for text in (setting, was, found))
    checks = run("check", "--home", world.home, "--json").json["checks"]
    assert (checks[0]["name"], checks[0]["ok"]) == ("settings", False)
    assert all(text in checks[0]["detail"] for text in (setting, was, found))
    # Nothing was done to the terminal: with the former value it works on.
    file.write_text(file.read_text(encoding="utf-8").replace(f'"{found}"', f'"{was}"'), encoding="utf-8")
    assert world.run("ka-301", "queue").status == 0


def test_keys_of_the_line_that_cannot_be_read_are_not_taken_for_another_name(world: World) -> None:
    (world.home / "keys" / "line" / "tls.crt").unlink()
    assert world.run("ka-301", "queue").status == 0
    checks = {check["name"]: check for check in run("check", "--home", world.home, "--json").json["checks"]}
    assert checks["settings"]["ok"] is True
    assert checks["certificate"]["ok"] is False


def test_an_error_names_the_option_or_the_file_that_was_prepared(tmp_path: Path) -> None:
    wrong = {**_WHOLE, "--municipality-code": "131042"}
    ran = run("init", "--home", tmp_path / "home", *(word for pair in wrong.items() for word in pair), "--json")
    assert "(--municipality-code)" in ran.error["cause"] or "（--municipality-code）" in ran.error["cause"]
    assert "131041" in ran.error["cause"]
    file = tmp_path / "prepared.toml"
    assert run("init", "--sample", file, "--json").json == {"file": str(file)}
    assert file.stat().st_mode & 0o777 == 0o600
    ran = run("init", "--home", tmp_path / "home", "--settings", file, "--json")
    assert ran.error["code"] == "setting_absent"
    assert str(file) in ran.error["remedy"]
    text = file.read_text(encoding="utf-8").replace("# id =", "id = 5")
    file.write_text(text, encoding="utf-8")
    for name in ("code", "name", "name_en", "section", "section_en"):
        text = text.replace(f"# {name} =\n", f'{name} = "131042"\n')
    file.write_text(text, encoding="utf-8")
    ran = run("init", "--home", tmp_path / "home", "--settings", file, "--json")
    assert f"{file}:{text.splitlines().index('id = 5') + 1}" in ran.error["remedy"]
    file.write_text(text.replace("id = 5", 'id = "131041-01"'), encoding="utf-8")
    ran = run("init", "--home", tmp_path / "home", "--settings", file, "--json")
    line = text.splitlines().index('code = "131042"') + 1
    assert f"{file}:{line}" in ran.error["remedy"]
    # The sample is never written over something.
    assert run("init", "--sample", file, "--json").error["code"] == "file_exists"
