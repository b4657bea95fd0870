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
    database_of_one,
    json_option,
    one_workspace,
    settings_of_this_place,
    workspace_option,
)
from workers.cli.errors import Trouble
from workers.cli.output import Column, note, say, say_json, say_table
from workers.cli.progress import LINE_EVERY_S
from workers.cli.tokens import client_of
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.mirrors.jobs import refresh as job
from workers.mirrors.jobs.library import library_plan
from workers.mirrors.jobs.refresh import Brought
from workers.mirrors.store import library_search
from workers.mirrors.store.library_search import QuestionFile, ReadQuestion, Where
from workers.operations.jobs.nudges import request_drains

LARGEST_ID = 2**63 - 1
FILES = (
    Column(heading="kind"),
    Column(heading="id", right=True),
    Column(heading="name"),
    Column(heading="type"),
    Column(heading="bytes", right=True),
    Column(heading="state"),
)


@click.group()
def library() -> None:
    """Search and renew the picture of Cention's library."""


@library.command()
@workspace_option
def refresh(workspace: str | None) -> None:
    """Ask Cention for the whole library now, and write what it tells.

    Files and images of questions are fetched by the workers afterwards.
    """
    settings = settings_of_this_place()
    chosen = one_workspace(settings, workspace)
    found = _refreshed(settings, chosen)
    if found is None:
        raise Trouble(f"Another process renews the library of {chosen.name} just now.")
    say(f"{found.records:,} libraries, categories and questions of {chosen.name} are up to date.")
    files = (Family.LIBRARY_ATTACHMENTS, Family.AREA_ARCHIVES)
    note(request_drains(settings, [(chosen.name, family) for family in files]))
    if found.problem:
        raise Trouble(f"But {found.problem}.")


def _refreshed(settings: Settings, chosen: WorkspaceSettings) -> Brought | None:
    api = client_of("library", wiring.library_api, settings, chosen)
    plan = library_plan(chosen.name, api, every_s=0, tell=_steps())
    with database(settings, autocommit=True) as conn:
        try:
            return job.renew(plan, session=lambda: nullcontext(conn))
        except (ApiError, DocumentError) as error:
            raise Trouble(
                f"Nothing was changed. {error}. To find out why, run: cention check"
            ) from None


def _steps() -> Callable[[str], None]:
    """Return what tells of a step now and then, on standard error."""
    told_at_s = float("-inf")

    def tell(step: str) -> None:
        nonlocal told_at_s
        if time.monotonic() - told_at_s >= LINE_EVERY_S:
            note(f"library: {step}")
            told_at_s = time.monotonic()

    return tell


@library.command()
@click.argument("phrase", nargs=-1, required=True)
@click.option("--question", "where", flag_value=Where.QUESTION.value, help="In questions only.")
@click.option("--answer", "where", flag_value=Where.ANSWER.value, help="In answers only.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@json_option
@workspace_option
def search(
    phrase: tuple[str, ...], where: str | None, limit: int, as_json: bool, workspace: str | None
) -> None:
    """Find questions by words, best first.

    A word also finds what begins with it. "two words" stand beside each other, "or" is either,
    -word is without.
    """
    with database_of_one(workspace) as (conn, name):
        found = library_search.search(
            conn, name, " ".join(phrase), where=Where(where or "ABC"), limit=limit
        )
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nothing found.")
    for one in found:
        say(f"{one.question_id}  {one.subject or '(no subject)'}", style="bold")
        say(f"    {' '.join(one.headline.split())}", hanging=4)


@library.command()
@click.argument("question_id", metavar="ID", type=click.IntRange(1, LARGEST_ID))
@json_option
@workspace_option
def show(question_id: int, as_json: bool, workspace: str | None) -> None:
    """Show one question as text, with its files and categories."""
    with database_of_one(workspace) as (conn, name):
        found = library_search.read_question(conn, name, question_id)
        files = library_search.files_of(conn, name, question_id)
    if found is None:
        raise Trouble(
            f"No question {question_id} in the library of {name}. "
            "To renew the picture, run: cention library refresh"
        )
    if as_json:
        say_json({**asdict(found), "files": files})
    else:
        _say_question(found, files)


def _say_question(found: ReadQuestion, files: list[QuestionFile]) -> None:
    say(f"{found.question_id}  {found.subject or '(no subject)'}", style="bold")
    if found.gone_at is not None:
        say(f"Gone from Cention since {found.gone_at:%Y-%m-%d}.")
    for heading, names in (("Libraries", found.libraries), ("Categories", found.categories)):
        say(f"{heading}: {', '.join(names) or '-'}", hanging=4)
    if found.toplist:
        say("On the top list.")
    for heading, text in (("Question", found.question_text), ("Answer", found.answer_text)):
        say("")
        say(heading, style="bold")
        for line in (text or "-").split("\n"):
            say(line)
    if files:
        say("")
        say_table(
            FILES,
            [
                (f.kind, f.attachment_id, f.name, f.content_type, f.size_bytes, f.state)
                for f in files
            ],
        )
