"""`log verify --tables` names each row that is not as the log has it; `check` tells of it as well."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.commands.log.tables import described
from console.words import Words
from store.comparison import Comparison, Difference
from tests.running import World


def _edit(world: World, statement: str) -> None:
    (database,) = (world.home / "database").glob("*.sqlite3")
    with closing(sqlite3.connect(database)) as bare, bare:
        bare.execute(statement)


def test_all_rows_of_an_honest_world_agree(world: World) -> None:
    ran = world.run("au-401", "log", "verify", "--tables")
    assert (ran.status, ran.json["ok"], ran.json["tables"]["differences"]) == (0, True, 0)
    assert ran.json["tables"]["rows"] > 0


def test_a_row_that_was_edited_is_named_with_status_six_and_check_tells_it(world: World) -> None:
    _edit(world, "UPDATE message SET state = 'approved' WHERE id = 1")
    ran = world.run("au-401", "log", "verify", "--tables")
    assert (ran.status, ran.json["ok"]) == (6, False)
    (named,) = [each for each in ran.json["tables"]["named"] if each["table"] == "message"]
    assert named["how"] == "changed"
    checked = world.run("au-401", "check")
    assert checked.status == 6
    (tables,) = [part for part in checked.json["checks"] if part["name"] == "tables"]
    assert not tables["ok"]
    assert "renkei log verify --tables" in tables["remedy"]


def test_a_medium_has_no_tables(world: World, tmp_path: Path) -> None:
    assert world.run("au-401", "log", "verify", str(tmp_path), "--tables").status == 2


@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_row_has_a_line_and_the_rest_are_counted(language: str) -> None:
    words = Words("ja" if language == "ja" else "en")
    found = Comparison()
    for how in Difference:
        found.note("message", f"row-{how}", how)
    found.differences += 1200
    *lines, last = described(found, words)
    assert len(set(lines)) == len(Difference)
    assert all(f"row-{how}" in line for how, line in zip(Difference, lines, strict=True))
    assert "1,200" in last
