"""Every text stands in both languages, and everything with a code has a text."""

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import console.words
import store
import transport
from console import keys
from console.errors import ConsoleError
from console.words import LANGUAGES, Words, catalogue_names, texts_of
from store.errors import StoreError
from store.log import DETAIL_KEYS, Event, EventClass, Flaw
from store.message.checks.items import ITEMS
from store.message.checks.rules import RULES
from store.message.codes import Kind
from store.rights import Right, Role
from transport.errors import EnvelopeFault, TransportError

ROOM = Path(console.words.__file__).parents[1]
KEY = re.compile(r"[a-z]+(\.[a-z_]+)+")
TEXTS = [(key, languages) for name in catalogue_names() for key, languages in texts_of(name)]


#: What an English text names as it stands in Japanese: a column of a file, values of an item, the other language.
ON_PAPER = re.compile("種別|無期限|4年3月|90日|日本語")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_an_english_text_is_english() -> None:
    mixed = [key for key, languages in TEXTS if JAPANESE.search(ON_PAPER.sub("", languages["en"]))]
    assert mixed == []


def test_a_text_stands_in_both_languages_with_the_same_facts() -> None:
    for key, languages in TEXTS:
        assert set(languages) == set(LANGUAGES), key
        assert all(text.strip() for text in languages.values()), key
        # A remedy may name a command or a key in one language only; what is filled in has to be the same.
        assert placeholders(languages["ja"]) == placeholders(languages["en"]), key


def leaves(root: type[Exception]) -> Iterator[type[Exception]]:
    for branch in root.__subclasses__():
        if not branch.__subclasses__():
            yield branch
        yield from leaves(branch)


def every_error() -> list[type[Exception]]:
    for package in (console, store, transport):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return [leaf for root in (ConsoleError, StoreError, TransportError) for leaf in leaves(root)]


ERRORS = every_error()


def test_every_error_has_cause_and_remedy() -> None:
    for leaf in ERRORS:
        code = leaf.code  # type: ignore[attr-defined]  # Every leaf of the three trees has a code.
        for language in LANGUAGES:
            fault = Words(language).fault(code)
            assert fault.cause, code
            assert fault.remedy, code
            assert fault != Words(language).fault("no_such_code", {"code": code})
            assert code not in fault.cause


@pytest.mark.parametrize("leaf", EnvelopeFault.__subclasses__(), ids=lambda leaf: leaf.code)
def test_why_the_peer_refused_an_envelope_is_told_from_this_side(leaf: type[EnvelopeFault]) -> None:
    for language in LANGUAGES:
        words = Words(language)
        ours, theirs = words.fault(leaf.code, {"place": "-", "most": "-"}), words.refusal(leaf.code)
        assert words.has_refusal(leaf.code)
        assert theirs.cause != ours.cause
        assert theirs.remedy != ours.remedy
        # Nothing is known of it but the code.
        assert "?" not in theirs.cause + theirs.remedy


def test_codes_are_unique_over_the_rooms() -> None:
    codes = [leaf.code for leaf in ERRORS]  # type: ignore[attr-defined]  # Every leaf of the three trees has a code.
    assert len(codes) == len(set(codes))


def test_every_rule_has_cause_and_remedy() -> None:
    for rule in sorted(RULES):
        for language in LANGUAGES:
            finding = Words(language).finding(rule)
            assert finding.cause, rule
            assert finding.remedy, rule
            assert rule not in finding.cause


def test_every_code_that_screens_show_has_a_name() -> None:
    shown = [
        *(f"roles.{role}.name" for role in Role),
        *(f"roles.short.{role}" for role in Role),
        *(f"rights.{right}" for right in Right),
        *(f"kinds.{kind}" for kind in Kind),
        *(f"kinds.short.{kind}" for kind in Kind),
        *(f"events.{event}" for event in Event),
        *(f"log.class.{name}" for name in EventClass),
        *(f"log.flaw.{flaw}" for flaw in Flaw),
        *(f"log.detail.{name}" for name in sorted(DETAIL_KEYS)),
        *(key.text for key in (*keys.EVERYWHERE, *keys.QUEUE, *keys.MESSAGE, *keys.EXCHANGE, *keys.LOG)),
        *(f"keys.{name}" for _sign, name in keys.LIST_KEYS),
        *(f"exchange.phases.{phase}" for phase in ("ask", "send", "receive")),
        "log.phases.verify",
    ]
    assert [key for key in shown if not Words("ja").has(key)] == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_item_has_a_name(kind: Kind) -> None:
    words = Words("ja")
    assert [field for field in ITEMS[kind].fields() if not _named(words, field)] == []


CATALOGUES = set(catalogue_names())
SOURCES = [path for folder in ("screens", "widgets") for path in sorted((ROOM / folder).rglob("*.py"))]


def keys_in(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
            yield from [node.value] if node.value.partition(".")[0] in CATALOGUES else ()


@pytest.mark.parametrize("source", [*SOURCES, ROOM / "app.py"], ids=lambda path: path.stem)
def test_every_key_that_a_screen_names_is_in_a_catalogue(source: Path) -> None:
    # What names a table is joined with a code by `Words.name`.
    known = {key.rpartition(".")[0] for key, _ in TEXTS} | {key for key, _ in TEXTS}
    assert [key for key in keys_in(source) if key not in known] == []


def _named(words: Words, field: str) -> bool:
    return words.has(f"items.field.{field}") or words.has(f"items.group.{field}")


@pytest.mark.parametrize(
    "old",
    [
        r"(?<!入管)(?<!管理)庁通知",
        "二人目待(?!ち)",
        "ログオフ中",
        "必ず要る項目",
        "一人の照会",
        "読取りのみ",
        "書出し",
        "在留者化",
        "危難失踪",
        '"実行"',
        '"中止"',
        # The envelope alone is called so.
        "電文(?!を、封|を別のもの|の封)",
        r"(?<!相手先の)控え(?![てま]|ておき)",
        "Give up",
        "[Bb]eing undone",
        "nobody logged on",
    ],
)
def test_words_that_were_given_up_are_gone(old: str) -> None:
    # One word for one thing, also in the guide: people take another word for another thing.
    catalogues = [path for kind in ("*.toml", "guide/*.txt") for path in Path(console.words.__file__).parent.glob(kind)]
    assert len(catalogues) > 30
    assert [path.name for path in catalogues if re.search(old, path.read_text(encoding="utf-8"))] == []
