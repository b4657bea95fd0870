"""What became of the mutants of a seed, in a file that an interrupted run goes on with."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Outcome, Trial

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


class Results:
    """The trials so far, by the id of the mutant.

    What a test noticed stays noticed; any other outcome counts for its commit, since the next may
    have the test. Mutants that are known to be equivalent are not tried.
    """

    def __init__(self, file: Path, *, commit: str) -> None:
        known = tomllib.loads(EQUIVALENT.read_text("utf-8"))
        self.trials = dict.fromkeys(known, Trial(Outcome.EQUIVALENT))
        self._file = file
        self._commit = commit
        for line in file.read_text("utf-8").splitlines() if file.exists() else ():
            record = json.loads(line)
            outcome = Outcome(record["outcome"])
            if outcome is Outcome.NOTICED or record["commit"] == commit:
                self.trials[record["id"]] = Trial(
                    outcome, record["test"], record["ran"], record["fitting"]
                )

    def add(self, mutant: Mutant, trial: Trial) -> None:
        """Add a trial, also to the file."""
        self.trials[mutant.id] = trial
        record = {
            "id": mutant.id,
            "commit": self._commit,
            "outcome": trial.outcome,
            "test": trial.test,
            "ran": trial.ran,
            "fitting": trial.fitting,
            "mutant": str(mutant),
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
