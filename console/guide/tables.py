"""The tables of the guide, from where the program declares their subjects: settings, roles, statuses and events."""

from collections.abc import Iterator

from console.commands.failures import ExitStatus
from console.commands.output import columns
from console.guide.filling import filled
from console.settings import declarations, default_of
from console.words import Words
from store.log import Event
from store.message.files.layouts import DELIMITERS, ENCODINGS
from store.message.files.translation import DateForm
from store.rights import RIGHTS, Right

_INDENT = "    "


def settings(words: Words) -> Iterator[str]:
    """Yield each setting with its meaning, bounds and default, and whether a change takes two persons."""
    for name, entry in declarations():
        yield name
        yield from filled(words(f"settings.{name}"), _INDENT)
        default = default_of(entry)
        facts = {"wanted": entry.metadata["wanted"], "default": default or ""}
        text = words(f"guide.setting_{'required' if default is None else 'optional'}", **facts)
        if "weaker" in entry.metadata:
            text += words("guide.setting_protects")
        yield from filled(text, _INDENT)


def roles(words: Words) -> Iterator[str]:
    """Yield each role with what it allows."""
    for role, rights in RIGHTS.items():
        yield f"{words(f'roles.{role}.name')} ({role})"
        for right in Right:
            if right in rights:
                yield from filled(f"- {words(f'rights.{right}')}", _INDENT)


def layouts(_words: Words) -> Iterator[str]:
    """Yield what may stand in a layout where it has a choice."""
    yield from columns(
        [
            ["encoding", ", ".join(ENCODINGS)],
            ["delimiter", "  ".join(DELIMITERS)],
            ["dates", ", ".join(DateForm)],
        ]
    )


def statuses(words: Words) -> Iterator[str]:
    """Yield each exit status with what it means."""
    for status in ExitStatus:
        yield from filled(f"{int(status)}  {words(f'statuses.{status.name.lower()}')}", _INDENT)


def events(words: Words) -> Iterator[str]:
    """Yield each event of the log with its class and name."""
    heading = [words(f"guide.event_{name}") for name in ("code", "class", "name")]
    cells = [[str(event), words(f"log.class.{event.event_class}"), words(f"events.{event}")] for event in Event]
    yield from columns([heading, *cells])
