"""Stories that the state machine found without a guard; each fails if its guard is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.model.cention import Errand
from tests.model.drains import Drain
from tests.model.world import World, open_model_connections


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """One errand, changed and listed."""
    with open_model_connections(database) as model_connections:
        made = World(model_connections)
        del made.cention.errands[1:]
        change(made)
        made.poll(made.cention.changed())
        yield made


@pytest.fixture
def errand(world: World) -> Errand:
    return world.cention.errands[0]


@pytest.fixture
def drains(world: World) -> list[Drain]:
    return world.drains


def change(world: World, which: int = 0) -> None:
    world.cention.changes += 1
    world.cention.errands[which].change()


def fetch_all(drain: Drain) -> None:
    for claimed in list(drain.not_fetched):
        drain.fetch(claimed)


def fetch_until_no_doubt_is_left(world: World, drain: Drain) -> None:
    """Let a drain fetch the records of another, which is suspended meanwhile."""
    for _ in range(2):
        world.let_waiting_end()
        world.let_doubts_end(though_suspended=True)
        world.start(drain)
        world.finish(drain)
    assert world.start(drain) == "finds nothing to do"


def test_a_drain_killed_before_it_writes_the_only_answer_loses_nothing(world, drains):
    a, b, _ = drains
    world.start(a)
    fetch_all(a)
    a.kill()

    world.check()
    assert world.start(b) == "takes slot 0 and claims errand 1"
    world.settle_down()


def test_an_errand_that_a_callback_names_while_it_is_fetched_is_fetched_again(
    world, drains, errand
):
    a, *_ = drains
    world.start(a)
    fetch_all(a)
    errand.change(flagged=False)
    world.want(errand)
    world.finish(a)

    world.check()
    world.settle_down()


def test_an_overtaken_fetch_that_cleared_a_flag_makes_its_drain_want_the_errand_again(
    world, drains
):
    a, b, _ = drains
    world.start(a)
    [claimed] = a.not_fetched
    a.begin_slow_fetch(claimed)
    world.let_lease_end(a)
    fetch_until_no_doubt_is_left(world, b)
    change(world)
    a.finish_slow_fetch(claimed)
    world.finish(a)

    world.check()
    world.settle_down()


def test_a_drain_that_lost_its_session_and_fetches_on_wants_its_errand_again(world, drains):
    a, b, _ = drains
    world.start(a)
    [claimed] = a.not_fetched
    a.begin_slow_fetch(claimed)
    a.cut(world.model_connections.closed)
    fetch_until_no_doubt_is_left(world, b)
    change(world)
    a.finish_slow_fetch(claimed)
    world.finish(a)

    world.check()
    world.settle_down()


def test_a_request_that_outlives_its_drain_loses_no_change_when_it_clears_the_flag(
    world, drains, errand
):
    a, b, _ = drains
    world.start(a)
    a.begin_slow_fetch(a.not_fetched[0])
    world.kill(a)
    world.start(b)
    world.finish(b)
    change(world)
    world.cention.take_effect(errand)

    world.check()
    world.settle_down()


def test_a_drain_killed_right_after_it_fetched_without_a_session_loses_nothing(world, drains):
    """Another has fetched and written meanwhile, and only the dead one had the change."""
    a, b, _ = drains
    world.start(a)
    a.cut(world.model_connections.closed)
    world.start(b)
    world.finish(b)
    change(world)
    fetch_all(a)
    world.kill(a)

    world.check()
    world.settle_down()


def test_a_drain_whose_lease_has_ended_clears_no_flag(world, drains, errand):
    a, b, _ = drains
    world.start(a)
    world.let_lease_end(a)
    world.start(b)
    fetch_all(b)
    change(world)
    fetch_all(a)
    a.kill()
    world.finish(b)

    assert errand.flagged
    world.check()


def test_records_claimed_by_a_living_drain_are_claimed_by_no_other(world, drains):
    """Another fetch in between, and a crash of the first, would lose the first one's document."""
    a, b, _ = drains
    world.start(a)

    assert world.start(b) == "finds nothing to do"


def test_a_drain_that_lost_its_claim_does_not_settle_the_records_of_its_successor(world, drains):
    a, b, _ = drains
    world.start(a)
    fetch_all(a)
    world.let_lease_end(a)
    world.start(b)
    change(world)
    fetch_all(b)
    world.finish(a)
    b.kill()

    world.check()
    world.settle_down()


def test_a_name_in_an_older_report_does_not_replace_a_newer_one(world, drains):
    """Two drains may write reports of two errands of one area in either order."""
    a, b, _ = drains
    world.start(a)
    fetch_all(a)
    world.cention.errands.append(Errand(errand_id=2))
    change(world, 1)
    world.poll(world.cention.changed())
    world.start(b)
    fetch_all(b)
    world.finish(b)
    world.check()
    world.finish(a)

    world.check()


def test_a_change_resets_the_count_of_fetches_without_sla_though_the_last_was_due(
    world, drains, errand
):
    world.change_list("looks = 5")
    errand.change(computing_sla=True)
    world.poll(world.cention.changed())

    world.settle_down()


def test_a_clock_set_back_makes_no_report_older_than_the_one_before(world, drains):
    a, *_ = drains
    world.start(a)
    world.finish(a)
    for table in ("intake.landed", "cention.errand"):
        world.conn.execute(
            f"UPDATE {table} SET fetched_at = fetched_at + interval '1 hour' WHERE workspace = %s",
            [world.workspace],
        )
    change(world)
    world.poll(world.cention.changed())
    world.start(a)
    world.finish(a)

    world.check()
    world.settle_down()
