"""The table of a run: what was noticed by room, and each mutant that was not."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.mutation.mutants import Mutant
from tests.mutation.trial import UNNOTICED, Outcome, Trial


def print_table(mutants: Sequence[Mutant], trials: Mapping[str, Trial], *, seed: int) -> None:
    """Print the changes that no test noticed, and the share of those noticed, by room."""
    console = Console(highlight=False)
    for mutant in mutants:
        trial = trials[mutant.id]
        if trial.outcome in UNNOTICED:
            tests = f"{trial.ran} of {trial.fitting} tests"
            console.print(f"\n[bold]{escape(str(mutant))}[/] {trial.outcome}, {tests}")
            console.print(escape(diff(mutant)), soft_wrap=True)
    table = Table("room", title=f"Seed {seed}, {len(mutants)} mutants")
    for heading in ("mutants", *Outcome, "noticed %"):
        table.add_column(heading, justify="right")
    for room in [*sorted({mutant.room for mutant in mutants}), "all"]:
        counts = Counter(trials[one.id].outcome for one in mutants if room in {one.room, "all"})
        share = 100 * counts[Outcome.NOTICED] / counts.total()
        table.add_row(
            *(room, str(counts.total())),
            *(str(counts[outcome]) for outcome in Outcome),
            f"{share:.1f}",
        )
    console.print(table)


def diff(mutant: Mutant) -> str:
    """Return the changed lines, as ``diff`` prints them."""
    before = Path(mutant.path).read_text("utf-8")
    after = mutant.apply(before)
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(list(lines)[3:])
