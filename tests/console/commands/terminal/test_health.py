"""`check`: one line for monitoring, and the exit status that belongs to it."""

import pytest

from console.commands.terminal import health
from console.jobs.terminal.findings import Check, Health
from console.words import Words
from tests.running import World, run

WORDS = Words("en")
GOOD = Check("keys", ok=True, detail="they open")
CARE = Check("backup", ok=False, detail="none yet", remedy="make one")
REFUSED = Check("disk", ok=False, detail="no room", remedy="make room", code="disk_low")


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ((GOOD,), "OK - all 1 parts are in order"),
        ((GOOD, CARE), "WARNING - wants care: backup (none yet)"),
        ((GOOD, CARE, REFUSED), "CRITICAL - the next job would be refused for: disk (no room)"),
    ],
)
def test_the_worst_is_the_first_word(parts: tuple[Check, ...], line: str) -> None:
    assert health._brief_line(Health(parts), WORDS) == line


def test_monitoring_reads_one_line_in_either_language(world: World) -> None:
    for language, database in (("ja", "SQLite"), ("en", "SQLite")):
        ran = run("check", "--brief", "--home", world.home, "--language", language)
        # Nobody serves the peer here, so that the next exchange would fail.
        assert (ran.status, ran.err, ran.out.count("\n")) == (5, "", 1)
        assert ran.out.startswith("CRITICAL - ")
        assert database in run("check", "--home", world.home, "--language", language).out
