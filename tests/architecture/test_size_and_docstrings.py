"""Modules and functions are small, and every module has a docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ("receiver", "workers", "schemas", "deploy")
MODULES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
NAMELESS = {"utils", "helpers", "common", "manager", "misc"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_small_has_small_functions_and_begins_with_one_sentence(path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)

    long = [f.name for f in functions(tree) if (f.end_lineno or 0) - f.lineno + 1 > 60]

    assert text.count("\n") <= 400
    assert long == []
    assert not text.strip() or ast.get_docstring(tree)
    assert path.stem not in NAMELESS
