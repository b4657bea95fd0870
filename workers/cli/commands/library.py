"""``cention library``"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict

import click

from schemas.errors import DocumentError
from workers import wiring
from workers.cli.context import (
    database,
    json_option,
    load_settings_or_exit,
    select_workspace,
    workspace_database,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.ids import MAX_ID
from workers.cli.output import TableColumn, print_json, print_line, print_stderr, print_table
from workers.cli.progress import LINE_EVERY_S
from workers.cli.tokens import require_client
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import refresh as job
from workers.mirrors.jobs.library import library_mirror
from workers.mirrors.jobs.refresh import RefreshResult
from workers.mirrors.store import library_search
from workers.mirrors.store.library_search import QuestionFile, ReadQuestion, SearchIn
from workers.operations.jobs.nudges import request_drains

FILES = (
    TableColumn(heading="kind"),
    TableColumn(heading="id", right=True),
    TableColumn(heading="name"),
    TableColumn(heading="type"),
    TableColumn(heading="bytes", right=True),
    TableColumn(heading="state"),
)


@click.group()
def library() -> None:
    """Search and refresh the mirror of Cention's library."""


@library.command()
@workspace_option
def refresh(workspace: str | None) -> None:
    """Fetch the whole library from Cention now, and store it.

    The workers fetch files and images of questions afterwards.
    """
    settings = load_settings_or_exit()
    chosen = select_workspace(settings, workspace)
    found = _refreshed(settings, chosen)
    if found is None:
        raise CommandError(f"Another process is refreshing the library of {chosen.name}.")
    print_line(
        f"{found.records:,} libraries, categories and questions of {chosen.name} are up to date."
    )
    files = (Family.LIBRARY_ATTACHMENTS, Family.AREA_ARCHIVES)
    print_stderr(request_drains(settings, [(chosen.name, family) for family in files]))
    if found.problem:
        raise CommandError(f"The refresh was only partly successful: {found.problem}.")


def _refreshed(settings: Settings, chosen: WorkspaceSettings) -> RefreshResult | None:
    api = require_client("library", wiring.library_api, settings, chosen)
    plan = library_mirror(chosen.name, api, every_s=0, on_progress=_print_steps())
    with database(settings, autocommit=True) as conn:
        try:
            return job.refresh(plan, session=lambda: nullcontext(conn))
        except (ApiError, DocumentError) as error:
            raise CommandError(
                f"Nothing was changed: {error}. To find the cause, run: cention check"
            ) from None


def _print_steps() -> Callable[[str], None]:
    """Return a function that prints the current step, at most every few seconds."""
    printed_at_s = float("-inf")

    def print_step(step: str) -> None:
        nonlocal printed_at_s
        if time.monotonic() - printed_at_s >= LINE_EVERY_S:
            print_stderr(f"library: {step}")
            printed_at_s = time.monotonic()

    return print_step


@library.command()
@click.argument("phrase", nargs=-1, required=True)
@click.option(
    "--question", "where", flag_value=SearchIn.QUESTION.value, help="Search questions only."
)
@click.option("--answer", "where", flag_value=SearchIn.ANSWER.value, help="Search answers only.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@json_option
@workspace_option
def search(
    phrase: tuple[str, ...], where: str | None, limit: int, as_json: bool, workspace: str | None
) -> None:
    """Find questions by words, best match first.

    A word also matches words that begin with it. "two words" in quotes must be adjacent, or
    matches either side, and -word excludes a word.
    """
    with workspace_database(workspace) as (conn, name):
        found = library_search.search(
            conn, name, " ".join(phrase), where=SearchIn(where or "ABC"), limit=limit
        )
    if as_json:
        print_json(found)
        return
    if not found:
        print_line("Nothing found.")
    for one in found:
        print_line(f"{one.question_id}  {one.subject or '(no subject)'}", style="bold")
        print_line(f"    {' '.join(one.headline.split())}", hanging=4)


@library.command()
@click.argument("question_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@json_option
@workspace_option
def show(question_id: int, as_json: bool, workspace: str | None) -> None:
    """Show one question as text, with its files and categories."""
    with workspace_database(workspace) as (conn, name):
        found = library_search.read_question(conn, name, question_id)
        files = library_search.files_of(conn, name, question_id)
    if found is None:
        raise CommandError(
            f"No question {question_id} in the library of {name}. "
            "To refresh the library, run: cention library refresh"
        )
    if as_json:
        print_json({**asdict(found), "files": files})
    else:
        _print_question(found, files)


def _print_question(found: ReadQuestion, files: list[QuestionFile]) -> None:
    print_line(f"{found.question_id}  {found.subject or '(no subject)'}", style="bold")
    if found.gone_at is not None:
        print_line(f"No longer in Cention (gone since the refresh of {found.gone_at:%Y-%m-%d}).")
    for heading, names in (("Libraries", found.libraries), ("Categories", found.categories)):
        print_line(f"{heading}: {', '.join(names) or '-'}", hanging=4)
    if found.toplist:
        print_line("On the top list.")
    for heading, text in (("Question", found.question_text), ("Answer", found.answer_text)):
        print_line("")
        print_line(heading, style="bold")
        for line in (text or "-").split("\n"):
            print_line(line)
    if files:
        print_line("")
        print_table(
            FILES,
            [
                (f.kind, f.attachment_id, f.name, f.content_type, f.size_bytes, f.state)
                for f in files
            ],
        )
