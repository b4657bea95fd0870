"""Every mistake of a TOML file that an operator writes, with its line and its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.text.toml_lines import Path, line_at, line_of_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in a file."""

    line: int
    place: str  # such as rule[1].after
    detail: str  # what is wrong, and what to write

    def __str__(self) -> str:
        return f"line {self.line}: {self.place}: {self.detail}"


class MistakesError(ValueError):
    """A file has mistakes; ``mistakes`` has all of them, in the order of their lines."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def decode(content: bytes, *, max_bytes: int) -> str:
    """Return the text of a file. Raises ``MistakesError`` if it is too large or not in UTF-8."""
    if len(content) > max_bytes:
        raise _of_file(f"is larger than {max_bytes} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _of_file("is not in UTF-8", line=line) from None


def parse(content: str) -> dict[str, Any]:
    """Return the document of a text. Raises ``MistakesError``."""
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        detail = f"is no TOML: {str(error).partition(' (at ')[0]}"
        raise _of_file(detail, line=line_of_error(error) or 1) from None
    except RecursionError:
        raise _of_file("has too many brackets within brackets") from None


def located(faults: Iterable[tuple[Path, str]], lines: Mapping[Path, int]) -> tuple[Mistake, ...]:
    """Return the mistakes at these paths, each once, in the order of their lines."""
    mistakes = (
        Mistake(line=line_at(lines, path), place=_place(path), detail=detail)
        for path, detail in dict.fromkeys(faults)
    )
    return tuple(sorted(mistakes, key=lambda one: (one.line, one.place)))


def flat(messages: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each message of marshmallow."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from flat(inner, path if name == "_schema" else (*path, name))
    elif isinstance(messages, list):
        for inner in messages:
            yield from flat(inner, path)
    else:
        yield path, str(messages)


def _of_file(detail: str, *, line: int = 1) -> MistakesError:
    return MistakesError((Mistake(line=line, place="file", detail=detail),))


def _place(path: Path) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".") or "file"
