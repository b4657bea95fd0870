"""The fetches of a drain: as many as are allowed, and none is forgotten."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from workers.clients import errors
from workers.clients.fetch_loop import FetchLoop
from workers.config.names import Family
from workers.sync.jobs.family_spec import DrainLimits, FamilySpec, PlainDocument
from workers.sync.jobs.fetching import Batch, Fetching
from workers.sync.store.wanted import Claim, Claimed


@pytest.fixture
def loop():
    loop = FetchLoop(1)
    yield loop
    loop.close()


def batch_of(*ids: int) -> Batch:
    records = tuple(
        Claimed(remote_id=one, marks=1, tries=0, looks=0, missing_since=None) for one in ids
    )
    claim = Claim(
        workspace="demo",
        family=Family.FACEBOOK_RATINGS,
        token=uuid4(),
        claimed_at=datetime.now(UTC),
        records=records,
        full=True,
    )
    now_s = time.monotonic()
    return Batch(claim=claim, claimed_s=now_s, lease_half_over_s=now_s + 100)


def spec_of(fetch, parse=lambda remote_id, document, _: remote_id) -> FamilySpec:
    return FamilySpec(
        workspace="demo",
        family=Family.FACEBOOK_RATINGS,
        limits=DrainLimits(max_drains=1, lease_s=300),
        fetch=fetch,
        parse=parse,
        save=None,
        mark_gone=None,
    )


async def fetched(remote_id):
    return PlainDocument(document={"id": remote_id})


def test_a_batch_that_is_added_while_the_last_record_of_one_is_parsed_is_fetched(loop):
    def parse(remote_id, document, _):
        if remote_id == 1:
            fetching.add(batch_of(2))  # as the drain's thread may at this moment
        return remote_id

    fetching = Fetching(spec_of(fetched, parse), loop)
    fetching.add(batch_of(1))

    taken = fetching.take(2, enough=2, timeout_s=10)
    fetching.end()

    assert [finished.claimed.remote_id for finished in taken] == [1, 2]


def test_a_failure_does_not_keep_what_was_received(loop):
    async def fetch(remote_id):
        received = bytearray(10)  # in a frame of the traceback
        raise errors.IncompleteResponse(f"{len(received)} bytes", api="cention")

    fetching = Fetching(spec_of(fetch), loop)
    fetching.add(batch_of(1))

    [finished] = fetching.take(1, timeout_s=10)
    fetching.end()

    assert finished.outcome.error.__traceback__ is None
    assert finished.outcome.error.__context__ is None
