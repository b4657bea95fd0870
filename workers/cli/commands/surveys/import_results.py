"""``cention surveys import``"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from schemas.surveys.results import BadColumns, ResultRow, check_columns, read_csv
from schemas.surveys.rules import IMPORT_VENDORS, IMPORTED
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import print_json, print_line, print_stderr
from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection
from workers.operations.rules.wording import pluralise
from workers.outbound.jobs.text_files import open_text
from workers.surveys.jobs import import_results as job
from workers.surveys.jobs.import_results import ImportResult
from workers.surveys.jobs.judgement import load_rules


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vendor", required=True, type=click.Choice(IMPORT_VENDORS))
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=CONTENT",
    help=f"Content of a column: {', '.join(IMPORTED)}.",
)
@click.option("--dry-run", is_flag=True, help="Read and match everything, and save nothing.")
@json_option
@workspace_option
def import_(
    file: Path,
    vendor: str,
    columns: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    workspace: str | None,
) -> None:
    """Save the answers in a vendor's export, a CSV FILE with headings, in UTF-8.

    Answers are matched by our reference alone; rows with another reference are kept as unmatched.
    The same file may be imported again: nothing is saved twice. Without --map, the columns are
    those of [import.VENDOR] in the rules in force.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    with database(settings, autocommit=True) as conn:
        mapping = _mapping(columns) or _mapping_in_force(conn, chosen.name, vendor)
        with _rows(file, mapping, chosen) as rows:
            result = job.import_rows(conn, chosen.name, vendor, rows, dry_run=dry_run)
    for row in result.bad:
        print_stderr(f"line {row.line}: {row.problem}")
    if as_json:
        print_json(_document(result, dry_run=dry_run))
    else:
        print_line(_summary(result, dry_run=dry_run))
    if result.bad:
        raise click.exceptions.Exit(1)


@contextmanager
def _rows(
    file: Path, mapping: Mapping[str, str], workspace: WorkspaceSettings
) -> Iterator[Iterator[ResultRow]]:
    try:
        with open_text(file) as lines:
            yield read_csv(lines, mapping, zone=workspace.timezone)
    except BadColumns as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{file.name} cannot be read: {error.strerror}.") from None


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for one in columns:
        column, equals, content = one.rpartition("=")
        if not equals:
            raise click.UsageError(f"--map takes COLUMN=CONTENT, not {one!r}.")
        mapping[column.strip()] = content.strip()
    try:
        if mapping:
            check_columns(mapping)
    except BadColumns as error:
        raise click.UsageError(str(error)) from None
    return mapping


def _mapping_in_force(conn: Connection, workspace: str, vendor: str) -> Mapping[str, str]:
    rules = load_rules(conn, workspace)
    found = rules.file.imports.get(vendor) if rules else None
    if not found:
        raise CommandError(
            f"The rules in force have no [import.{vendor}]. Name the columns with --map, such as "
            '--map "Invitation=reference" --map "Score=nps".'
        )
    return found


def _document(result: ImportResult, *, dry_run: bool) -> dict[str, object]:
    return {
        **asdict(result.saved),
        "unanswered": result.unanswered,
        "bad": [asdict(row) for row in result.bad],
        "dry_run": dry_run,
    }


def _summary(result: ImportResult, *, dry_run: bool) -> str:
    saved = result.saved
    numbers = {
        "new": saved.taken,
        "known": saved.known,
        "unmatched": saved.unmatched,
        "without an answer": result.unanswered,
        "bad": len(result.bad),
    }
    total = pluralise(sum(numbers.values()), "row")
    parts = ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number)
    return f"{total}: {parts or 'none'}.{' Nothing was saved.' if dry_run else ''}"
