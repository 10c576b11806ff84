"""`confirm` as scripts call it."""

import pytest

from tests.running import World


@pytest.fixture
def notices(noticed: World) -> dict[str, int]:
    """The numbers of the received notices by their references."""
    notices = noticed.run("op-101", "queue", "--direction", "in").json["messages"]
    return {notice["reference"]: notice["id"] for notice in notices}


def test_notices_are_confirmed_and_a_deletion_by_two(noticed: World, notices: dict[str, int]) -> None:
    change, deletion = str(notices["N26-000001"]), str(notices["N26-000005"])
    ran = noticed.run("op-101", "confirm", change, deletion)
    assert (ran.status, ran.json) == (0, {"changed": [int(change)], "waiting": [int(deletion)], "refused": []})
    again = noticed.run("op-101", "confirm", change, deletion)
    assert again.status == 4
    refused = [(refusal["id"], refusal["reason"]) for refusal in again.json["refused"]]
    assert refused == [(int(change), "step_refused"), (int(deletion), "other_person_needed")]
    assert noticed.run("op-101", "confirm", deletion).status == 3
    assert noticed.run("ap-201", "confirm", deletion).json == {"changed": [int(deletion)], "waiting": [], "refused": []}
    assert noticed.log_is_whole()


def test_notices_are_put_on_hold_and_taken_up(noticed: World, notices: dict[str, int]) -> None:
    number = str(notices["N26-000001"])
    held = noticed.run("op-101", "confirm", "--hold", "--reason", "-", number, stdin="本人と合わない\n")
    assert held.json == {"changed": [int(number)], "refused": []}
    assert noticed.run("ap-201", "show", number).json["reason"] == "本人と合わない"
    assert noticed.run("op-101", "confirm", number).json["refused"][0]["reason"] == "step_refused"
    assert noticed.run("op-101", "confirm", "--take-up", number).json["changed"] == [int(number)]
    assert noticed.run("op-101", "confirm", number).json["changed"] == [int(number)]


def test_half_of_a_hold_is_wrong_usage(noticed: World) -> None:
    assert noticed.run("op-101", "confirm", "--hold", "1").status == 2
    assert noticed.run("op-101", "confirm", "--take-up", "--reason", "why", "1").status == 2
