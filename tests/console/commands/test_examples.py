"""Each command has examples at the end of its help, and the program understands each of them.

It shows the examples of `console.commands.group`.
"""

import io
import shlex
import sys
from collections.abc import Iterator
from unittest import mock

import click
import pytest

from console.commands.cli import root
from console.commands.invocation import Invocation
from console.words import LANGUAGES, Language
from tests.project.test_readme import COMMANDS


def parse(line: str) -> list[str]:
    """Read a command line as the program does, without running it; return the names of its commands."""
    program, *words = shlex.split(line.partition(" > ")[0])
    assert program == "renkei"
    # A name or a reason may be read from standard input.
    with mock.patch.object(sys, "stdin", io.StringIO("x")):
        return _parse(words)


def _parse(words: list[str]) -> list[str]:
    context = root(Invocation(language="en")).make_context("renkei", words, obj=Invocation())
    names: list[str] = []
    while isinstance(context.command, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, command, rest = context.command.resolve_command(context, rest)
        assert name is not None
        assert command is not None
        names.append(name)
        context = command.make_context(name, rest, parent=context)
    return names


def _examples(path: tuple[str, ...], language: Language) -> Iterator[str]:
    group: click.Command | None = root(Invocation(language=language))
    for name in path:
        assert isinstance(group, click.Group)
        group = group.get_command(click.Context(group), name)
    assert group is not None
    yield from (line.strip() for line in (group.epilog or "").splitlines() if line.strip().startswith("renkei "))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_has_examples_that_are_understood(path: tuple[str, ...], language: Language) -> None:
    examples = list(_examples(path, language))
    assert examples
    for line in examples:
        assert tuple(parse(line)) == path
