"""``cention contacts import``"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from schemas.cention.contact_cards import CHANNELS
from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.output import print_json, print_line, print_stderr
from workers.cli.progress import progress
from workers.cli.shutdown import Shutdown, graceful_shutdown
from workers.cli.tokens import require_client
from workers.clients.errors import ApiError
from workers.config.settings import Settings
from workers.database import Connection
from workers.operations.rules.wording import pluralise
from workers.outbound.jobs import contact_cards as job
from workers.outbound.jobs.contact_cards import RowOutcome, RowResult
from workers.outbound.jobs.text_files import open_text
from workers.outbound.rules.contact_csv import BadTable, Row, check_target, read_rows

FAILED = (RowOutcome.BAD, RowOutcome.REFUSED, RowOutcome.UNKNOWN)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=CHANNEL",
    help=f"Content of a column: {', '.join(CHANNELS)}, name, custom or custom:LABEL.",
)
@click.option("--as-is", is_flag=True, help="Send addresses that do not look like ones, too.")
@click.option("--again", is_flag=True, help="Send cards again that were sent before.")
@click.option("--dry-run", is_flag=True, help="Check everything, and send nothing.")
@json_option
@workspace_option
def import_(
    file: Path,
    columns: tuple[str, ...],
    as_is: bool,
    again: bool,
    dry_run: bool,
    as_json: bool,
    workspace: str | None,
) -> None:
    """Send a card for each row of a CSV FILE with headings, in UTF-8.

    Without --map, columns with the name of a channel are used. May be stopped and run again:
    cards that Cention has already are not sent again. Bad rows are reported and skipped.
    """
    settings = load_settings_or_exit()
    name = select_workspace(settings, workspace).name
    mapping = _mapping(columns)
    counts: Counter[RowOutcome] = Counter()
    with _rows(file, mapping, as_is=as_is) as rows:
        total = sum(1 for _ in rows)
    with (
        graceful_shutdown() as shutdown,
        _rows(file, mapping, as_is=as_is) as rows,
        progress("rows", total) as advance,
    ):
        results = _results(settings, name, rows, shutdown, again=again, dry_run=dry_run)
        try:
            _print_results(results, counts, advance, shutdown)
        except ApiError as error:
            raise CommandError(
                f"{_summary(counts)} Then it failed: {error}.",
                "To continue, run the same command again.",
            ) from None
    if as_json:
        print_json({outcome.name.lower(): counts[outcome] for outcome in RowOutcome})
    else:
        print_line(_summary(counts))
    if shutdown.requested and counts.total() < total:
        raise CommandError("Stopped on request. To continue, run the same command again.")
    if any(counts[outcome] for outcome in FAILED):
        raise click.exceptions.Exit(1)


def _results(
    settings: Settings,
    workspace: str,
    rows: Iterator[Row],
    shutdown: Shutdown,
    *,
    again: bool,
    dry_run: bool,
) -> Iterator[RowResult]:
    with database(settings, autocommit=True) as conn:

        @contextmanager
        def transaction() -> Iterator[Connection]:
            with conn.transaction():
                yield conn

        if dry_run:
            yield from job.classify_rows(
                rows, workspace=workspace, transaction=transaction, again=again
            )
            return
        chosen = select_workspace(settings, workspace)
        yield from job.send_rows(
            rows,
            workspace=workspace,
            api=require_client("contacts", wiring.contacts_api, settings, chosen),
            transaction=transaction,
            again=again,
            sleep=shutdown.pause,
        )


def _print_results(
    results: Iterator[RowResult],
    counts: Counter[RowOutcome],
    advance: Callable[[int], None],
    shutdown: Shutdown,
) -> None:
    while not shutdown.requested and (one := next(results, None)):
        counts[one.outcome] += 1
        advance(1)
        if one.outcome in FAILED or one.reason:
            print_stderr(f"line {one.row.line}, {one.outcome}: {one.reason}")
        for warning in one.row.warnings:
            print_stderr(f"line {one.row.line}, accepted with a warning: {warning}")


def _summary(counts: Counter[RowOutcome]) -> str:
    parts = [f"{counts[outcome]:,} {outcome}" for outcome in RowOutcome if counts[outcome]]
    return f"{pluralise(counts.total(), 'row')}: {', '.join(parts) or 'none'}."


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for one in columns:
        column, equals, target = one.rpartition("=")
        if not equals:
            raise click.UsageError(f"--map takes COLUMN=CHANNEL, not {one!r}.")
        try:
            mapping[column] = check_target(target)
        except BadTable as error:
            raise click.UsageError(f"--map {one}: {error}") from None
    return mapping


@contextmanager
def _rows(file: Path, mapping: Mapping[str, str], *, as_is: bool) -> Iterator[Iterator[Row]]:
    try:
        with open_text(file) as lines:
            yield read_rows(lines, mapping, as_is=as_is)
    except BadTable as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{file.name} cannot be read: {error.strerror}.") from None
