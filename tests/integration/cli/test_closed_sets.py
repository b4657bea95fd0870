"""A value that is none of those that an option knows is refused before anything is sent."""

from __future__ import annotations

import pytest

CREATE = ("errands", "create", "--from", "ann@customer.example", "--subject", "x")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ((*CREATE, "--user-type", "foo", "--user-id", "5"), "solidus"),
        (("errands", "close", "7", "--user-type", "foo", "--user-id", "5"), "solidus"),
        (("want", "foo", "1"), "errand_reports"),
        (("parked", "retry", "foo"), "errand_reports"),
        (("unreadable", "show", "foo", "1"), "errand_reports"),
        (("renormalise", "foo"), "errand_reports"),
        (("actions", "patterns", "add", "foo", "x"), "answered"),
        (("surveys", "invitations", "--state", "foo"), "triggered"),
        (("surveys", "import", "x.csv", "--vendor", "foo"), "digidesk"),
        (("surveys", "link", "7", "--vendor", "foo"), "centracx"),
    ],
)
def test_the_known_values_are_named(terminal, tmp_path, words, known):
    (tmp_path / "x.csv").write_text("reference\n")

    result = terminal.run(*words)

    assert result.exit_code == 2
    assert known in result.stderr


def test_a_kind_of_user_may_be_written_in_capitals(terminal, bridge, errands):
    [number] = errands(1)

    result = terminal.run("errands", "close", number, "--user-type", "CENTION", "--user-id", "5")

    assert result.exit_code == 0


@pytest.mark.parametrize("sender", ["foo", "Ann <ann@customer.example>", "", "ann@"])
def test_a_sender_that_is_no_address_creates_no_errand(terminal, bridge, tmp_path, sender):
    listed = tmp_path / "list.csv"
    listed.write_text(f'from,subject\n"{sender or "n/a"}",x\nbo@customer.example,y\n')

    created = terminal.run("errands", "create", "--from", sender, "--subject", "x")
    imported = terminal.run("errands", "import", listed)

    assert created.exit_code == 2
    assert "is no address" in created.stderr
    assert "line 2: /msg/from: is no address" in imported.stderr
    assert "1 errand created" in imported.stdout
    assert bridge.one("SELECT count(*) FROM cention.sent_errand") == 1
