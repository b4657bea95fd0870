"""``cention errands import``"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from schemas.text.unstorable import replace_unstorable_text
from workers.cli.context import json_option, load_settings_or_exit, workspace_option
from workers.cli.errors import CommandError
from workers.cli.outbound import RESOLVE_LATER, sender
from workers.cli.output import print_json, print_line, print_stderr
from workers.cli.progress import progress
from workers.cli.shutdown import Shutdown, graceful_shutdown
from workers.operations.rules.wording import pluralise
from workers.outbound.jobs.csv_errands import NotAFile
from workers.outbound.jobs.errand_readers import kind_of
from workers.outbound.jobs.import_errands import (
    AGAIN,
    BAD,
    OTHER,
    REPEATED,
    WOULD,
    Import,
    Stopped,
    StoppedAsAsked,
    Tally,
)
from workers.outbound.jobs.send import CREATED, REFUSED, SENDING, UNKNOWN

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MEANING = {
    WOULD: "to be created",
    CREATED: "created",
    AGAIN: "created before",
    REPEATED: "repeated in the files",
    BAD: "not readable",
    OTHER: "with the message id of another errand",
    REFUSED: "refused by Cention",
    UNKNOWN: "of unknown outcome",
    SENDING: "being sent by another command",
}


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--dry-run", is_flag=True, help="Check everything, and send nothing.")
@json_option
@workspace_option
def import_(files: tuple[Path, ...], dry_run: bool, as_json: bool, workspace: str | None) -> None:
    """Create an errand for each record in files: .jsonl, .csv, .eml, .mbox.

    \b
    jsonl  one errand per line, as Cention's data.attributes; an attachment has its
           content in base64, or names a file in the same folder
    csv    one errand per row; columns from, name, subject, body, html_body, message_id,
           attach (files|in the same folder), cuid, extradata, answer.user_id,
           integrationData.deviceId, and so on, named as Cention names them
    eml    one mail, with its attachments and the images in its HTML
    mbox   many mails

    Records that cannot be read are reported and skipped. May be stopped and run again at any
    time: created errands are not created again. Ctrl-C waits for the response to the last request.
    """
    max_bytes = load_settings_or_exit().attachment_max_bytes
    with graceful_shutdown() as shutdown, sender(workspace) as lent:
        run = Import(
            sender=lent,
            max_bytes=max_bytes,
            dry_run=dry_run,
            tell=lambda place, problem: print_stderr(f"{place}: {problem}"),
            wait=partial(_wait, shutdown),
            asked_to_stop=lambda: shutdown.requested,
        )
        try:
            for path in files:
                _import(run, path)
        except Stopped as stop:
            _say(run.tally, as_json=as_json)
            raise CommandError(_why(stop)) from None
    _say(run.tally, as_json=as_json)
    if run.tally.counts[UNKNOWN]:
        print_stderr(f"Not sent again until an operator has checked. {RESOLVE_LATER}")
    if run.tally.failed:
        raise click.exceptions.Exit(1)


def _import(run: Import, path: Path) -> None:
    name = replace_unstorable_text(path.name)  # may not be UTF-8
    try:
        kind = kind_of(path)
        with progress(name, kind.count(path)) as advance:
            run.run(kind.records(path, run.max_bytes), origin=name, progress=advance)
    except NotAFile as error:
        run.tally.counts[BAD] += 1
        print_stderr(f"{name}: {error}")
    except OSError as error:
        run.tally.counts[BAD] += 1
        print_stderr(f"{name}: cannot be read: {error.strerror}")


def _why(stop: Stopped) -> str:
    if isinstance(stop, StoppedAsAsked):
        return "Stopped on request. To continue, run the same command again."
    return f"Stopped: {stop}. After that is repaired, run the same command again to continue."


def _wait(shutdown: Shutdown, seconds: float) -> None:
    print_stderr(f"Cention asks to wait: continuing in {seconds:.0f} s.")
    shutdown.pause(seconds)


def _say(tally: Tally, *, as_json: bool) -> None:
    if as_json:
        print_json({kind: tally.counts[kind] for kind in MEANING})
        return
    for kind, meaning in MEANING.items():
        if tally.counts[kind]:
            print_line(f"{pluralise(tally.counts[kind], 'errand')} {meaning}.")
    if not tally.counts.total():
        print_line("The files contain no errand.")
