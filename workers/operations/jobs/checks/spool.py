"""Check of the spool on this machine: whether the receiver may trust its folder."""

from __future__ import annotations

from collections.abc import Iterator

from workers.config.settings import Settings
from workers.operations.jobs.checks.finding import Finding, ok, wrong
from workers.operations.jobs.sentences import Sentence
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
        unusable = Sentence("check.spool_unusable", folder=str(folder), error=str(error.strerror))
        remedy = Sentence("remedy.spool_unusable", folder=str(folder))
        yield wrong(Sentence("about.spool"), unusable, remedy)
    else:
        owned = Sentence("check.spool", folder=str(folder), user=str(owner))
        yield ok(Sentence("about.spool"), owned)
