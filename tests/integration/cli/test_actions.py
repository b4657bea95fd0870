"""`cention actions`: patterns for the notes of actions."""

from __future__ import annotations


def listed(terminal):
    found = terminal.json("actions", "patterns", "list")
    return [(one["workspace"], one["kind"], one["pattern"]) for one in found]


def test_a_pattern_is_added_before_those_of_all_workspaces_and_removed(terminal):
    before = listed(terminal)

    added = terminal.run("actions", "patterns", "add", "closed", "%avslutat%")
    assert added.stdout == "Notes like %avslutat% are closed.\n"
    assert listed(terminal) == [("demo", "closed", "%avslutat%"), *before]

    assert terminal.run("actions", "patterns", "remove", "%avslutat%").exit_code == 0
    assert listed(terminal) == before


def test_a_pattern_that_would_know_every_note_is_refused(terminal):
    assert terminal.run("actions", "patterns", "add", "closed", "%").exit_code == 2
    assert terminal.run("actions", "patterns", "add", "closed", "x\\").exit_code == 2


def test_a_pattern_that_the_workspace_does_not_have_cannot_be_removed(terminal):
    assert terminal.run("actions", "patterns", "remove", "Errand % was closed by %").exit_code == 1


def test_without_unknown_notes_it_says_so(terminal):
    assert terminal.run("actions", "unknown").stdout == "Every note is known.\n"
