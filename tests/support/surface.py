"""The names that others rely on: what the code has, and what ``deploy/docs/surface.toml`` lists.

``make surface`` adds new names to the file, with their release. It removes none.
"""

from __future__ import annotations

import re
import tempfile
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, cast

import click
import psycopg
from flask import Flask

from receiver import create_app
from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from tests.support import env_example, metric_names
from tests.support.databases import TEMPLATE, create_template
from tests.support.receiver_app import NO_DATABASE, SETTINGS, InstantStore, save_nothing
from tests.support.servers import postgres_in
from workers.cli.registry import cention
from workers.operations.store import dictionary
from workers.web import application

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "docs" / "surface.toml"
CHANGELOG = ROOT / "deploy" / "docs" / "changelog.md"
UNRELEASED = "unreleased"
ANALYSTS = ("analyst", "cention", "feedback")  # the schemas that analysts may read
HEAD = """\
# The names that others rely on, each below the release that brought it. `make surface` adds new
# ones. A test fails when one vanishes. One that has to go is deleted here by hand, with a line in
# the changelog.
"""

Listed: TypeAlias = dict[str, dict[str, list[str]]]
"""The names, by their kind and then by their release."""


def commands() -> set[str]:
    """Return every command, argument and option."""
    return set(_commands(cention, ""))


def _commands(command: click.Command, path: str) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (f"{path} {name}".strip() for name in parameter.opts)
        else:
            yield f"{path} {(parameter.name or '').upper()}"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield f"{path} {name}".strip()
            yield from _commands(below, f"{path} {name}".strip())


def routes() -> set[str]:
    """Return every method and path of the receiver."""
    app = create_app(
        SETTINGS,
        store=partial(InstantStore, lambda callback: None),
        notify=lambda workspace: None,
        read_gauges=list,
        database=lambda: None,
        broker=lambda: None,
        spool=lambda: None,
        read_spool=lambda: None,
        save_pushed_answers=save_nothing,
        surveys=SurveyStorage(PageDatabase(NO_DATABASE)),
        notify_surveys=lambda workspace: None,
    )
    return _routes(app)


def pages() -> set[str]:
    """Return every method and path of the web face."""
    return _routes(application.create_app(SETTINGS, cast(Any, None), survey_workspaces={}))


def _routes(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def columns(conn: psycopg.Connection[Any]) -> set[str]:
    """Return every column that analysts may read, of tables and views."""
    return {
        f"{table.schema}.{table.name}.{column.name}"
        for table in dictionary.tables(conn)
        if table.schema in ANALYSTS
        for column in table.columns
    }


def found(conn: psycopg.Connection[Any]) -> dict[str, set[str]]:
    """Return every name that the code and a migrated database have, by its kind."""
    return {
        "settings": env_example.settings(),
        "commands": commands(),
        "routes": routes(),
        "pages": pages(),
        "columns": columns(conn),
        "metrics": metric_names.every(),
    }


def listed() -> Listed:
    """Return the names in the file."""
    return cast(Listed, tomllib.loads(FILE.read_text("utf-8")))


def names(of_kind: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the names of one kind, of all releases."""
    return {name for some in of_kind.values() for name in some}


def releases() -> list[str]:
    """Return the releases in the changelog, the newest first; the one to come is unreleased."""
    headings = re.findall(r"^## (.+)$", CHANGELOG.read_text("utf-8"), re.MULTILINE)
    return [UNRELEASED if each == "Unreleased" else each for each in headings]


def renewed(before: Listed, now: Mapping[str, set[str]], to: str) -> Listed:
    """Return the list with new names below the release ``to``; none is removed.

    Once there is a release, what was unreleased belongs to it.
    """
    after: Listed = {}
    for kind, has in now.items():
        of_kind = {key: list(some) for key, some in before.get(kind, {}).items()}
        new = has - names(of_kind)
        if to != UNRELEASED:
            new |= set(of_kind.pop(UNRELEASED, ()))
        if new:
            of_kind[to] = [*of_kind.get(to, ()), *new]
        after[kind] = {key: sorted(some) for key, some in of_kind.items()}
    return after


def as_toml(surface: Listed) -> str:
    """Return the text of the file."""
    lines = [HEAD]
    for kind, releases in surface.items():
        lines.append(f"[{kind}]")
        for key, some in releases.items():
            quoted = ",\0".join(f'"{name}"'.replace(" ", "\1") for name in some)
            body = textwrap.fill(
                quoted.replace("\0", " "),
                116,
                initial_indent="    ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            lines.append(f'"{key}" = [\n{body},\n]'.replace("\1", " "))
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Add new names to the file."""
    with tempfile.TemporaryDirectory(prefix="cention-surface-") as folder:
        server = postgres_in(Path(folder))
        server.start()
        try:
            create_template(server)
            with psycopg.connect(server.url_of(TEMPLATE)) as conn:
                now = found(conn)
        finally:
            server.remove()
    before = listed() if FILE.exists() else {}
    FILE.write_text(as_toml(renewed(before, now, releases()[0])), encoding="utf-8")


if __name__ == "__main__":
    main()
