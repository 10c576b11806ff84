"""The mutants of a module: each is its source with one small fault, as a tired person might make it.

What cannot change what the module does is left alone: annotations, decorators, docstrings, `assert`, which narrows
types here, and what only type checkers import. Positions inside f-strings are wrong before Python 3.12, so these are
left alone as well.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_JOINED: Final[dict[type[ast.boolop], type[ast.boolop]]] = {ast.And: ast.Or, ast.Or: ast.And}
_COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_CHOSEN: Final = {"max": "min", "min": "max", "any": "all", "all": "any"}
_LEFT_ALONE: Final = (ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the bytes from `start` to `end` of the source are replaced by `text`."""

    line: int
    start: int
    end: int
    text: str
    was: str

    def apply(self, source: bytes) -> bytes:
        """Return the source with the fault in it."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    @property
    def change(self) -> str:
        """What was and what is now, in one line."""
        return f"{_shown(self.was)} → {_shown(self.text)}"


def mutants(source: bytes) -> list[Mutant]:
    """Return all mutants of a module that can be compiled, in the order of the source."""
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = {
        Mutant(node.lineno, start, end, text, source[start:end].decode())
        for node, text in _faults(ast.parse(source))
        for start, end in [_span(node, lines)]
    }
    return sorted(
        (mutant for mutant in found if _compiles(mutant.apply(source))), key=lambda mutant: (mutant.start, mutant.text)
    )


def _span(node: ast.expr | ast.stmt, lines: list[int]) -> tuple[int, int]:
    assert node.end_lineno is not None, "parsed from a source"
    assert node.end_col_offset is not None, "parsed from a source"
    return lines[node.lineno - 1] + node.col_offset, lines[node.end_lineno - 1] + node.end_col_offset


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def _faults(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield each part of a tree with the text of a fault in its place."""
    if isinstance(node, _LEFT_ALONE) or _is_for_type_checkers(node):
        return
    if isinstance(node, ast.stmt):
        yield from ((node, text) for text in _in_statement(node))
    elif isinstance(node, ast.expr):
        # In parentheses, whatever stands around it.
        yield from ((node, f"({ast.unparse(changed)})") for changed in _in_expression(node))
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield node.test, f"(not ({ast.unparse(node.test)}))"
    for name, field in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST):
                yield from _faults(child)


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _in_statement(node: ast.stmt) -> Iterator[str]:
    """Yield what may stand in the place of a statement: nothing for a call or a `raise`, None for what is returned."""
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield "pass"
        case ast.Return(value=None | ast.Constant(value=None | False)):
            # Nothing is as false as False.
            return
        case ast.Return():
            yield "return None"
        case _:
            return


def _in_expression(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may stand in the place of an expression."""
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                changed = [*node.ops[:place], _COMPARED[type(operator)](), *node.ops[place + 1 :]]
                yield ast.Compare(node.left, changed, node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(_JOINED[type(node.op)](), node.values)
            for place in range(len(node.values)):
                left = [*node.values[:place], *node.values[place + 1 :]]
                yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            yield ast.BinOp(node.left, _COUNTED[type(node.op)](), node.right)
        case ast.Call(func=ast.Name(id=name)) if name in _CHOSEN:
            yield ast.Call(ast.Name(_CHOSEN[name]), node.args, node.keywords)
        case _:
            return
