"""Both sides are set up by commands alone, outside the demo, and exchange their first messages."""

from pathlib import Path
from typing import Any

from tests.end_to_end.first_exchange import set_up_and_exchange
from tests.running import PROGRAM, run


def _call(*words: str | Path) -> dict[str, Any]:
    ran = run(*words, "--json")
    assert "error" not in ran.json, (words, ran.json)
    return ran.json


def test_two_people_set_both_sides_up_by_commands_alone(tmp_path: Path) -> None:
    done = set_up_and_exchange(_call, tmp_path, PROGRAM)
    count = done["accepted"]
    assert count > 0
    assert done == {
        "accepted": count,
        "approved": count,
        "delivered": count,
        "results": count,
        "distinct": count,
        "verified": True,
        "wrong": [],
    }
