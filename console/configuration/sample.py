"""What each setting means, with bounds and default, for people: in the file of a terminal and in the sample of all."""

from collections.abc import Iterator, Mapping

from console.settings import SEVERAL, declarations, default_of
from console.words import Words


def explanations(words: Words) -> dict[str, str]:
    """Return by dotted name what each setting means, what it may be and what it is where the file says nothing."""
    texts = {}
    for name, entry in declarations():
        default = default_of(entry)
        facts = {"about": words(f"settings.{name}"), "wanted": entry.metadata["wanted"], "default": default or ""}
        texts[name] = words(f"commands.sample.{'required' if default is None else 'optional'}", **facts)
    return texts


def sample(words: Words) -> str:
    """Return a settings file with every setting, explained and at its default.

    What has no default stands there as a comment: no placeholder may get into a terminal, where it would be signed.
    """
    return "\n".join([*_heading(words), *_lines(explanations(words))]) + "\n"


def _heading(words: Words) -> Iterator[str]:
    yield f"# {words('commands.sample.heading')}"
    yield f"# {words('commands.sample.fill_in')}"


def _lines(about: Mapping[str, str]) -> Iterator[str]:
    table = ""
    for name, entry in declarations():
        # What belongs to no table comes first among the declarations, as TOML wants it.
        section, _, item = name.rpartition(".")
        yield ""
        several = section in SEVERAL
        if section != table:
            # A table of which there may be several is none at all until somebody fills it in.
            yield from (f"# [[{section}]]" if several else f"[{section}]", "")
            table = section
        yield f"# {about[name]}"
        default = default_of(entry)
        yield f"# {item} = {default or ''}".rstrip() if default is None or several else f"{item} = {default}"
