"""`queue` as scripts call it: filters, limits, and no content."""

from datetime import date
from typing import Any
from unittest import mock

from console.commands.messages.listing import _until
from console.words import Words
from tests.running import World, run


def test_limits_and_filters_choose_what_is_listed(world: World) -> None:
    whole = world.run("ka-301", "queue", "--limit", "0").json
    assert whole["total"] == len(whole["messages"]) == 40
    some = world.run("ka-301", "queue", "--limit", "3", "--state", "review").json
    assert (some["total"], _ids(some)) == (40, _ids(whole)[:3])
    reference = whole["messages"][7]["reference"]
    assert [row["reference"] for row in world.run("ka-301", "queue", "--reference", reference).json["messages"]] == [
        reference
    ]
    assert world.run("ka-301", "queue", "--being-undone").json == {"messages": [], "total": 0}
    # A list names nobody: the names are in the sealed contents only.
    assert {"record", "person", "name"}.isdisjoint(whole["messages"][0])


def _ids(listed: dict[str, Any]) -> list[int]:
    """Return which messages are listed: how long they have waited may differ from one list to the next."""
    return [message["id"] for message in listed["messages"]]


def test_a_state_of_the_other_direction_is_wrong_usage(world: World) -> None:
    refused = world.run("ka-301", "queue", "--direction", "in", "--state", "delivered")
    assert refused.status == 2
    assert "received" in refused.out


def test_the_table_has_a_line_for_each_message_and_the_total(world: World) -> None:
    who = ("--home", world.home, "--as", "ka-301", "--pin-file", world.pin_files["ka-301"], "--language", "en")
    _heading, *rows, total = run("queue", "--limit", "2", *who).out.splitlines()
    assert len(rows) == 2
    assert "40" in total


def test_a_list_says_until_which_day_a_message_is_held() -> None:
    row = mock.Mock(state="held", due_on=date(2026, 12, 1))
    assert _until(row, Words("ja")) == "（2026-12-01 まで）"
    # Once it is decided about, the day says nothing of its state any more.
    assert _until(mock.Mock(state="approved", due_on=date(2026, 12, 1)), Words("ja")) == ""
    assert _until(mock.Mock(state="held", due_on=None), Words("ja")) == ""
