"""``cention dictionary``"""

from __future__ import annotations

import click

from workers.cli.context import database, json_option, load_settings_or_exit
from workers.cli.output import print_json, print_unwrapped
from workers.operations.store import dictionary as store


@click.command()
@json_option
def dictionary(as_json: bool) -> None:
    """Print the data dictionary: the meaning of every table and column, as Markdown."""
    with database(load_settings_or_exit()) as conn:
        tables = store.tables(conn)
    if as_json:
        print_json(tables)
    else:
        print_unwrapped(store.as_markdown(tables).rstrip("\n"))
