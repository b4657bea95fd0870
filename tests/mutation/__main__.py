"""``make mutate``: makes small harmful changes, one at a time, and prints which no test noticed."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import click

from tests.mutation.coverage_map import CoverageMap
from tests.mutation.measurement import commit_of, measure
from tests.mutation.mutants import ROOMS, Mutant, sample
from tests.mutation.results import Results
from tests.mutation.table import print_table
from tests.mutation.trial import UNNOTICED, Copy, Trial, attempt

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var" / "mutation"
COPIES = 2  # tried at the same time; the tests keep one core busy each


@click.command()
@click.option("--seed", type=int, default=lambda: int(time.time()), help="Which mutants are drawn.")
@click.option("--mutants", "count", type=int, default=200, show_default=True)
@click.option("--room", type=click.Choice(sorted(ROOMS)), help="Only of this one; else of all.")
def main(seed: int, count: int, room: str | None) -> None:
    """Try mutants of what is committed.

    At first, files of tests that are new or changed run once, to measure which lines each test
    runs. What was measured and tried is in var/mutation. Called again with the same seed, goes on
    where it was interrupted; after a commit, tries those again that no test had noticed.
    """
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        raise click.ClickException("There are changes that are not committed. Commit them first.")
    copies = [Copy(FOLDER / f"copy-{number}") for number in range(1, COPIES + 1)]
    for copy in copies:
        copy.update(ROOT)
    measure([copy.folder for copy in copies], FOLDER / "map")
    coverage = CoverageMap(copies[0].folder, FOLDER / "map")
    chosen = sample(ROOT, seed=seed, count=count, rooms=(room,) if room else tuple(ROOMS))
    results = Results(FOLDER / f"seed-{seed}.jsonl", commit=commit_of(ROOT))
    try:
        _try_all(chosen, copies, coverage, results)
    finally:
        for copy in copies:
            copy.close()
    print_table(chosen, results.trials, seed=seed)
    sys.exit(any(results.trials[one.id].outcome in UNNOTICED for one in chosen))


def _try_all(
    chosen: list[Mutant], copies: list[Copy], coverage: CoverageMap, results: Results
) -> None:
    """Try every mutant that has no result."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_one(mutant: Mutant) -> tuple[Mutant, Trial]:
        copy = free.get()
        try:
            return mutant, attempt(mutant, copy, coverage)
        finally:
            free.put(copy)

    left = [mutant for mutant in chosen if mutant.id not in results.trials]
    with ThreadPoolExecutor(len(copies)) as pool:
        for number, (mutant, trial) in enumerate(pool.map(try_one, left), start=1):
            results.add(mutant, trial)
            click.echo(f"{number}/{len(left)} {trial.outcome}: {mutant} {trial.test}", err=True)


if __name__ == "__main__":
    main()
