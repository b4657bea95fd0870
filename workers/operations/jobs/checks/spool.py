"""Check of the spool on this machine: whether the receiver may trust its folder."""

from __future__ import annotations

from collections.abc import Iterator

from workers.config.settings import Settings
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.spool import trust


def spool_findings(settings: Settings) -> Iterator[Finding]:
    """Yield whether the receiver may use the spool; nothing if it has no folder on this machine.

    The receiver creates a missing folder.
    """
    folder = settings.spool_dir
    try:
        owner = folder.lstat().st_uid
        trust.check_folder(folder, owner=owner)
    except FileNotFoundError:
        return
    except OSError as error:
        yield wrong(
            "spool",
            f"The receiver cannot use {folder}: {error.strerror}. Without it callbacks are refused "
            "while Postgres is down.",
            f"Give it to the user of the receiver alone (chown, and chmod 700 {folder}), or set "
            "SPOOL_DIR to a folder that does not exist yet.",
        )
    else:
        yield ok(
            "spool", f"{folder} is of user {owner} alone; the receiver has to run as that user."
        )
