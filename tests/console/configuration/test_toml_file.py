"""The line of an item in a TOML file, however the item is written."""

from pathlib import Path

import pytest

from console.configuration.toml_file import place_of

TEXT = '''\
language = "ja"  # code
"quoted" = 1
a.code = 2

note = """
[session]
code = 5
"""
inline = {code = 3, deep = {code = 4}}
[session]
# code = 1
code = 6
codes = [
  "code",
]
[[many]]
code = 7
[other . session]
code = 8
'''


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("language", 1),
        ("quoted", 2),
        ("a.code", 3),
        ("note", 5),
        ("inline.code", 9),
        ("inline.deep.code", 9),
        ("session", 10),
        ("session.code", 12),
        ("session.codes", 13),
        ("other.session.code", 19),
    ],
)
def test_where_an_item_begins(name: str, line: int) -> None:
    assert place_of(TEXT, Path("renkei.toml"), name) == f"renkei.toml:{line}"


@pytest.mark.parametrize("text", ["", "x = 1\n" * 3, "= broken", "code\n" * 500])
def test_what_is_not_there_has_no_line(text: str) -> None:
    assert place_of(text, Path("renkei.toml"), "session.code") == "renkei.toml"
