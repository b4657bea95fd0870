"""Reads the rows of a CSV file as errands; each column is a field, named as at Cention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from schemas.cention.errand_orders import ANSWER, MESSAGE, TEMPLATE, read_order
from schemas.cention.errands import ErrandOrder
from schemas.cention.integration_data import DATA, EXTRA
from schemas.errors import DocumentError, Fault
from schemas.request_validation import Member
from schemas.strict_json import TOO_DEEP, TooDeep
from schemas.text.csv_table import BadHeadings, CsvRow, read_table
from workers.clients.json_bodies import read_json
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.listed_files import attachment_from, resolve_inside
from workers.outbound.jobs.text_files import open_text

FIELD_CHARACTERS = 16 * 1024 * 1024
FILES = "attach"  # paths, separated by "|"

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
    """Yield the first line number of each row, and its reader, which may raise ``ValueError``.

    Raises ``UnreadableFile`` or ``OSError``.
    """
    with open_text(path) as lines:
        try:
            table = read_table(lines, max_cell=FIELD_CHARACTERS)
        except BadHeadings as error:
            raise UnreadableFile(str(error)) from None
        names = _columns(table.headings)
        for row in table.rows:
            yield row.line, partial(_order, row, names, path.parent)


def _columns(headings: Sequence[str]) -> list[str]:
    """Return the column of each heading, "" for none; case does not matter."""
    known = {name.casefold(): name for name in (*COLUMNS, FILES, "")}
    if unknown := [heading for heading in headings if heading.casefold() not in known]:
        raise UnreadableFile(f"has unknown columns: {', '.join(unknown)}")
    names = [known[heading.casefold()] for heading in headings]
    if twice := [name for name, count in Counter(names).items() if count > 1 and name]:
        raise UnreadableFile(f"has two columns called {twice[0]}")
    if "from" not in names:
        raise UnreadableFile("has no column called from")
    return names


def _order(row: CsvRow, names: Sequence[str], folder: Path) -> ErrandOrder:
    if row.problem is not None:
        raise ValueError(row.problem)
    cells = dict(zip(names, row.cells, strict=True))
    if cells.pop("", ""):
        raise ValueError("has a value in a column without a heading")
    listed = cells.pop(FILES, "")
    attributes: dict[str, Any] = {"msg": {}}
    for name, text in cells.items():
        if text:
            path, kind = COLUMNS[name]
            _put(attributes, path, _value(text, kind, path))
    paths = [path.strip() for path in listed.split("|") if path.strip()]
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
    except ValueError as error:
        detail = TOO_DEEP if isinstance(error, TooDeep) else "is not JSON"
        raise DocumentError(Fault(f"/{'/'.join(path)}", detail)) from None
    return value
