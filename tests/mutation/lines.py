"""Which lines of a file show that a test runs what a mutant changes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_statement(source: str, line: int) -> set[int]:
    """Return the lines of the statement that a line is in; of one with a body, those before it.

    What is outside of functions runs when the module is imported, whichever test does that. There
    the lines are those of the functions that it belongs to: of the function whose parameter or
    decorator it is, else of the methods of its class, else of all functions of the module. There
    are none if the module has no function.
    """
    tree = ast.parse(source)
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and _spans(node, line)]
    if any(isinstance(node, Function) and node.body[0].lineno <= line for node in around):
        innermost = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
        return set(_head(innermost))
    owners = [node for node in around if isinstance(node, (*Function, ast.ClassDef))]
    for owner in [*reversed(owners), tree]:
        if lines := _lines_of_functions(owner):
            return lines
    return set()


def lines_of_functions(source: str) -> set[int]:
    """Return the lines of the bodies of all functions."""
    return _lines_of_functions(ast.parse(source))


def imports(source: str, path: str) -> bool:
    """Return whether a module imports something from the module at ``path``."""
    package, _, name = path.removesuffix(".py").replace("/", ".").rpartition(".")
    return any(
        node.module == f"{package}.{name}"
        or (node.module == package and name in {alias.name for alias in node.names})
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
    )


def lines_that_name(source: str, text: str) -> set[int]:
    """Return the lines on which a literal is exactly ``text``."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and node.value == text
    }


def former_lines(before: str, after: str, lines: Iterable[int]) -> set[int]:
    """Return what the lines of a changed file were before; of new ones, what they replace."""
    wanted, found = set(lines), set[int]()
    blocks = SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    for tag, first, last, new_first, new_last in blocks.get_opcodes():
        for line in wanted & set(range(new_first + 1, new_last + 1)):
            found |= (
                {first + line - new_first} if tag == "equal" else set(range(first + 1, last + 1))
            )
    return found


def _lines_of_functions(owner: ast.AST) -> set[int]:
    bodies = [node.body for node in ast.walk(owner) if isinstance(node, Function)]
    return {one for body in bodies for statement in body for one in _lines(statement)}


def _spans(node: ast.stmt, line: int) -> bool:
    return _first(node) <= line <= (node.end_lineno or 0)


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _lines(node: ast.stmt) -> Iterator[int]:
    yield from range(_first(node), (node.end_lineno or node.lineno) + 1)


def _head(node: ast.stmt) -> Iterator[int]:
    body = getattr(node, "body", None)
    yield from range(_first(node), body[0].lineno) if body else _lines(node)
    if body:
        yield node.lineno
