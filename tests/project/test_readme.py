"""The README says what the program does: every command, option, setting and exit status, and no other."""

import re
from collections.abc import Iterator
from importlib.metadata import version

import click
import pytest

from console.commands.cli import cli, root
from console.commands.failures import ExitStatus
from console.commands.invocation import CommonOption, Invocation
from console.settings import names
from tests.project.readme_tables import rewritten
from tests.readme import README, promised_command

TEXT = README.read_text(encoding="utf-8")


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group, obj=Invocation())
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _section(title: str) -> str:
    found = re.search(rf"^##+ {re.escape(title)}$(.*?)^##", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


COMMANDS = dict(_commands(root(Invocation(language="en"))))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_in_the_table(path: tuple[str, ...]) -> None:
    rows = [row for row in _section("Commands").splitlines() if re.search(rf"\b{' '.join(path)}\b", row)]
    assert rows, path
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option) and option.name not in {"everything", "with_parent"}:
            assert isinstance(option, CommonOption) or any(option.opts[0] in row for row in rows), option.name


def test_every_command_in_the_table_exists() -> None:
    cells = [row.split("|")[1] for row in _section("Commands").splitlines() if row.startswith("| `renkei ")]
    named = {
        " ".join(re.findall(r"^[a-z]+(?:[ -][a-z]+)*", match.removeprefix("renkei ").strip())[:1]).strip()
        for cell in cells
        for match in re.findall(r"`([^`]+)`", cell)
    }
    known = {" ".join(path) for path in COMMANDS}
    assert {name for name in named if name} <= known


@pytest.mark.parametrize("setting", list(names()))
def test_every_setting_is_documented(setting: str) -> None:
    assert f"`{setting}`" in _section("Settings (`renkei.toml`)")


def test_every_setting_that_is_documented_exists() -> None:
    documented = re.findall(r"^\| (.*?) \|", _section("Settings (`renkei.toml`)"), re.MULTILINE)
    assert {name for cell in documented for name in re.findall(r"`([a-z_.]+)`", cell)} == set(names())


def test_the_tables_are_made_from_what_is_declared() -> None:
    # `python -m tests.project.readme_tables` writes them.
    assert rewritten(TEXT) == TEXT


def test_every_exit_status_is_documented() -> None:
    rows = re.findall(r"^\| (\d) \|", _section("Commands"), re.MULTILINE)
    assert [int(row) for row in rows] == [int(status) for status in ExitStatus]


@pytest.mark.parametrize("name", ["run", "test", "fill", "install"])
def test_each_promised_command_is_one_line(name: str) -> None:
    assert promised_command(name).startswith("python3 -m venv")


def test_every_file_that_the_readme_names_is_there() -> None:
    for place in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (README.parent / place).is_file(), place


def test_the_version_is_that_of_the_newest_change(capsys: pytest.CaptureFixture[str]) -> None:
    newest = re.search(r"^## Changes$.*?^### (\d+\.\d+\.\d+)$", TEXT, re.MULTILINE | re.DOTALL)
    assert newest is not None
    assert newest[1] == version("renkei-console")
    assert cli(["--version"]) == ExitStatus.DONE
    assert capsys.readouterr().out == f"renkei {newest[1]}\n"
