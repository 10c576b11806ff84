"""`init`: a terminal whose first officer has a code, and whose settings somebody completes."""

import stat
from pathlib import Path

from tests.running import NEW_TERMINAL, run


def test_a_terminal_is_made_with_a_code_for_its_first_officer(tmp_path: Path) -> None:
    home, file = tmp_path / "terminal", tmp_path / "settings.toml"
    ran = run("init", "--home", home, "--language", "en", *NEW_TERMINAL)
    # Without settings the person is told to complete them; the third line tells the first key of the log.
    assert (ran.status, len(ran.out.splitlines())) == (0, 4)
    file.write_text(
        (home / "renkei.toml").read_text(encoding="utf-8").replace("131041-01", "131041-07"), encoding="utf-8"
    )
    made = run("init", "--home", tmp_path / "other", "--settings", file, "--json").json
    assert made["home"] == str(tmp_path / "other")
    assert stat.S_IMODE(Path(made["one_time_code_file"]).stat().st_mode) == 0o600
    assert "131041-07" in (tmp_path / "other" / "renkei.toml").read_text(encoding="utf-8")


def test_nothing_is_made_where_something_is_or_from_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "of somebody").touch()
    assert run("init", "--home", tmp_path, "--json", *NEW_TERMINAL).error["code"] == "home_not_empty"
    (tmp_path / "settings.toml").write_text("no = settings")
    home = tmp_path / "home"
    assert "error" in run("init", "--home", home, "--settings", tmp_path / "settings.toml", "--json").json
    assert not home.exists()
    assert run("init", "--json").status == 2
