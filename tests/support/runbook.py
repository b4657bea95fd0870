"""The entries of the runbook, and the commands in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

RUNBOOK = Path(__file__).parents[2] / "deploy" / "docs" / "runbook.md"
TEXT = RUNBOOK.read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry."""

    title: str
    text: str
    commands: tuple[str, ...]  # the lines of its fenced blocks


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
