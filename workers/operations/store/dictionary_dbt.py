"""The data dictionary as sources of dbt, with tests of the keys and references that it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import yaml

from workers.operations.store.dictionary import Column, Reference, Table

HIDDEN = "intake"  # the operation of the bridge, which analysts may not read
WIDTH = 10_000  # of a line, so that no description is wrapped


def as_dbt(tables: Sequence[Table]) -> str:
    """Return a properties file of dbt 1.10.5 or newer, with one source a schema."""
    shown = [table for table in tables if table.schema != HIDDEN]
    sources = [
        {"name": schema, "schema": schema, "tables": [_table(table) for table in members]}
        for schema, members in groupby(shown, key=lambda table: table.schema)
    ]
    return yaml.safe_dump(
        {"version": 2, "sources": sources}, sort_keys=False, allow_unicode=True, width=WIDTH
    )


def _table(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = {"name": table.name, "description": table.comment or ""}
    if tests := list(_tests(table)):
        found["data_tests"] = tests
    return found | {"columns": [_column(table, column) for column in table.columns]}


def _column(table: Table, column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "description": column.comment or "",
        "data_type": column.type,
    }
    if not _may_be_null(table, column):
        found["data_tests"] = ["not_null"]
    return found


def _may_be_null(table: Table, column: Column) -> bool:
    """Return whether a column may be null; of a view, its keys say where they may be."""
    if not table.is_view:
        return column.nullable
    in_key = any(column.name in key for key in table.keys)
    return not in_key or "null" in (column.comment or "")


def _tests(table: Table) -> Iterator[dict[str, Any]]:
    for key in table.keys:
        # A constraint takes nulls for different values; a key of a view has a row for null.
        nullable = () if table.is_view else _nullable(table, key)
        yield {"unique": {"arguments": {"column_name": _value(key)}} | _where(nullable)}
    for one in table.references:
        yield {"relationships": _relationship(table, one)}


def _relationship(table: Table, one: Reference) -> dict[str, Any]:
    arguments = {
        "column_name": _value(one.columns),
        "to": f"source('{one.to_schema}', '{one.to_name}')",
        "field": _value(one.to_columns),
    }
    nullable = [n for n in one.columns if table.is_view or n in _nullable(table, one.columns)]
    return {"arguments": arguments} | _where(nullable)


def _nullable(table: Table, names: Sequence[str]) -> list[str]:
    found = {column.name for column in table.columns if column.nullable}
    return [name for name in names if name in found]


def _where(nullable: Sequence[str]) -> dict[str, Any]:
    condition = " and ".join(f"{name} is not null" for name in nullable)
    return {"config": {"where": condition}} if condition else {}


def _value(names: Sequence[str]) -> str:
    """Return one value of several columns, as dbt compares one; it keeps their types apart."""
    return names[0] if len(names) == 1 else f"jsonb_build_array({', '.join(names)})"
