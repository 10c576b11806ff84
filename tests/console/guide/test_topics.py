"""The guide is tied to the program: its commands are understood, its tables complete, and its languages agree."""

import re
from importlib.resources import files

import pytest
from rich.cells import cell_len

from console.guide import TOPICS
from console.guide.filling import WIDTH
from console.guide.topics import TABLES, lines, title
from console.words import LANGUAGES, Language, Words
from tests.console.commands.test_examples import parse
from tests.project.test_readme import COMMANDS

_GROUPS = {path[:1] for path in COMMANDS} | set(COMMANDS)


def _source(topic: str, language: Language) -> str:
    return (files("console.words") / "guide" / f"{topic}.{language}.txt").read_text(encoding="utf-8")


def _commands(topic: str, language: Language) -> list[str]:
    return [line.strip() for line in _source(topic, language).splitlines() if line.startswith("  renkei ")]


def test_every_file_is_a_topic_in_both_languages() -> None:
    names = {path.name for path in (files("console.words") / "guide").iterdir()}
    assert names == {f"{topic}.{language}.txt" for topic in TOPICS for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_each_command_in_it_is_understood(topic: str, language: Language) -> None:
    for line in _commands(topic, language):
        assert parse(line), line
    # Also those within a sentence.
    sentences = "\n".join(line for line in _source(topic, language).splitlines() if not line.startswith("  "))
    for mentioned in re.findall(r"renkei ([a-z-]+)(?: ([a-z]+))?", sentences):
        assert tuple(name for name in mentioned if name) in _GROUPS or mentioned[:1] in _GROUPS, mentioned


@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_tell_the_same(topic: str) -> None:
    def skeleton(language: Language) -> list[str]:
        """Return how the lines begin: steps, points, commands without the names of files, tables, paragraphs."""
        kinds = []
        for line in _source(topic, language).splitlines():
            command = re.sub(r"\S+\.(jsonl|csv)\b", "FILE", line) if line.startswith("  ") else ""
            kinds.append(command or (re.match(r"\d+\. |- |@\w+", line) or [line and "text"])[0])
        return kinds

    assert skeleton("ja") == skeleton("en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_it_fits_the_screen_and_leaves_no_table_out(topic: str, language: Language) -> None:
    words = Words(language)
    shown = list(lines(topic, words))
    assert shown[0] == title(topic, words)
    assert not [line for line in shown if line.startswith("@")]
    # Commands and records stand as they are, to be copied.
    filled = [line for line in shown if not line.startswith(("  renkei", "  systemd-run", "  {"))]
    wide = [line for line in filled if cell_len(line) > WIDTH and topic != "events"]
    assert wide == []


def test_every_table_is_used() -> None:
    used = {name for topic in TOPICS for name in re.findall(r"^@(\w+)$", _source(topic, "ja"), re.MULTILINE)}
    assert used == set(TABLES)
