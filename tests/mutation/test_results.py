from __future__ import annotations

from tests.mutation import results
from tests.mutation.mutants import Mutant
from tests.mutation.results import Results
from tests.mutation.sql_mutants import Change
from tests.mutation.trial import Outcome, Trial

MUTANT = Mutant(
    room="sync", path="a.py", line=1, query="", change="", key="a", edit=Change("", 0, 0, "")
)


def test_what_was_tried_is_known_after_an_interruption(tmp_path):
    trial = Trial(Outcome.SURVIVED, ran=2, fitting=3)
    Results(tmp_path / "seed", commit="one").add(MUTANT, trial)
    assert Results(tmp_path / "seed", commit="one").trials[MUTANT.id] == trial


def test_after_a_commit_what_no_test_noticed_is_tried_again(tmp_path):
    Results(tmp_path / "seed", commit="one").add(MUTANT, Trial(Outcome.SURVIVED))
    assert MUTANT.id not in Results(tmp_path / "seed", commit="two").trials


def test_after_a_commit_what_a_test_noticed_is_not_tried_again(tmp_path):
    trial = Trial(Outcome.NOTICED, "test", ran=2, fitting=3)
    Results(tmp_path / "seed", commit="one").add(MUTANT, trial)
    assert Results(tmp_path / "seed", commit="two").trials[MUTANT.id] == trial


def test_what_is_known_to_be_equivalent_is_not_tried(tmp_path, monkeypatch):
    known = tmp_path / "equivalent.toml"
    known.write_text(f"{MUTANT.id} = 'a.py: the order decides nothing'\n")
    monkeypatch.setattr(results, "EQUIVALENT", known)
    trials = Results(tmp_path / "seed", commit="one").trials
    assert trials == {MUTANT.id: Trial(Outcome.EQUIVALENT)}
