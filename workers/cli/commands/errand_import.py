"""``cention errands import``"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from schemas.text.unstorable import replace_unstorable_text
from workers.cli.context import json_option, load_settings_or_exit, workspace_option
from workers.cli.errors import CommandError
from workers.cli.ids import read_ids
from workers.cli.outbound import RESOLVE_LATER, workspace_sender
from workers.cli.output import print_json, print_line, print_stderr
from workers.cli.progress import progress
from workers.cli.shutdown import Shutdown, graceful_shutdown
from workers.operations.rules.wording import pluralise
from workers.outbound.jobs.errand_readers import reader_for
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.import_errands import (
    Import,
    ImportCounts,
    ImportOutcome,
    ImportStopped,
    Interrupted,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MEANING = {
    ImportOutcome.TO_CREATE: "to be created",
    ImportOutcome.CREATED: "created",
    ImportOutcome.CREATED_BEFORE: "created before",
    ImportOutcome.REPEATED: "repeated in the files",
    ImportOutcome.UNREADABLE: "not readable",
    ImportOutcome.CONFLICT: "with the message id of another errand",
    ImportOutcome.REFUSED: "refused by Cention",
    ImportOutcome.UNKNOWN: "of unknown outcome",
    ImportOutcome.SENDING: "being sent by another command",
}
SEND_AGAIN = (
    "If an earlier release read such a mail wrongly, import it again with --again and the number of"
    " its request: that creates a new errand, once."
)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--dry-run", is_flag=True, help="Check everything, and send nothing.")
@click.option(
    "--again",
    "again",
    multiple=True,
    metavar="ID",
    help="Send again what request ID sent, if its record is read differently now. Repeatable.",
)
@json_option
@workspace_option
def import_(
    files: tuple[Path, ...],
    dry_run: bool,
    again: tuple[str, ...],
    as_json: bool,
    workspace: str | None,
) -> None:
    """Create an errand for each record in files: .jsonl, .csv, .eml, .mbox.

    \b
    jsonl  one errand per line, as Cention's data.attributes; an attachment has its
           content in base64, or names a file in the same folder
    csv    one errand per row; columns from, name, subject, body, html_body, message_id,
           attach (names of files in the same folder, separated by |), cuid,
           extradata, answer.user_id, integrationData.deviceId, and so on, with
           Cention's names of fields
    eml    one mail, with its attachments and the images in its HTML
    mbox   many mails

    Records that cannot be read are reported and skipped. May be stopped and run again at any
    time: created errands are not created again. Ctrl-C waits for the response to the last request.

    An errand that an earlier release read wrongly is reported as having different content, with
    the number of its request. --again sends it once more, as a new errand; the first one stays.
    """
    requests = frozenset(read_ids(again))
    max_bytes = load_settings_or_exit().attachment_max_bytes
    with graceful_shutdown() as shutdown, workspace_sender(workspace) as sender:
        run = Import(
            sender=sender,
            max_bytes=max_bytes,
            dry_run=dry_run,
            on_problem=lambda place, problem: print_stderr(f"{place}: {problem}"),
            wait=partial(_wait, shutdown),
            stop_requested=lambda: shutdown.requested,
            again=requests,
        )
        try:
            for path in files:
                _import(run, path)
        except ImportStopped as stop:
            _print_counts(run.counts, as_json=as_json)
            raise CommandError(_stop_message(stop)) from None
    _print_counts(run.counts, as_json=as_json)
    if run.counts.by_outcome[ImportOutcome.UNKNOWN]:
        print_stderr(f"Not sent again until an operator has checked. {RESOLVE_LATER}")
    if run.counts.by_outcome[ImportOutcome.CONFLICT]:
        print_stderr(SEND_AGAIN)
    missed = sorted(requests - run.corrected)
    if missed:
        numbers = ", ".join(map(str, missed))
        print_stderr(f"Nothing in the files differs from what was created by request {numbers}.")
    if run.counts.failed or missed:
        raise click.exceptions.Exit(1)


def _import(run: Import, path: Path) -> None:
    name = replace_unstorable_text(path.name)  # may not be UTF-8
    try:
        reader = reader_for(path)
        with progress(name, reader.count(path)) as advance:
            run.run(reader.records(path, run.max_bytes), origin=name, progress=advance)
    except UnreadableFile as error:
        run.counts.by_outcome[ImportOutcome.UNREADABLE] += 1
        print_stderr(f"{name}: {error}")
    except OSError as error:
        run.counts.by_outcome[ImportOutcome.UNREADABLE] += 1
        print_stderr(f"{name}: cannot be read: {error.strerror}")


def _stop_message(stop: ImportStopped) -> str:
    if isinstance(stop, Interrupted):
        return "Stopped on request. To continue, run the same command again."
    return f"Stopped: {stop}. After that is repaired, run the same command again to continue."


def _wait(shutdown: Shutdown, seconds: float) -> None:
    print_stderr(f"Cention asks to wait: continuing in {seconds:.0f} s.")
    shutdown.pause(seconds)


def _print_counts(counts: ImportCounts, *, as_json: bool) -> None:
    if as_json:
        print_json({outcome: counts.by_outcome[outcome] for outcome in MEANING})
        return
    for outcome, meaning in MEANING.items():
        if counts.by_outcome[outcome]:
            print_line(f"{pluralise(counts.by_outcome[outcome], 'errand')} {meaning}.")
    if not counts.by_outcome.total():
        print_line("The files contain no errand.")
