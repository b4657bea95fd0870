"""No name that others rely on vanishes in silence: ``deploy/docs/surface.toml`` lists them all."""

from __future__ import annotations

import tomllib

import psycopg
import pytest

from tests.support import surface


@pytest.fixture
def found(database):
    """The names that the code and the database have."""
    with psycopg.connect(database) as conn:
        return surface.found(conn)


def test_no_setting_command_route_column_or_metric_of_a_release_has_vanished(found):
    listed = surface.listed()

    assert {kind: surface.names(of_kind) - found[kind] for kind, of_kind in listed.items()} == {
        kind: set() for kind in found
    }


def test_a_release_lists_every_name(found):
    """Between releases the list may lag behind: what was never released is promised to nobody."""
    assert unlisted(found, surface.listed(), surface.releases()) == set(), "run: make surface"


def test_a_release_that_lists_not_every_name_is_noticed():
    listed = {"settings": {"0.1.0": ["OLD"], "unreleased": ["RECENT"]}}
    found = {"settings": {"OLD", "RECENT", "NEW"}, "routes": {"GET /new"}}

    assert unlisted(found, listed, ["0.2.0", "0.1.0"]) == {"NEW", "RECENT", "GET /new"}
    assert unlisted(found, listed, ["unreleased", "0.1.0"]) == set()


def test_the_file_is_as_it_is_written_and_names_only_releases_of_the_changelog():
    listed = surface.listed()

    assert surface.as_toml(listed) == surface.FILE.read_text("utf-8")
    assert {key for of_kind in listed.values() for key in of_kind} <= set(surface.releases())


def test_a_new_name_is_added_and_none_is_removed():
    before = {"settings": {"0.1.0": ["OLD", "GONE"], "unreleased": ["RECENT"]}}
    now = {"settings": {"OLD", "RECENT", "NEW"}}

    assert surface.renewed(before, now, "unreleased") == {
        "settings": {"0.1.0": ["GONE", "OLD"], "unreleased": ["NEW", "RECENT"]}
    }
    assert surface.renewed(before, now, "0.2.0") == {
        "settings": {"0.1.0": ["GONE", "OLD"], "0.2.0": ["NEW", "RECENT"]}
    }


def test_the_file_has_the_names_as_they_are():
    long = {"commands": {"0.1.0": [f"a b --option-{number}" for number in range(40)]}}

    assert tomllib.loads(surface.as_toml(long)) == long


def unlisted(found, listed, releases):
    """Return the names that are listed below no release, if the newest one is released."""
    if releases[0] == surface.UNRELEASED:
        return set()
    released = {
        name
        for of_kind in listed.values()
        for release, names in of_kind.items()
        if release in releases
        for name in names
    }
    return {name for has in found.values() for name in has} - released
