"""``make mutate``: makes small harmful changes, one at a time, and prints which no test noticed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import click

from tests.mutation import coverage_map
from tests.mutation.coverage_map import CoverageMap
from tests.mutation.mutants import ROOMS, Mutant, sample
from tests.mutation.table import print_table
from tests.mutation.trial import Outcome, Trial, attempt, make_copy

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var" / "mutation"
COPIES = 2  # tried at the same time; the tests keep one core busy each


@click.command()
@click.option("--seed", type=int, default=lambda: int(time.time()), help="Which mutants are drawn.")
@click.option("--mutants", "count", type=int, default=200, show_default=True)
@click.option("--room", type=click.Choice(sorted(ROOMS)), help="Only of this one; else of all.")
@click.option("--map-again", is_flag=True, help="Measure again which tests run which lines.")
def main(seed: int, count: int, room: str | None, map_again: bool) -> None:
    """Try mutants of what is committed.

    Needs the whole suite to run once before, to measure which tests run which lines; that is kept
    in var/mutation. Goes on where it was interrupted if called with the same seed.
    """
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        raise click.ClickException("There are changes that are not committed. Commit them first.")
    copies = [FOLDER / f"copy-{number}" for number in range(1, COPIES + 1)]
    for copy in copies:
        make_copy(ROOT, copy)
    if map_again or not (FOLDER / "map" / "times.xml").exists():
        click.echo("The whole suite runs once, to measure which tests run which lines.")
        coverage_map.measure(copies[0], FOLDER / "map")
    coverage = CoverageMap(copies[0], FOLDER / "map")
    chosen = sample(ROOT, seed=seed, count=count, rooms=(room,) if room else tuple(ROOMS))
    results = _try_all(chosen, copies, coverage, FOLDER / f"seed-{seed}.jsonl")
    print_table(chosen, results, seed=seed)
    sys.exit(any(trial.outcome is not Outcome.NOTICED for trial in results.values()))


def _try_all(
    chosen: list[Mutant], copies: list[Path], coverage: CoverageMap, file: Path
) -> dict[str, Trial]:
    """Try every mutant that the file has no outcome of, and add each outcome to it."""
    results = _read(file)
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def try_one(mutant: Mutant) -> tuple[Mutant, Trial]:
        copy = free.get()
        try:
            return mutant, attempt(mutant, copy, coverage)
        finally:
            free.put(copy)

    left = [mutant for mutant in chosen if mutant.id not in results]
    with file.open("a", encoding="utf-8") as out, ThreadPoolExecutor(len(copies)) as pool:
        for number, (mutant, trial) in enumerate(pool.map(try_one, left), start=1):
            results[mutant.id] = trial
            record = {"id": mutant.id, "outcome": trial.outcome, "test": trial.test}
            out.write(json.dumps(record) + "\n")
            out.flush()
            click.echo(f"{number}/{len(left)} {trial.outcome}: {mutant}", err=True)
    return results


def _read(file: Path) -> dict[str, Trial]:
    if not file.exists():
        return {}
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {one["id"]: Trial(Outcome(one["outcome"]), one["test"]) for one in records}


if __name__ == "__main__":
    main()
