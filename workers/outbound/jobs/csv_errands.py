"""Rows of a CSV file as errands: a column a field, named as Cention names it."""

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
from workers.outbound.jobs.listed_files import attached, file_below

FIELD_CHARACTERS = 16 * 1024 * 1024
FILES = "attach"  # paths, separated by "|"
SEPARATORS = ",;\t"

Way = tuple[str, ...]
"""Names of members, from the attributes down to a value."""


def _ways(members: Mapping[str, Member], *above: str) -> dict[str, tuple[Way, type]]:
    return {
        ".".join((*above, name)): ((*above, name), member.kind) for name, member in members.items()
    }


COLUMNS: Mapping[str, tuple[Way, type]] = {
    **{name: (("msg", name), str) for name in MESSAGE},
    **_ways(ANSWER, "answer"),
    **_ways(TEMPLATE, "watemplate"),
    **_ways({name: one for name, one in DATA.items() if one.kind is not dict}, "integrationData"),
    **_ways(EXTRA, "integrationData", "extraData"),
    "cuid": (("cuid",), str),
    "extradata": (("extradata",), object),
}
"""Where the value of each column goes, and its JSON type; ``object`` is any JSON."""


class NotAFile(ValueError):
    """The file as a whole cannot be read: its ending, its columns, its encoding."""


def rows(path: Path) -> Iterator[tuple[int, Callable[[], ErrandOrder]]]:
    """Yield the last line of each row, and how to read it. Raises ``NotAFile``, ``OSError``."""
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
            raise NotAFile("is not UTF-8") from None
        except csv.Error as error:
            raise NotAFile(f"is no CSV: {error}") from None


def _check_columns(names: Any) -> None:
    if strange := [name for name in names if name not in COLUMNS and name != FILES]:
        raise NotAFile(f"has columns that mean nothing: {', '.join(strange)}")
    if "from" not in names:
        raise NotAFile("has no column called from")


def _reader(row: Mapping[Any, Any], folder: Path) -> Callable[[], ErrandOrder]:
    return lambda: _order(row, folder)


def _order(row: Mapping[Any, Any], folder: Path) -> ErrandOrder:
    if None in row or None in row.values():
        raise ValueError("has more or fewer values than there are columns")
    attributes: dict[str, Any] = {"msg": {}}
    for name, text in row.items():
        if text and name != FILES:
            way, kind = COLUMNS[name]
            _put(attributes, way, _value(text, kind, way))
    paths = [path.strip() for path in (row.get(FILES) or "").split("|") if path.strip()]
    files = [attached(file_below(folder, path, f"/{FILES}"), f"/{FILES}") for path in paths]
    return read_order(attributes, tuple(files))


def _put(attributes: dict[str, Any], way: Way, value: Any) -> None:
    part = attributes
    for name in way[:-1]:
        part = part.setdefault(name, {})
    part[way[-1]] = value


def _value(text: str, kind: type, way: Way) -> Any:
    """Return the text as its JSON type; what does not fit is left for the checks to name."""
    if kind is str:
        return text
    try:
        value = read_json(text.strip().encode())
    except ValueError:
        raise DocumentError(Fault(f"/{'/'.join(way)}", "is no JSON")) from None
    return value
