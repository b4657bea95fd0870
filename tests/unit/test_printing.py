"""How commands write lengths of time and tables."""

from __future__ import annotations

import pytest

from workers.cli.printing import Column, age, say_table


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (119, "1m"), (5_400, "1h"), (172_799, "1d"), (-3, "0s")],
)
def test_a_length_of_time_is_told_in_one_unit_rounded_down(seconds, told):
    assert age(seconds) == told


def test_columns_stand_below_each_other_whatever_script_they_are_in(capsys):
    say_table(
        [Column(heading="name"), Column(heading="n", right=True), Column(heading="action")],
        [("joe", 1, "Login"), ("王小明", 10, "Logout")],
    )

    assert capsys.readouterr().out.splitlines() == [
        "name     n  action",
        "joe      1  Login",
        "王小明  10  Logout",
    ]
