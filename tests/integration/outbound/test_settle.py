"""What was sent is settled once: whoever comes later, or without right, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from schemas.cention.errands import ErrandAnswer, ErrandOrder, NewErrand
from workers.clients.errors import Busy
from workers.outbound.jobs import import_errands
from workers.outbound.jobs.errand_readers import ImportRecord
from workers.outbound.jobs.import_errands import Import
from workers.outbound.jobs.send import AlreadyClosed, Sender
from workers.outbound.store import sent_commands, sent_errands
from workers.outbound.store.sent_commands import CALL_END, CLOSING
from workers.outbound.store.sent_errands import Intent

RUN, OTHER_RUN = uuid4(), uuid4()
TABLES = ("sent_errand", CLOSING, CALL_END)


def ignore(*_):
    """Take a problem or progress of an import."""


@pytest.fixture
def conn(database) -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode, as commands have."""
    with psycopg.connect(database, autocommit=True) as opened:
        yield opened


class Request:
    """A request of one kind: begun, and settled or resolved as the commands do."""

    def __init__(self, conn, table, *, run=RUN, workspace="demo", message=b"m"):
        self.conn, self.table, self.run, self.workspace = conn, table, run, workspace
        self.sent_id = self._begin(message)

    def _begin(self, message):
        if self.table == CLOSING:
            return sent_commands.begin_closing(
                self.conn, self.workspace, 7, user_type="", user_id="", sent_by=self.run
            )
        if self.table == CALL_END:
            return sent_commands.begin_call_end(
                self.conn, self.workspace, integration_name="i", device_id=1, extension_id=2,
                dialed_number=None, sent_by=self.run,
            )  # fmt: skip
        intent = Intent(
            message_sha256=message.ljust(32), content_sha256=bytes(32), message_id="m",
            answered=False, origin="o", from_address="a@b.example", from_name="", subject="s",
            attachment_count=0, attachment_bytes=0,
        )  # fmt: skip
        return sent_errands.begin(self.conn, self.workspace, intent, sent_by=self.run)

    @property
    def success(self):
        return "created" if self.table == "sent_errand" else "done"

    def settle(self, state, *, run=None, errand_id=None):
        to = {"sent_by": run or self.run, "state": state, "problem": None}
        if self.table == "sent_errand":
            sent_errands.settle(self.conn, self.workspace, self.sent_id, errand_id=errand_id, **to)
        else:
            sent_commands.settle(self.conn, self.table, self.workspace, self.sent_id, **to)

    def resolve(self, *, happened, errand_id=None):
        if self.table == "sent_errand":
            return sent_errands.resolve(
                self.conn, self.workspace, self.sent_id, happened=happened, errand_id=errand_id
            )
        return sent_commands.resolve(self.conn, self.workspace, self.sent_id, happened=happened)

    @property
    def row(self):
        return self.conn.execute(
            f"SELECT to_jsonb(t) FROM cention.{self.table} AS t"
            " WHERE (workspace, sent_id) = (%s, %s)",
            [self.workspace, self.sent_id],
        ).fetchone()[0]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("happened", [True, False])
def test_an_answer_that_comes_after_an_operator_resolved_the_outcome_changes_nothing(
    conn, table, happened
):
    request = Request(conn, table)
    sent_commands.mark_unknown(conn, RUN)
    assert request.resolve(happened=happened, errand_id=4711)
    resolved = request.row

    request.settle("refused" if happened else request.success, errand_id=4712)
    request.settle("unknown")

    assert request.row == resolved
    assert resolved["state"] == (request.success if happened else "refused")


@pytest.mark.parametrize("table", TABLES)
def test_an_answer_that_comes_late_settles_what_was_marked_as_unknown(conn, table):
    request = Request(conn, table)
    sent_commands.mark_unknown(conn, RUN)

    request.settle(request.success, errand_id=4711)

    assert (request.row["state"], request.row["problem"]) == (request.success, None)


@pytest.mark.parametrize("table", TABLES)
def test_an_answer_to_another_run_settles_nothing(conn, table):
    request = Request(conn, table)
    before = request.row

    request.settle(request.success, run=OTHER_RUN, errand_id=4711)

    assert request.row == before


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("state", ["sending", "success", "refused"])
@pytest.mark.parametrize("happened", [True, False])
def test_only_an_unknown_outcome_is_resolved(conn, table, state, happened):
    request = Request(conn, table)
    if state != "sending":
        request.settle(request.success if state == "success" else state, errand_id=None)
    before = request.row

    assert not request.resolve(happened=happened, errand_id=4711)
    assert request.row == before


@pytest.mark.parametrize("table", TABLES)
def test_of_a_run_that_died_only_what_it_was_sending_becomes_unknown(conn, table):
    done = Request(conn, table, message=b"done")
    done.settle(done.success, errand_id=1)
    refused = Request(conn, table, message=b"refused")
    refused.settle("refused")
    others = Request(conn, table, message=b"others", run=OTHER_RUN)
    sending = Request(conn, table, message=b"sending")
    before = [one.row for one in (done, refused, others)]

    sent_commands.mark_unknown(conn, RUN)

    assert [one.row for one in (done, refused, others)] == before
    assert sending.row["state"] == "unknown"


def test_a_message_is_begun_again_only_after_a_refusal(conn):
    first = Request(conn, "sent_errand")
    assert Request(conn, "sent_errand", run=OTHER_RUN).sent_id is None
    first.settle("unknown")
    assert Request(conn, "sent_errand", run=OTHER_RUN).sent_id is None
    first.settle("refused")
    assert Request(conn, "sent_errand", run=OTHER_RUN).sent_id == first.sent_id
    assert first.row["sent_by"] == str(OTHER_RUN)
    assert first.row["tries"] == 2


class Cention:
    """An API that closes and creates everything."""

    def __init__(self, *errors):
        self.calls, self.errors = 0, list(errors)

    def close(self, errand_id, answer):
        self.calls += 1

    def create_order(self, order):
        self.calls += 1
        raise self.errors.pop(0)


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_whether_an_errand_may_be_closed_again_depends_on_its_last_closing(conn, state):
    """An earlier one was done; the last one may take effect yet."""
    Request(conn, CLOSING).settle("done")
    Request(conn, CLOSING).settle("refused")
    last = Request(conn, CLOSING, run=OTHER_RUN)
    if state == "unknown":
        last.settle("unknown")
    sender = Sender(conn=conn, workspace="demo", run=uuid4(), client=Cention())

    with pytest.raises(AlreadyClosed) as refusal:
        sender.close(7, ErrandAnswer(), again=True)

    assert refusal.value.before.sent_id == last.sent_id
    assert sender.client.calls == 0


def test_an_errand_whose_last_closing_was_done_may_be_closed_again(conn):
    Request(conn, CLOSING).settle("unknown")
    Request(conn, CLOSING).settle("done")
    sender = Sender(conn=conn, workspace="demo", run=uuid4(), client=Cention())

    assert sender.close(7, ErrandAnswer(), again=True).state == "done"


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(None, 5), (0, 5), (60, 60), (119, 119), (120, 120), (3600, 120)]
)
def test_an_import_waits_as_long_as_cention_asks_within_five_seconds_and_two_minutes(
    conn, asked_s, waited_s
):
    busy = [
        Busy("busy", api="cention", status=429, retry_after_s=asked_s)
        for _ in range(import_errands.MAX_TRIES)
    ]
    client, waits = Cention(*busy), []
    sender = Sender(conn=conn, workspace="demo", run=uuid4(), client=client)
    records = [ImportRecord(place="line 1", order=ErrandOrder(errand=NewErrand(subject="s")))]
    running = Import(
        sender=sender, max_bytes=1000, dry_run=False, on_problem=ignore, wait=waits.append,
        stop_requested=lambda: False,
    )  # fmt: skip

    with pytest.raises(import_errands.ImportStopped):
        running.run(records, origin="list", progress=ignore)

    assert waits == [waited_s] * 4
    assert client.calls == 5
