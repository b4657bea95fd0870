"""All odd mails and mailboxes in one import: each becomes an errand or is reported."""

from __future__ import annotations

import json

from tests.support.mail_corpus import FOLDER, MAILBOXES, MAILS, expected


def test_each_mail_is_an_errand_or_reported_with_its_place(terminal):
    files = [FOLDER / name for name in (*MAILS, *MAILBOXES)]
    mailboxes = [expected(name) for name in MAILBOXES]
    readings = [expected(name) for name in MAILS]
    readings += [one for box in mailboxes if isinstance(box, list) for one in box]
    unreadable = sum("problem" in one for one in (*readings, *mailboxes))

    result = terminal.run("errands", "import", *files, "--json")

    counts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert counts["bad"] == unreadable
    assert sum(counts.values()) == len(readings) + sum(isinstance(box, dict) for box in mailboxes)
    assert result.stderr.count(", message ") == counts["bad"] - 1 + counts["other"]
    assert "Traceback" not in result.stderr
