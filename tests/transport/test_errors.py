"""Every error of the transport says in both languages what happened and what to do, with the facts that it holds."""

import ast
import string
import tomllib
from functools import cache
from pathlib import Path

from transport import errors

CATALOGUE = Path(__file__).parents[2] / "console" / "words" / "errors_transport.toml"
TEXTS = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
ROOM = Path(errors.__file__).parent
LEAVES = {leaf.__name__: leaf for root in errors.TransportError.__subclasses__() for leaf in root.__subclasses__()}


@cache
def _raised() -> dict[str, set[str]]:
    """Return for each error the facts that it is given somewhere in the room."""
    facts: dict[str, set[str]] = {}
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LEAVES:
                facts.setdefault(node.func.id, set()).update(word.arg for word in node.keywords if word.arg)
    return facts


def test_the_catalogue_holds_the_errors_and_nothing_else() -> None:
    assert set(TEXTS) == {leaf.code for leaf in LEAVES.values()}


def test_each_text_asks_for_no_fact_that_its_error_does_not_hold() -> None:
    for name in LEAVES:
        given = _raised().get(name, set())
        for part in ("cause", "remedy"):
            for language in ("ja", "en"):
                text = TEXTS[LEAVES[name].code][part][language]
                assert text, name
                assert {field for _, field, _, _ in string.Formatter().parse(text) if field} <= given, name


def test_every_error_is_raised_somewhere() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py") if path.name != "errors.py")
    assert [name for name in LEAVES if name not in sources] == []


def test_the_tree_at_the_head_of_the_module_names_every_error() -> None:
    assert [name for name in LEAVES if name not in (errors.__doc__ or "")] == []


def test_codes_of_all_errors_are_of_one_error_each() -> None:
    codes = [leaf.code for root in errors.TransportError.__subclasses__() for leaf in root.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert "transport_failed" not in codes
