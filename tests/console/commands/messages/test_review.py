"""The commands of the steps: each message is decided by itself, and a refusal among many is told with its reason.

It shows `console.commands.messages.retention` as well.
"""

import click
import pytest

from console.commands.messages import review
from console.commands.messages.review import StepCommand
from console.steps import COMMANDS
from tests.running import World


@pytest.mark.parametrize("name", COMMANDS)
def test_every_step_of_messages_is_a_command_of_the_module(name: str) -> None:
    command = getattr(review, name)
    assert isinstance(command, StepCommand)
    asked = {option.name for option in command.params if isinstance(option, click.Option)}
    assert ("reason" in asked, "confirm_warnings" in asked) == (
        COMMANDS[name].asks_reason,
        COMMANDS[name].confirms_warnings,
    )


def test_another_name_is_no_command() -> None:
    with pytest.raises(AttributeError, match="'no_such_step'"):
        _ = review.no_such_step


def test_what_can_be_decided_is_and_the_rest_is_refused_with_its_reason(world: World) -> None:
    ran = world.run("ap-201", "hold", "1", "2", "9999")
    assert ran.status == 4
    assert ran.json["changed"] == [1, 2]
    (refused,) = ran.json["refused"]
    assert (refused["id"], refused["reason"]) == (9999, "message_missing")
    assert refused["message"]
    assert refused["remedy"]
    # All that are held: those two.
    assert world.run("ap-201", "release", "--all").json == {"changed": [1, 2], "refused": []}
    assert world.run("ap-201", "withdraw", "1").error["code"] == "reason_missing"
    # Whose retention is not over is not erased.
    assert world.run("ap-201", "withdraw", "1", "--reason", "二重の登録").json["changed"] == [1]
    assert world.run("op-101", "erase").status == 3


def test_numbers_or_all_have_to_be_named(world: World) -> None:
    assert world.run("ap-201", "approve").status == 2
    assert world.run("ap-201", "approve", "1", "--all").status == 2
