"""Only a few modules write to the terminal, and each of them escapes what it writes."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.architecture.test_tree import ROOT

WRITERS = {
    "workers/cli/output.py",
    "workers/cli/errors.py",
    "workers/cli/progress.py",
    "workers/cli/registry.py",  # words of the system
    "workers/cli/commands/surveys/link.py",  # CSV
    "workers/config/logs.py",  # JSON in ASCII
    "deploy/run/output.py",
    "receiver/asgi.py",  # hands standard error on, as WSGI wants
}
CALLS = {"echo", "secho", "confirm", "prompt", "print_exc"}


def modules():
    for folder in ("workers", "receiver", "schemas", "deploy/run", "deploy/embedded"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def writes(path: Path) -> bool:
    """Return whether a module uses standard output or standard error, or a function that does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="print" | "Console" | "pprint")):
                return True
            case ast.Attribute(value=ast.Name(id="click" | "traceback"), attr=name) if (
                name in CALLS
            ):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"):
                return True
    return False


def test_texts_reach_the_terminal_through_modules_that_escape_them():
    assert {str(path.relative_to(ROOT)) for path in modules() if writes(path)} == WRITERS
