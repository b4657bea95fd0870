"""The same callbacks, in any order, repeated and split in any way, end in the same tables."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receiver import canonical_json
from receiver.authentication import Secrets
from schemas.cention.callbacks import read_callback
from tests.model.world import connection
from workers.database import Connection
from workers.sync.jobs.file_callbacks import file_callbacks
from workers.sync.store import callbacks
from workers.sync.store.callbacks import NewCallback

SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "callback_answer_errand.json"
SECRETS = Secrets(["123456"])
# Without the columns about the delivery: its time and its number.
TABLES = {
    "answer": """
        SELECT errand_id, answer_id, response_id, subject, body_text, body_html, service_id,
               service_name, service_type, remote_id
        FROM cention.answer WHERE workspace = %s""",
    "answer_recipient": """
        SELECT response_id, recipient_id, address, name, remote_id
        FROM cention.answer_recipient WHERE workspace = %s""",
    "answer_attachment": """
        SELECT answer_id, kind, attachment_id
        FROM cention.answer_attachment WHERE workspace = %s""",
    "attachment": "SELECT kind, attachment_id, state FROM cention.attachment WHERE workspace = %s",
    "wanted": "SELECT family, remote_id, marks FROM intake.wanted WHERE workspace = %s",
    "inbox": """
        SELECT remote_id, filed_at IS NOT NULL, problem
        FROM intake.callback WHERE workspace = %s""",
}


@dataclass(frozen=True)
class Content:
    """The content of one callback; its number grows with every event at Cention."""

    number: int
    errand: int
    answer: int
    recipients: tuple[int | None, ...]
    files: tuple[int, ...]
    images: tuple[int, ...]
    with_answer: bool


@dataclass(frozen=True)
class Delivery:
    """One delivery of a callback: the order of its parts, and whether filing follows."""

    content: Content
    shuffled: int
    filed_after: bool


SMALL = st.integers(1, 3)
CONTENTS = st.builds(
    Content,
    number=st.just(0),
    errand=SMALL,
    answer=SMALL,
    recipients=st.lists(st.none() | SMALL, max_size=3).map(tuple),
    files=st.lists(SMALL, max_size=2, unique=True).map(tuple),
    images=st.lists(SMALL, max_size=2, unique=True).map(tuple),
    with_answer=st.booleans(),
)


def numbered(content: Sequence[Content]) -> list[Content]:
    return [replace(one, number=n) for n, one in enumerate(content, start=70)]


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Delivery]]:
    """The same callbacks delivered in two ways: order, repeats and splits differ."""
    content = numbered(draw(st.lists(CONTENTS, min_size=1, max_size=5)))
    return [draw(st.just(content).flatmap(deliveries_of)) for _ in range(2)]


def deliveries_of(content: list[Content]) -> st.SearchStrategy[list[Delivery]]:
    once = st.permutations(content)
    again = st.lists(st.sampled_from(content), max_size=3)
    order = st.tuples(once, again).flatmap(lambda pair: st.permutations([*pair[0], *pair[1]]))
    return order.flatmap(
        lambda order: st.tuples(
            *(st.builds(Delivery, st.just(one), st.integers(0, 5), st.booleans()) for one in order)
        ).map(list)
    )


def document_of(delivery: Delivery) -> dict[str, Any]:
    """Make the document of a callback from the vendor's sample."""
    content = delivery.content
    document: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    document["data"]["id"] = str(content.number)
    document["data"]["relationships"]["errand"]["data"]["id"] = str(content.errand)
    [errand] = [one for one in document["included"] if one["type"] == "c3_answer_errands"]
    [file, *_] = [one for one in document["included"] if one["type"] == "c3_response_attachments"]
    [image] = [one for one in document["included"] if one["type"] == "c3_area_archives"]
    errand["id"], errand["attributes"]["c3_id"] = str(content.errand), content.errand
    answer = errand["attributes"]["answer"]
    answer["c3_id"] = answer["response"]["c3_id"] = content.answer
    answer["response"]["subject"] = f"from callback {content.number}"
    answer["response"]["to"] = [
        {"email_address": f"{content.number}-{n}@example.com", "name": f"somebody {content.number}"}
        | ({"c3_id": recipient} if recipient else {})
        for n, recipient in enumerate(content.recipients)
    ]
    errand["relationships"]["attachments"]["data"] = [
        {"type": "c3_response_attachments", "id": str(n)} for n in content.files
    ]
    errand["relationships"]["embedded_archives"]["data"] = [
        {"type": "c3_area_archives", "id": str(n)} for n in content.images
    ]
    included = [resource(file, n) for n in content.files] + [
        resource(image, n) for n in content.images
    ]
    included += [errand] if content.with_answer else []
    turn = delivery.shuffled % max(1, len(included))
    document["included"] = included[turn:] + included[:turn]
    return document


def resource(like: dict[str, Any], number: int) -> dict[str, Any]:
    made = copy.deepcopy(like)
    made["id"], made["attributes"]["c3_id"] = str(number), number
    return made


class Inbox:
    """The inbox of one workspace, never used before."""

    numbers = count(1)

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.workspace = f"inbox-{next(self.numbers)}"

    def receive(self, delivery: Delivery) -> None:
        """Insert a callback as the receiver does."""
        canonical = canonical_json.canonicalise(document_of(delivery), SECRETS)
        callback = read_callback(canonical.document)
        new = NewCallback(
            workspace=self.workspace,
            received_at=datetime.now(UTC),
            event=callback.event,
            remote_id=callback.remote_id,
            body_sha256=canonical.sha256,
            document=canonical.document,
            problem=None,
        )
        callbacks.insert(self.conn, [new])

    def file(self) -> None:
        file_callbacks(self.workspace, transaction=self.transaction)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.conn.transaction():
            yield self.conn

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: sorted(self.conn.execute(query, [self.workspace]).fetchall(), key=repr)  # type: ignore[arg-type]
            for name, query in TABLES.items()
        }


def delivered(conn: Connection, arrivals: Sequence[Delivery]) -> dict[str, Any]:
    inbox = Inbox(conn)
    for delivery in arrivals:
        inbox.receive(delivery)
        if delivery.filed_after:
            inbox.file()
    inbox.file()
    return inbox.tables()


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    with connection(database) as opened:
        yield opened


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
@given(twice=deliveries())
def test_any_order_any_repetition_and_any_split_of_the_same_callbacks_gives_the_same_tables(
    conn, twice
):
    first, second = (delivered(conn, arrivals) for arrivals in twice)

    assert first == second
    assert all(filed and problem is None for _, filed, problem in first["inbox"])
