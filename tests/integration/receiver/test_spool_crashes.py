"""A crash at any instant loses no callback and doubles none."""

from __future__ import annotations

from itertools import count

import psycopg
import pytest

from tests.integration.receiver.crash_points import append, appending, drain, draining, survives
from workers.spool.layout import spool_status


@pytest.fixture
def stored(database):
    """Return a function that reads which callbacks are in the inbox."""
    with psycopg.connect(database, autocommit=True) as conn:

        def read():
            found = conn.execute("SELECT remote_id FROM intake.callback ORDER BY remote_id")
            return [row[0] for row in found.fetchall()]

        yield read


def test_a_crash_at_any_instant_of_spooling_loses_no_answered_callback(tmp_path, database, stored):
    for instant in count(1):
        folder = tmp_path / str(instant)
        answers = tmp_path / f"{instant}.answers"
        append(folder, 10 * instant)
        sent = 10 * instant + 1, 10 * instant + 2
        finished = survives(appending(folder, *sent, answers=answers), instant)

        drain(folder, database)

        found = [number for number in stored() if number // 10 == instant]
        assert found == [10 * instant + number for number in range(len(found))]
        assert len(found) >= 1 + len(answers.read_bytes())
        assert spool_status(folder).waiting == spool_status(folder).bad == 0
        if finished:
            assert len(answers.read_bytes()) == 2
            break
    assert instant > 20


def test_a_crash_at_the_very_first_callback_leaves_a_spool_that_works(tmp_path, database, stored):
    for instant in count(1):
        folder = tmp_path / str(instant) / "var" / "spool"
        finished = survives(appending(folder, instant, answers=tmp_path / "answers"), instant)

        append(folder, instant)
        drain(folder, database)

        assert stored() == list(range(1, instant + 1))
        assert spool_status(folder).waiting == spool_status(folder).bad == 0
        if finished:
            break
    assert instant > 20


def test_a_crash_at_any_instant_of_draining_stores_everything_once(tmp_path, database, stored):
    for instant in count(1):
        folder = tmp_path / str(instant)
        numbers = [10 * instant + number for number in range(4)]
        append(folder, *numbers)
        truncated = folder / f"{max(folder.glob('*.json')).stem}-truncated.json"
        truncated.write_bytes(b'{"workspace":')
        finished = survives(draining(folder, database), instant)

        assert len(stored()) >= 4 * (instant - 1)
        waiting_or_stored = spool_status(folder).waiting + len(stored()) + spool_status(folder).bad
        assert waiting_or_stored >= 4 * instant + 1

        drain(folder, database)

        assert stored()[-4:] == numbers
        assert len(stored()) == 4 * instant
        assert (spool_status(folder).waiting, spool_status(folder).bad) == (0, 1)
        if finished:
            break
    assert instant > 40
