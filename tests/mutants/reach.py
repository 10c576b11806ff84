"""Which lines a mutant stands on, and so which tests can see it."""

import ast
from dataclasses import dataclass

from tests.mutants.operators import Mutant


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of which a test reaches one if it reaches the mutant: those of the innermost statement around it.

    What stands outside the bodies of functions runs while the module is loaded, for all tests.
    """

    lines: frozenset[int]
    loading: bool


def place_of(mutant: Mutant, tree: ast.Module) -> Place:
    """Return where a mutant of a module stands, by the module's syntax tree."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or node.lineno)
    ]
    functions = [node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    loading = not any(node.body[0].lineno <= mutant.line for node in functions)
    # The walk comes to a statement after all those that it stands in.
    return Place(_own_lines(around[-1], mutant.line), loading)


def _own_lines(statement: ast.stmt, line: int) -> frozenset[int]:
    """Return the lines of a statement; of one that holds others its first and `line`, for the rest are theirs."""
    if hasattr(statement, "body") or isinstance(statement, ast.Match):
        return frozenset({statement.lineno, line})
    return frozenset(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
