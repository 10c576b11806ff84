"""Groups that import a command when it is called, and give it its help texts and the common options."""

import re
from collections.abc import Mapping
from importlib import import_module

import click

from console.commands.invocation import CommonOption, common_options
from console.words import Words

_HELP_WIDTH = 110
# A full stop that ends a sentence, not one inside a name such as `.csv`.
_FIRST_SENTENCE = re.compile(r"(?<=。)|(?<=\.) ")


class LazyGroup(click.Group):
    """A group whose commands are named as `module:attribute`, and imported when they are called or listed."""

    def __init__(self, name: str, places: Mapping[str, str]) -> None:
        super().__init__(name, context_settings={"max_content_width": _HELP_WIDTH})
        self._places = places
        self._words = Words()
        self._prefix = ""

    def localise(self, words: Words, prefix: str, *, outermost: bool = False) -> None:
        """Take the texts of this group and of its commands from under `prefix`."""
        self._words = words
        self._prefix = prefix
        _equip(self, words, prefix, outermost=outermost)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # Click passes it.
        """Return the names in the order in which they were given; click itself would sort them."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # Click passes it.
        """Import the command `cmd_name` and equip it; return None when there is none."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        # A command that is made from a table brings the place of its texts with it.
        key = getattr(command, "texts", f"{self._prefix}.{cmd_name}")
        if isinstance(command, LazyGroup):
            command.localise(self._words, key)
        else:
            _equip(command, self._words, key, outermost=False)
        return command


def _examples(words: Words, prefix: str) -> str | None:
    """Return the examples of a command, for the end of its help."""
    key = f"examples.{prefix.removeprefix('commands.')}"
    if not words.has(key):
        return None
    lines = [words("examples.heading"), *(f"  {line}" for line in words(key).splitlines())]
    # Click fills paragraphs anew, but for those that begin with this character.
    return "\b\n" + "\n".join(lines)


def _equip(command: click.Command, words: Words, prefix: str, *, outermost: bool) -> None:
    """Set the help texts of `command` and append the common options."""
    command.help = words(f"{prefix}.help")
    # The first sentence: click itself would cut the text at blanks, of which Japanese has few.
    command.short_help = _FIRST_SENTENCE.split(command.help, maxsplit=1)[0]
    command.epilog = _examples(words, prefix)
    # It is one of the common options, whose text is in the language of the call.
    command.add_help_option = False
    # A command object lives as long as the process: when it is equipped again, the options of the last time go first.
    own = [parameter for parameter in command.params if not isinstance(parameter, CommonOption)]
    for parameter in own:
        if isinstance(parameter, click.Option):
            parameter.help = words(f"{prefix}.options.{parameter.name}")
    # They follow the command's own, so that the help begins with what is special about the command.
    common = common_options(outermost=outermost)
    for option in common:
        option.help = words(f"commands.common.{option.name}")
    command.params = [*own, *common]
