"""``cention report``"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from workers.analytics.jobs.exports.drafts import draft_of, publish
from workers.analytics.jobs.reports import SUFFIXES
from workers.analytics.rules.weeks import Week, last_ended, read_week
from workers.analytics.store import sent_reports
from workers.analytics.store.sent_reports import UnsettledReport
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    optional_workspace_database,
    select_workspace,
    select_workspaces,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.outbound import confirm
from workers.cli.output import TableColumn, format_cell, print_line, print_list
from workers.config.reports import LANGUAGES
from workers.database import Connection

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="week"),
    TableColumn(heading="state"),
    TableColumn(heading="sent"),
    TableColumn(heading="cause"),
)
ADVICE = """Ask a recipient, or look at the log of the mail server.
If it was sent:   cention report unknown done WEEK
If it was not:    cention report unknown missing WEEK"""


class IsoWeek(click.ParamType[Week]):
    """A week."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Week:
        """Return the week. Raises ``click.BadParameter``."""
        try:
            return value if isinstance(value, Week) else read_week(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a week such as 2024-W05.", param, ctx)


@click.group(invoke_without_command=True)
@click.option(
    "--week", type=IsoWeek(), metavar="WEEK", help="Such as 2024-W05; else the last that is over."
)
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write, ending in .html or .xlsx.",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Else REPORT_LANGUAGE of the workspace."
)
@workspace_option
@click.pass_context
def report(
    context: click.Context,
    week: Week | None,
    path: Path | None,
    language: str | None,
    workspace: str | None,
) -> None:
    """Write the report of a week, as a page for any browser or as an Excel workbook."""
    if context.invoked_subcommand is not None:
        return
    if path is None or path.suffix not in SUFFIXES:
        raise click.UsageError(f"Write to where? Add --to FILE, ending in {' or '.join(SUFFIXES)}.")
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    now = datetime.now(UTC)
    week = week or last_ended(now, chosen.timezone)
    with database(settings, autocommit=True) as conn:
        content = _content(conn, chosen.name, week, now, path, language or chosen.report.language)
    try:
        with draft_of(path) as draft:
            draft.write_bytes(content)
            publish(draft, path)
    except OSError as error:
        raise CommandError(f"Nothing was written to {path}: {error.strerror}.") from None
    print_line(f"{path}: the report of {chosen.name} for {week}.")


@report.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def unknown(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List reports by mail that were not sent for certain, and record the outcome.

    A report is sent once. If a worker ends while it sends one, or the mail server does not answer,
    it is not known whether it was sent; it is not sent again until you record the outcome.
    """
    if context.invoked_subcommand is not None:
        return
    with _database(workspace) as conn:
        found = _unsettled(conn, workspace)
    if print_list(found, COLUMNS, _row, as_json=as_json, nothing="No report has such an outcome."):
        print_line("")
        for line in ADVICE.splitlines():
            print_line(line)


@unknown.command()
@click.argument("week", type=IsoWeek())
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@workspace_option
def done(week: Week, yes: bool, workspace: str | None) -> None:
    """Record that the report of a week was sent."""
    name = _resolve(week, workspace, yes=yes, sent=True)
    print_line(f"Recorded: the report of {name} for {week} was sent.")


@unknown.command()
@click.argument("week", type=IsoWeek())
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@workspace_option
def missing(week: Week, yes: bool, workspace: str | None) -> None:
    """Record that the report of a week was not sent: it is sent within a minute or two."""
    name = _resolve(week, workspace, yes=yes, sent=False)
    print_line(f"Recorded: the report of {name} for {week} was not sent. It will be sent now.")


def _content(
    conn: Connection, workspace: str, week: Week, now: datetime, path: Path, language: str
) -> bytes:
    # Templates and workbooks take long to load.
    from workers.analytics.jobs.reports.page import as_page
    from workers.analytics.jobs.reports.send import read_at_once
    from workers.analytics.jobs.reports.workbook import as_workbook

    try:
        found = read_at_once(conn, workspace, week, now=now)
    except LookupError:
        raise CommandError(
            f"Nothing is stored of the workspace {workspace}. Run: cention migrate"
        ) from None
    if path.suffix == ".html":
        return as_page(found, language=language).encode()
    return as_workbook(found, language=language)


def _database(workspace: str | None) -> Any:
    return optional_workspace_database(workspace, autocommit=True)


def _unsettled(conn: Connection, workspace: str | None) -> list[UnsettledReport]:
    from workers.analytics.jobs.reports.send import mark_abandoned_unknown  # it loads templates

    for one in sent_reports.unsettled(conn, workspace):
        if one.state == sent_reports.SENDING:
            mark_abandoned_unknown(conn, one.workspace)
    states = (sent_reports.UNKNOWN, sent_reports.REFUSED)
    return [one for one in sent_reports.unsettled(conn, workspace) if one.state in states]


def _resolve(week: Week, workspace: str | None, *, yes: bool, sent: bool) -> str:
    """Record an outcome; return the workspace. Raises ``CommandError`` if there is none such."""
    settings = load_settings_or_exit()
    names = {one.name for one in select_workspaces(settings, workspace)}
    with database(settings, autocommit=True) as conn:
        found = [
            one
            for one in _unsettled(conn, workspace)
            if one.week == week.monday and one.workspace in names
        ]
        if not found:
            raise CommandError(
                f"No report for {week} has an unknown outcome, or was refused.",
                "List them: cention report unknown",
            )
        if len(found) > 1:
            several = ", ".join(one.workspace for one in found)
            raise click.UsageError(f"Which workspace? Add --workspace with one of: {several}.")
        [one] = found
        did = "was sent" if sent else "was not sent"
        about = f"The report of {one.workspace} for {week} {did}, {format_cell(one.sent_at)}."
        confirm(about, yes=yes)
        if not sent_reports.resolve(conn, one.workspace, one.week, sent=sent):
            raise CommandError(
                f"Another command has just recorded the outcome of the report for {week}."
            )
    return one.workspace


def _row(one: UnsettledReport) -> tuple[object, ...]:
    return one.workspace, str(Week(one.week)), one.state, one.sent_at, one.problem
