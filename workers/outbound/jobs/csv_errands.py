"""Reads the rows of a CSV file as errands; each column is a field, named as at Cention."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.cention.errand_orders import ANSWER, MESSAGE, TEMPLATE, read_order
from schemas.cention.errands import ErrandOrder
from schemas.cention.integration_data import DATA, EXTRA
from schemas.errors import DocumentError, Fault
from schemas.request_validation import Member
from workers.clients.json_bodies import read_json
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.listed_files import attachment_from, resolve_inside

FIELD_CHARACTERS = 16 * 1024 * 1024
FILES = "attach"  # paths, separated by "|"
SEPARATORS = ",;\t"

MemberPath = tuple[str, ...]
"""Names of members, from the attributes down to a value."""


def _paths(members: Mapping[str, Member], *above: str) -> dict[str, tuple[MemberPath, type]]:
    return {
        ".".join((*above, name)): ((*above, name), member.kind) for name, member in members.items()
    }


COLUMNS: Mapping[str, tuple[MemberPath, type]] = {
    **{name: (("msg", name), str) for name in MESSAGE},
    **_paths(ANSWER, "answer"),
    **_paths(TEMPLATE, "watemplate"),
    **_paths({name: one for name, one in DATA.items() if one.kind is not dict}, "integrationData"),
    **_paths(EXTRA, "integrationData", "extraData"),
    "cuid": (("cuid",), str),
    "extradata": (("extradata",), object),
}
"""Path of the member that each column fills, and its JSON type; ``object`` is any JSON."""


def rows(path: Path) -> Iterator[tuple[int, Callable[[], ErrandOrder]]]:
    """Yield the last line number of each row, and its reader.

    Raises ``UnreadableFile`` or ``OSError``.
    """
    csv.field_size_limit(FIELD_CHARACTERS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            separator = max(SEPARATORS, key=file.readline().count)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator, strict=True)
            _check_columns(reader.fieldnames or ())
            for row in reader:
                yield reader.line_num, _reader(row, path.parent)
        except UnicodeDecodeError:
            raise UnreadableFile("is not UTF-8") from None
        except csv.Error as error:
            raise UnreadableFile(f"is not CSV: {error}") from None


def _check_columns(names: Any) -> None:
    if unknown := [name for name in names if name not in COLUMNS and name != FILES]:
        raise UnreadableFile(f"has unknown columns: {', '.join(unknown)}")
    if "from" not in names:
        raise UnreadableFile("has no column called from")


def _reader(row: Mapping[Any, Any], folder: Path) -> Callable[[], ErrandOrder]:
    return lambda: _order(row, folder)


def _order(row: Mapping[Any, Any], folder: Path) -> ErrandOrder:
    if None in row or None in row.values():
        raise ValueError("has more or fewer values than there are columns")
    attributes: dict[str, Any] = {"msg": {}}
    for name, text in row.items():
        if text and name != FILES:
            path, kind = COLUMNS[name]
            _put(attributes, path, _value(text, kind, path))
    paths = [path.strip() for path in (row.get(FILES) or "").split("|") if path.strip()]
    files = [
        attachment_from(resolve_inside(folder, path, f"/{FILES}"), f"/{FILES}") for path in paths
    ]
    return read_order(attributes, tuple(files))


def _put(attributes: dict[str, Any], path: MemberPath, value: Any) -> None:
    part = attributes
    for name in path[:-1]:
        part = part.setdefault(name, {})
    part[path[-1]] = value


def _value(text: str, kind: type, path: MemberPath) -> Any:
    """Return the text as its JSON type; later checks report a value of another type."""
    if kind is str:
        return text
    try:
        value = read_json(text.strip().encode())
    except ValueError:
        raise DocumentError(Fault(f"/{'/'.join(path)}", "is not JSON")) from None
    return value
