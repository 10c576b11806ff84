"""A name says what the thing is: verbs in the past and `one` name nothing."""

import io
import tokenize
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from tests.project.sources import module_name, product_files, test_files

EMPTY: Final = frozenset({"one", "said", "told"})


@pytest.mark.parametrize("file", [*product_files(), *test_files()], ids=module_name)
def test_no_name_is_empty(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    # A method of a library, such as SQLAlchemy's `one`, is called by its name.
    names = [token for before, token in pairwise(tokens) if token.type == tokenize.NAME and before.string != "."]
    assert [f"line {token.start[0]}" for token in names if token.string in EMPTY] == []
