"""Reads contact cards from CSV: maps columns to channels, and names the problem of a bad row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.cention.contact_cards import CHANNELS, ContactCard, contact_card, warnings_for
from schemas.errors import DocumentError, Fault
from schemas.text.csv_table import BadHeadings, read_table
from schemas.text.spreadsheet_cells import addresses_in, is_rounded_number, visible_text

NAME = "name"
CUSTOM = "custom"  # labelled by the column's heading, or "custom:LABEL"
ROUNDED = "is a number that a spreadsheet has rounded; format its column as text"
TARGETS = (*CHANNELS, NAME, CUSTOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a card, or its problem."""

    line: int  # its first one in the file, from 1
    card: ContactCard | None
    problem: str | None
    warnings: tuple[Fault, ...] = ()


class BadTable(ValueError):
    """The headings do not fit; the text says what to do."""


def read_rows(
    lines: Iterable[str], columns: Mapping[str, str], *, as_is: bool = False
) -> Iterator[Row]:
    """Yield the rows of a CSV file with headings; ``csv_table`` says which files are read.

    ``columns`` maps headings to ``email``, ``facebook``, ``vk``, ``line``, ``voice``, ``name``,
    ``custom`` or ``custom:LABEL``; several may map to one channel. Without it, headings with these
    names are used. A cell may list several addresses. A row that cannot be read, without an
    address, or with one that does not look like an address of its channel, such as ``n/a``, has a
    problem and does not stop the others; with ``as_is`` such an address is a warning, since Cention
    never removes one from a card. Raises ``BadTable``.
    """
    try:
        table = read_table(lines)
    except BadHeadings as error:
        raise BadTable(str(error)) from None
    targets = _targets(table.headings, columns)
    for row in table.rows:
        if row.problem is not None:
            yield Row(line=row.line, card=None, problem=row.problem)
        else:
            yield _row(row.line, row.cells, targets, as_is=as_is)


def check_target(target: str) -> str:
    """Return a valid target of a column. Raises ``BadTable`` for any other."""
    channel, colon, label = target.partition(":")
    if channel not in TARGETS or (colon and (channel != CUSTOM or not label.strip())):
        raise BadTable(f"{target!r} is none of: {', '.join(TARGETS)}, {CUSTOM}:LABEL.")
    return target


def _targets(headings: Sequence[str], columns: Mapping[str, str]) -> list[str | None]:
    """Return the target of each column, ``custom`` with its label."""
    if unknown := [heading for heading in columns if heading not in headings]:
        raise BadTable(f"No column {unknown[0]!r}. There is: {', '.join(headings) or 'none'}.")
    chosen = columns or {h: h.lower() for h in headings if h.lower() in TARGETS}
    if not any(target in CHANNELS for target in chosen.values()):
        raise BadTable(
            f"No column holds an address. Add --map COLUMN=CHANNEL, with one of "
            f"{', '.join(CHANNELS)} and one of the columns {', '.join(headings) or '(none)'}."
        )
    return [
        f"{CUSTOM}:{heading}" if chosen.get(heading) == CUSTOM else chosen.get(heading)
        for heading in headings
    ]


def _row(line: int, cells: Sequence[str], targets: Sequence[str | None], *, as_is: bool) -> Row:
    contacts: dict[str, list[str]] = {}
    names: list[str] = []
    custom: list[tuple[str, str]] = []
    for target, value in zip(targets, cells, strict=True):
        if target == NAME:
            names.append(visible_text(value))
        elif target in CHANNELS:
            contacts.setdefault(target, []).extend(addresses_in(value))
        elif target:
            custom.append((target.partition(":")[2], visible_text(value)))
    try:
        card = contact_card(contacts, name=" ".join(filter(None, names)), custom=custom)
    except DocumentError as error:
        return Row(line=line, card=None, problem=_sentence(error.faults))
    warnings = tuple(_warnings(card))
    if warnings and not as_is:
        return Row(line=line, card=None, problem=_sentence(warnings))
    return Row(line=line, card=card, problem=None, warnings=warnings)


def _warnings(card: ContactCard) -> Iterator[Fault]:
    rounded = {
        f"/contacts/{channel}/{place}"
        for channel, place, address in card.addresses()
        if is_rounded_number(address)
    }
    for fault in warnings_for(card):
        yield Fault(fault.pointer, ROUNDED) if fault.pointer in rounded else fault


def _sentence(faults: Iterable[Fault]) -> str:
    return "; ".join(map(str, faults))
