"""`guide`: what those who keep a terminal have to know, by topic."""

import os
import sys
from collections.abc import Sequence

import click

from console.commands.failures import ExitStatus
from console.commands.invocation import Invocation
from console.commands.output import columns
from console.guide import TOPICS
from console.process.pager import keys_of, show_pages
from console.words.visible import visible


@click.command("guide")
@click.argument("topic", required=False, metavar="[TOPIC]", type=click.Choice(TOPICS))
@click.pass_obj
def guide(call: Invocation, topic: str | None) -> int:
    """Print a topic of the guide, page by page on a terminal; without one, the list of topics."""
    # The tables bring the rules of the messages along.
    from console.guide import topics

    words = call.words
    if topic is None:
        named = [{"topic": each, "title": topics.title(each, words)} for each in TOPICS]
        lines = [*columns([[each["topic"], each["title"]] for each in named]), words("guide.how")]
        call.output.result({"topics": named}, lines)
        return ExitStatus.DONE
    lines = list(topics.lines(topic, words))
    if call.as_json or not _is_terminal():
        call.output.result({"topic": topic, "title": topics.title(topic, words), "text": "\n".join(lines)}, lines)
    else:
        _show(lines, words("guide.more"))
    return ExitStatus.DONE


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _show(lines: Sequence[str], prompt: str) -> None:
    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    size = os.get_terminal_size(sys.stdout.fileno())
    # The pager moves the cursor, so it writes itself; what it shows is made safe as everywhere.
    shown = [visible(line) for line in lines]
    with keys_of(sys.stdin.fileno()) as read_key:
        show_pages(shown, size, prompt=prompt, write=write, read_key=read_key)
