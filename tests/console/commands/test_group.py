"""A group imports a command when it is called, and gives it its texts and the common options once."""

import sys

import click
import pytest

from console.commands.cli import root
from console.commands.group import LazyGroup
from console.commands.invocation import CommonOption, Invocation
from console.words import Words

PLACES = {"prune": "console.commands.log.pruning:prune", "export": "console.commands.log.export:export"}


@pytest.fixture
def group() -> LazyGroup:
    made = LazyGroup("log", PLACES)
    made.localise(Words("en"), "commands.log")
    return made


def command(group: LazyGroup, name: str) -> click.Command | None:
    return group.get_command(click.Context(group), name)


def test_names_keep_their_order_and_import_nothing(group: LazyGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "console.commands.log.export", raising=False)
    assert group.list_commands(click.Context(group)) == ["prune", "export"]
    assert "console.commands.log.export" not in sys.modules
    assert command(group, "export") is not None
    assert "console.commands.log.export" in sys.modules


def test_a_name_that_nobody_gave_is_no_command(group: LazyGroup) -> None:
    assert command(group, "erase") is None


def test_a_command_gets_its_texts_and_the_common_options_once(group: LazyGroup) -> None:
    words = Words("en")
    for _ in range(2):
        found = command(group, "export")
    assert found is not None
    assert found.help == words("commands.log.export.help")
    names = [parameter.name for parameter in found.params]
    assert names[:4] == ["directory", "label", "again", "same_disk"]
    assert len(names) == len(set(names))
    assert [parameter.help for parameter in found.params if isinstance(parameter, click.Option)] == [
        *(words(f"commands.log.export.options.{name}") for name in names[1:4]),
        *(words(f"commands.common.{name}") for name in names[4:]),
    ]


def test_only_the_outermost_group_reads_the_environment(group: LazyGroup) -> None:
    outermost = root(Invocation())
    for held, variable in ((outermost, "RENKEI_HOME"), (group, None)):
        (home,) = [option for option in held.params if isinstance(option, CommonOption) and option.name == "home"]
        assert home.envvar == variable
