"""``make prove``: runs the long proofs one after the other, and keeps the table of each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.chaos.__main__ import NOT_RUN

FOLDER = Path(__file__).parents[1] / "var" / "prove"
PROOFS: Mapping[str, tuple[str, ...]] = {
    "hosts": ("tests.chaos", "--hosts", "4", "--minutes", "10"),
    "soak": ("tests.bench.soak",),
    "restore": (
        *("tests.system.proof", "--restored-errands", "500"),
        "tests/system/test_point_in_time.py",
    ),
    "sizing": ("tests.bench.sizing", "--measure", "20000"),
}


def main() -> None:
    """Run all, also after one that fails. Exit status 1 if one failed, 3 if one was not run."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ended = {name: prove(name, *module) for name, module in PROOFS.items()}
    for name, status in ended.items():
        said = {0: "kept", NOT_RUN: "NOT RUN, see its file"}.get(status, f"FAILED ({status})")
        click.echo(f"{name}: {said}")
    sys.exit(max(ended.values(), key=lambda status: (status not in (0, NOT_RUN), status)))


def prove(name: str, *module: str) -> int:
    """Run one proof; print its table, and write it to a file of today. Return its exit status."""
    file = FOLDER / f"{datetime.now(UTC):%Y-%m-%d}-{name}.md"
    click.echo(f"{name}: python -m {' '.join(module)}")
    done = subprocess.run([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True)
    file.write_text(done.stdout, "utf-8")
    click.echo(f"{done.stdout}\n{file}\n")
    return done.returncode


if __name__ == "__main__":
    main()
