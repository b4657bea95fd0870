"""The entries of the runbook, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from celery.bin.celery import celery
from gunicorn.config import Config

from workers.cli.registry import cention

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "deploy" / "docs" / "runbook.md"
TEXT = RUNBOOK.read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry."""

    title: str
    text: str
    commands: tuple[str, ...]  # the lines of its fenced blocks

    @property
    def anchor(self) -> str:
        """The fragment of its address."""
        return re.sub(r"[^a-z0-9 -]", "", self.title.lower()).replace(" ", "-")


def entries() -> list[Entry]:
    """Return every entry, in order."""
    parts = re.split(r"^### (.+)$", TEXT, flags=re.MULTILINE)[1:]
    return [
        Entry(
            title=title,
            text=(text := re.split(r"^## ", body, maxsplit=1, flags=re.MULTILINE)[0]),
            commands=tuple(
                line
                for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
                for line in block.splitlines()
            ),
        )
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def programs(command: str) -> list[list[str]]:
    """Return the words of each program in a command line."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if word == "|":
            found.append([])
        else:
            found[-1].append(word)
    return found


def mentioned() -> list[str]:
    """Return the commands of the bridge in running text."""
    return [code for code in re.findall(r"`([^`\n]+)`", TEXT) if code.startswith("cention ")]


def understand(command: str) -> None:
    """Parse a command line as its programs do, without running it.

    Raises ``click.UsageError``, or ``KeyError`` for a program that is none of the bridge.
    """
    for program, *words in programs(command):
        _READERS[program](words)


def _parse(program: click.Command, words: Sequence[str], *, values: bool = True) -> None:
    """Parse a command line as its program does, with all options, without running it.

    Raises ``click.UsageError``. Without ``values`` they are not checked, only the options.
    """
    context = click.Context(program)
    _, rest, _ = program.make_parser(context).parse_args(list(words))
    if isinstance(program, click.Group) and rest:
        command = program.get_command(context, rest[0])
        if command is None:
            raise click.UsageError(f"no such command: {rest[0]}")
        _parse(command, rest[1:], values=values)
    elif isinstance(program, click.Group) and not program.invoke_without_command:
        raise click.UsageError("no command")
    elif values:
        program.make_context(None, list(words))


def _parse_gunicorn(words: Sequence[str]) -> None:
    found = Config().parser().parse_args(list(words))
    assert (ROOT / found.config).is_file()
    assert found.args == ["wsgi:app"]


_READERS: dict[str, Callable[[Sequence[str]], object]] = {
    "cention": lambda words: _parse(cention, words),
    "celery": lambda words: _parse(celery, words, values=False),
    "gunicorn": _parse_gunicorn,
    "psql": lambda words: None,
}
