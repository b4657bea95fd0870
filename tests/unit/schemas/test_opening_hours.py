"""The file of opening hours and holidays: read whole, or refused with every mistake."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.opening_hours import Holiday, Opening, read_calendar
from schemas.text.toml_mistakes import MistakesError

AREAS = {"Invoices": [2], "Returns": [5, 9]}

OFFICE = """
[[hours]]
days = ["mon", "fri"]
from = "08:00"
to = "17:00"
"""


def read(content):
    return read_calendar(content, areas=AREAS)


def mistakes(content):
    with pytest.raises(MistakesError) as caught:
        read(content)
    return [str(one) for one in caught.value.mistakes]


def test_hours_are_of_all_areas_or_of_those_that_are_named():
    found = read(OFFICE + OFFICE + 'areas = ["Returns"]\n')

    of_all = [Opening(area_id=None, weekday=day, from_minute=480, to_minute=1020) for day in (1, 5)]
    assert list(found.openings[:2]) == of_all
    assert [(one.area_id, one.weekday) for one in found.openings[2:]] == [
        *((5, 1), (5, 5)),
        *((9, 1), (9, 5)),
    ]


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [
        ("00:00", "24:00", (0, 1440)),
        ("22:00", "06:00", (1320, 1800)),
        ("22:00", "24:00", (1320, 1440)),
        ("22:00", "00:00", (1320, 1440)),
        ("12:00", "11:59", (720, 2159)),
    ],
)
def test_an_end_that_is_earlier_is_of_the_next_day(begin, end, minutes):
    [one] = read(f'[[hours]]\ndays = ["sun"]\nfrom = "{begin}"\nto = "{end}"\n').openings

    assert (one.from_minute, one.to_minute) == minutes


@pytest.mark.parametrize("day", ['"2024-05-01"', "2024-05-01"])
def test_holidays_are_of_all_areas_or_of_those_that_are_named(day):
    found = read(
        f'[[holiday]]\ndate = {day}\nname = "May"\n'
        f'[[holiday]]\ndate = {day}\nname = "Move"\nareas = ["Invoices"]\n'
    )

    assert found.holidays == (
        Holiday(area_id=None, date=date(2024, 5, 1), name="May"),
        Holiday(area_id=2, date=date(2024, 5, 1), name="Move"),
    )


def test_every_mistake_is_named_with_its_line():
    found = mistakes(
        OFFICE
        + """
[[hours]]
days = ["fri", "sat"]
from = "16:59"
to = "20:00"

[[hours]]
days = ["mo"]
from = "8:00"
to = "25:00"
areas = ["Sales"]
closed = true

[[holiday]]
date = "2024-02-30"
name = ""

[[holiday]]
date = "2024-05-01"
name = "May"
areas = ["Sales", "Invoices"]
"""
    )

    assert [one.partition(": ")[0] for one in found] == [
        *("line 7", "line 13", "line 14", "line 15", "line 17", "line 20", "line 21", "line 26")
    ]
    assert "hours[2]: overlaps on fri with hours[1] of the same area" in found[0]
    assert 'must be a time of the day such as "08:00"' in found[2]
    assert "is no key of this table" in found[4]
    assert "a day that no calendar has" in found[5]
    assert "there is no area 'Sales'; known are: Invoices, Returns" in found[7]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("sun", "22:00", "06:00"), ("mon", "05:59", "12:00")),
        (("mon", "05:59", "12:00"), ("sun", "22:00", "06:00")),
        (("tue", "00:00", "24:00"), ("tue", "12:00", "13:00")),
    ],
)
def test_hours_that_overlap_over_midnight_or_the_end_of_the_week_are_noticed(first, second):
    content = "".join(
        f'[[hours]]\ndays = ["{day}"]\nfrom = "{begin}"\nto = "{end}"\n'
        for day, begin, end in (first, second)
    )

    [one] = mistakes(content)

    assert one.startswith("line 5: hours[2]: overlaps")


@pytest.mark.parametrize(("begin", "end"), [("12:00", "11:59"), ("00:00", "24:00")])
def test_hours_of_every_day_until_the_next_do_not_overlap_with_themselves(begin, end):
    days = '"mon", "tue", "wed", "thu", "fri", "sat", "sun"'

    found = read(f'[[hours]]\ndays = [{days}]\nfrom = "{begin}"\nto = "{end}"\n')

    assert len(found.openings) == 7


def test_hours_that_touch_do_not_overlap():
    read(OFFICE + OFFICE.replace("08:00", "17:00").replace('to = "17:00"', 'to = "20:00"'))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "line 1: file: has neither [[hours]] nor [[holiday]]; add one"),
        ("a = [", "is no TOML"),
        (OFFICE.replace("17:00", "08:00"), "a whole day is 00:00 to 24:00"),
        (OFFICE.replace("08:00", "24:00"), "must be before 24:00"),
        ("[hours]\n", "must be written as [[hours]]"),
        ("hours = [1]\n", "must be a table"),
        ('[[holiday]]\ndate = "1024-05-01"\nname = "x"\n', "must be in a year from 1970 to 2199"),
        ('[[holiday]]\ndate = 2024-05-01T00:00:00\nname = "x"\n', "must be a day such as"),
        ('[[holiday]]\ndate = "2024-05-01"\nname = "x"\n' * 2, "is a holiday of the same area"),
    ],
)
def test_a_mistake_says_what_to_write(content, expected):
    assert expected in "\n".join(mistakes(content))
