"""The library is refreshed with a token and an interval; otherwise never, and without an error."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.integration.conftest import bridge_of
from tests.support.settings import SETTINGS, WORKSPACE
from workers import wiring
from workers.config.names import Family, Mirror
from workers.mirrors.jobs import refresh


def families(*, token, every_s):
    workspace = replace(WORKSPACE, tokens=replace(WORKSPACE.tokens, library=token))
    settings = replace(SETTINGS, workspaces=(workspace,), mirror_every_s={Mirror.LIBRARY: every_s})
    return [p for p in wiring.mirror_specs(settings, workspace) if p.mirror is Mirror.LIBRARY]


def test_the_library_is_refreshed_at_the_configured_interval():
    [spec] = families(token="token", every_s=900)

    assert (spec.workspace, spec.mirror, spec.every_s) == ("demo", Mirror.LIBRARY, 900)


@pytest.mark.parametrize(("token", "every_s"), [(None, 900), ("token", 0)])
def test_without_a_token_or_an_interval_the_library_is_not_refreshed(token, every_s):
    assert families(token=token, every_s=every_s) == []


def test_a_fresh_mirror_is_not_refreshed(bridge, cention):
    spec = bridge.context.mirrors["demo", Mirror.LIBRARY]

    first = refresh.refresh_if_due(spec, session=bridge.context.session)
    second = refresh.refresh_if_due(spec, session=bridge.context.session)

    assert (bool(first), second) == (True, None)


def test_a_refusal_pauses_the_mirror_and_leaves_its_data(bridge, cention, refresh_now):
    refresh_now()
    bridge.execute("UPDATE intake.poll SET started_at = started_at - interval '1 day'")
    cention.control("faults", {"unauthorised": {"probability": 1}})
    spec = bridge.context.mirrors["demo", Mirror.LIBRARY]

    assert refresh.refresh_if_due(spec, session=bridge.context.session) is None
    requested = bridge.rows("SELECT count(*) AS n FROM intake.poll WHERE family = 'library'")
    assert refresh.refresh_if_due(spec, session=bridge.context.session) is None

    assert bridge.rows("SELECT family FROM intake.pause") == [{"family": "library"}]
    assert (
        bridge.rows("SELECT count(*) AS n FROM intake.poll WHERE family = 'library'") == requested
    )
    assert bridge.rows("SELECT FROM cention.library_question WHERE gone_at IS NOT NULL") == []


@pytest.mark.parametrize(
    ("tokens", "fetched"),
    [
        ({"library": "sandbox-token", "attachments": "wrong"}, {"library"}),
        ({"library": "sandbox-token", "attachments": None}, {"library", "area_archive"}),
    ],
)
def test_files_of_the_library_are_fetched_with_the_token_of_its_claim(
    database, cention, tokens, fetched
):
    workspace = replace(
        WORKSPACE,
        cention_url=f"{cention.root}/s/demo",
        tokens=replace(WORKSPACE.tokens, **tokens),
    )
    every_s = {Mirror.LIBRARY: 900}
    settings = replace(
        SETTINGS, database_url=database, workspaces=(workspace,), mirror_every_s=every_s
    )
    with contextmanager(bridge_of)(settings) as bridge:
        refresh.refresh(
            bridge.context.mirrors["demo", Mirror.LIBRARY], session=bridge.context.session
        )
        for family in (Family.LIBRARY_ATTACHMENTS, Family.AREA_ARCHIVES):
            bridge.drain(family)

        rows = bridge.rows("SELECT DISTINCT kind FROM cention.attachment WHERE state = 'stored'")
        assert {row["kind"] for row in rows} == fetched
