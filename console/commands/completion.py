"""`completion`: the script with which a shell completes the commands, options and files of `renkei`.

A shell that completes calls the program with the words typed so far in its environment. It is answered from what the
program declares: no terminal is opened and nobody is logged on, so no ID, name or message is ever suggested.
"""

import os
from typing import Final

import click
from click.shell_completion import get_completion_class, shell_complete

from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.process.environment import COMPLETION_VARIABLE

_SHELLS: Final = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_obj
def completion(call: Invocation, shell: str) -> int:
    """Print what SHELL has to read at its start."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these three"
    made = kind(click.Command("renkei"), {}, "renkei", COMPLETION_VARIABLE)
    # Not `source()`: that of bash starts a bash to learn its version.
    script = made.source_template % made.source_vars()
    call.output.result({"shell": shell, "script": script}, script.strip("\n").split("\n"))
    return ExitStatus.DONE


def answer(program: click.Command) -> int | None:
    """Answer the shell that completes, as its environment asks; None when no shell does."""
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if not instruction:
        return None
    return shell_complete(program, {"obj": Invocation()}, "renkei", COMPLETION_VARIABLE, instruction)
