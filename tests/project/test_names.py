"""A name says what the thing is: verbs in the past and `one` name nothing."""

import ast
from typing import Final

from tests.project.sources import product_files, test_files, tree

EMPTY: Final = frozenset({"one", "said", "told"})
# Where the syntax tree keeps names. A method of a library, such as SQLAlchemy's `one`, is an `attr`.
NAMING: Final = ("id", "arg", "name", "asname")


def test_no_name_is_empty() -> None:
    for file in (*product_files(), *test_files()):
        found = [node for node in ast.walk(tree(file)) if any(getattr(node, name, None) in EMPTY for name in NAMING)]
        assert not found, f"{file} line {getattr(found[0], 'lineno', '?')}"
