"""Secrets in files of their own: NAME_FILE names the file whose content is the value of NAME.

Such files are what systemd's credentials and Kubernetes' secrets are mounted as.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

MAX_BYTES = 65_536

Problems = dict[str, list[str]]

_taken: dict[str, tuple[Path, str]] = {}  # by setting: where this process has its value from

NOT_SHOWN = "The file (not shown: it may be the secret itself, and not a path)"


class UnusableSecretFile(ValueError):
    """A file has no secret; the text names the file and the reason, and quotes nothing of it.

    A file that cannot be read is named only by a path that begins with /.
    """


def secret_in(path: Path) -> str:
    """Return the one line in a file, without the newline at its end.

    Symbolic links are followed. Raises ``UnusableSecretFile``.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe could be waited for without end
            raise UnusableSecretFile(f"{path} is no file.")
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        text = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        shown = path if path.is_absolute() else NOT_SHOWN
        raise UnusableSecretFile(f"{shown} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnusableSecretFile(f"{path} is not text in UTF-8.") from None
    if len(content) > MAX_BYTES:
        raise UnusableSecretFile(f"{path} has more than {MAX_BYTES} bytes.")
    if not text.strip():
        raise UnusableSecretFile(f"{path} is empty.")
    if not text.isprintable():
        raise UnusableSecretFile(f"{path} is not one line of printable text.")
    return text


def set_from_files(environment: MutableMapping[str, str], names: Collection[str]) -> Problems:
    """Replace each NAME_FILE of ``names`` by NAME with the content of its file.

    A file is so read once, and a process has the same secrets until it ends. Returns what is wrong
    by the name of the setting, which then stays as it is.
    """
    problems: Problems = {}
    for name in names:
        setting = f"{name}_FILE"
        if file := environment.get(setting, ""):
            try:
                value = _only(Path(file), name, environment.get(name))
                environment[name], _taken[name] = value, (Path(file), value)
                del environment[setting]
            except UnusableSecretFile as error:
                problems[setting] = [str(error)]
    return problems


def files_of(environment: Mapping[str, str]) -> list[Path]:
    """Return the files that this process has read, whose contents are still in the environment."""
    return [file for name, (file, value) in _taken.items() if environment.get(name) == value]


def files_named_in(table: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the files that a table of TOML names, and those below it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from files_named_in(value)
        elif key.endswith("_file") and isinstance(value, str) and value:
            yield Path(value)


def values_from_files(
    table: Mapping[str, Any], prefix: str, names: Collection[str], problems: Problems
) -> dict[str, Any]:
    """Return a table of TOML with each ``name_file`` of ``names`` replaced by ``name``.

    What is wrong is added to ``problems`` as ``prefix`` and ``name_file``, which is left out.
    """
    found = dict(table)
    for name in names:
        key = f"{name}_file"
        file = found.pop(key, "")
        if not isinstance(file, str):
            problems[f"{prefix}{key}"] = ["Must be a text in quotes."]
        elif file:
            try:
                found[name] = _only(Path(file), name, found.get(name))
            except UnusableSecretFile as error:
                problems[f"{prefix}{key}"] = [str(error)]
    return found


def without_consequences(problems: Problems) -> Problems:
    """Return the problems without those of a setting whose file is the problem."""
    return {
        name: texts
        for name, texts in problems.items()
        if not problems.keys() & {f"{name}_FILE", f"{name}_file"}
    }


def _only(file: Path, name: str, value: object) -> str:
    if value:
        raise UnusableSecretFile(f"{name} is set too. Remove one of them.")
    return secret_in(file)
