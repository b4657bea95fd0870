"""``cention dictionary``"""

from __future__ import annotations

import dataclasses

import click

from workers.cli.context import database, load_settings_or_exit
from workers.cli.output import print_json, print_unwrapped
from workers.operations.store import dictionary as store
from workers.operations.store.dictionary_dbt import as_dbt

FORM = 1  # of the JSON: greater after a change that a program must know


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "dbt", "json"]),
    default="markdown",
    show_default=True,
    help="dbt: a sources.yml with tests of keys and references.",
)
def dictionary(form: str) -> None:
    """Print the data dictionary: the meaning of every table and column."""
    with database(load_settings_or_exit()) as conn:
        tables = store.tables(conn)
    match form:
        case "dbt":
            print_unwrapped(as_dbt(tables).rstrip("\n"))
        case "json":
            print_json({"form": FORM, "tables": [dataclasses.asdict(one) for one in tables]})
        case _:
            print_unwrapped(store.as_markdown(tables).rstrip("\n"))
