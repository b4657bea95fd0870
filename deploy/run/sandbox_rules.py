"""The survey rules of the sandbox: on from the first start, and never on beside a real vendor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

import deploy

FILE = Path(deploy.__file__).parent / "sandbox" / "surveys.toml"


def settle(conn: Connection[Any], workspaces: Sequence[str], *, sandboxed: bool) -> None:
    """Switch the rules on where no rules file was ever loaded; without the sandbox, off.

    An operator who switches them off, or loads another file, keeps that.
    """
    from workers.surveys.jobs import load_rules
    from workers.surveys.store import survey_rules

    file = load_rules.read_file(FILE, can_create_errands=False)
    names = [rule["name"] for rule in file.document["rule"]]
    for workspace in workspaces:
        with conn.transaction():
            if not sandboxed:
                for name in names:
                    survey_rules.switch_off(conn, workspace, name)
            elif survey_rules.newest(conn, workspace) is None:
                load_rules.load(conn, workspace, file, dry_run=False)
                for name in names:
                    survey_rules.switch_on(conn, workspace, name)


def rules_that_are_on(conn: Connection[Any], workspace: str) -> list[str]:
    """Return the names of the rules that are on."""
    from workers.surveys.store import survey_rules

    return [rule.name for rule in survey_rules.states(conn, workspace) if rule.on_from]
