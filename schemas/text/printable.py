"""Text of others as it may be written to a terminal or a log of plain lines."""

from __future__ import annotations


def escape(text: str) -> str:
    """Return ``text`` on one line, with every unprintable character escaped.

    Unprintable are all control characters (escape sequences, carriage returns, C1), line
    separators, and format characters such as those that turn the direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def escape_lines(text: str) -> str:
    """Return ``text`` with its line feeds, and with every other unprintable character escaped."""
    return "\n".join(map(escape, text.split("\n")))
