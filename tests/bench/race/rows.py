"""What every peer makes of a report: the rows of the bridge's tables, and nothing validated.

It is shared, so that the race compares the machinery and not who wrote the faster parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

Row = tuple[Any, ...]

ZONE = timezone(timedelta(hours=8))  # of dates without an offset
ICON = re.compile(r'icons/([A-Z_]+)\.png[^>]*title="([^"]*)"')

ERRAND = {
    "errand_id": "bigint",
    "display_id": "text",
    "thread_id": "bigint",
    "group_id": "bigint",
    "has_child": "boolean",
    "acquired": "boolean",
    "status_code": "text",
    "status_title": "text",
    "service_id": "bigint",
    "organisation_id": "bigint",
    "area_id": "bigint",
    "agent_id": "bigint",
    "priority": "text",
    "from_address": "text",
    "from_name": "text",
    "to_text": "text",
    "subject": "text",
    "body_html": "text",
    "arrived_at": "timestamptz",
    "answered_at": "timestamptz",
    "done_at": "timestamptz",
    "attachment_count": "integer",
    "closed": "boolean",
    "deleted": "boolean",
    "answered": "boolean",
    "has_answer": "boolean",
    "answer_deleted": "boolean",
    "forwarded_external": "boolean",
    "cloned_forwarded_external": "boolean",
    "feedback_answer": "text",
    "feedback_link": "text",
    "feedback_value": "integer",
    "feedback_question_text": "text",
    "feedback_question_html": "text",
    "answer_subject": "text",
    "answer_body": "text",
    "secure_user_id": "text",
    "fb_likes": "text",
    "fb_action": "text",
    "fb_pms": "boolean",
    "send_pm": "boolean",
    "retweet": "boolean",
    "twitter_pm": "boolean",
    "sla_expiry": "integer",
    "sla_done_due": "boolean",
    "within_sla": "boolean",
    "handling_time_s": "bigint",
    "response_time_s": "bigint",
    "fetched_at": "timestamptz",
}
TABLES = {
    "errand": ERRAND,
    "errand_action": {
        "action_id": "bigint",
        "errand_id": "bigint",
        "note": "text",
        "origin": "text",
        "happened_at": "timestamptz",
    },
    "errand_tag": {"errand_id": "bigint", "tag_id": "bigint"},
    "errand_recipient": {
        "errand_id": "bigint",
        "kind": "text",
        "position": "integer",
        "address": "text",
    },
    "name": {"kind": "text", "id": "bigint", "name": "text"},
}
KEYS = {
    "errand": ("errand_id",),
    "errand_action": ("action_id",),
    "errand_tag": ("errand_id", "tag_id"),
    "errand_recipient": ("errand_id", "kind", "position"),
    "name": ("kind", "id"),
}


def create_statements() -> str:
    """Return the SQL that creates the tables of a peer, in the schema ``peer``."""
    statements = ["CREATE SCHEMA IF NOT EXISTS peer"]
    for table, columns in TABLES.items():
        parts = [f"{column} {kind}" for column, kind in columns.items()]
        parts.append(f"PRIMARY KEY ({', '.join(KEYS[table])})")
        statements.append(f"CREATE TABLE IF NOT EXISTS peer.{table} ({', '.join(parts)})")
    statements.append(
        "CREATE INDEX IF NOT EXISTS errand_action_errand ON peer.errand_action (errand_id)"
    )
    return ";\n".join(statements)


def parse(body: bytes) -> dict[str, Any]:
    """Return a document without U+0000, which Postgres cannot store."""
    document: dict[str, Any] = orjson.loads(body.replace(b"\\u0000", b""))
    return document


def changed_ids(body: bytes) -> list[int]:
    """Return the ids of the list of changed errands."""
    ids: list[int] = orjson.loads(body)["data"].get("attributes", {}).get("errands", [])
    return ids


def rows_by_table(documents: Iterable[dict[str, Any]]) -> dict[str, list[Row]]:
    """Return the rows of all tables; each name is there once."""
    fetched_at = datetime.now(UTC)
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    names: dict[Row, None] = {}
    for document in documents:
        rows["errand"].append(errand(document, fetched_at))
        rows["errand_action"] += actions(document)
        rows["errand_tag"] += tags(document)
        rows["errand_recipient"] += recipients(document)
        names |= dict.fromkeys(names_in(document))
    rows["name"] = list(names)
    return rows


def errand(document: dict[str, Any], fetched_at: datetime) -> Row:
    attributes = document["data"]["attributes"]
    basic = attributes["basic"]
    data = basic["data"].get
    extended = (attributes["extended"] or {}).get
    feedback = (extended("feedback") or {}).get
    sla = (attributes["sla"] or {}).get
    icon = ICON.search(data("status") or "")
    return (
        *(int(document["data"]["id"]), data("displayId")),
        *(basic["threadId"] or None, basic["groupWith"] or None),
        *(basic["hasChild"], basic["acquired"]),
        *(icon and icon[1], icon and icon[2]),
        *(data("service") or None, data("organisationId") or None),
        *(data("area") or None, data("agentId") or None, data("priority") or None),
        *(data("fromAddress") or None, data("fromName") or None, data("to") or None),
        *(data("subject") or None, data("body") or None),
        *(_date(data("date")), _date(data("answeredDate")), _date(data("donedate"))),
        *(int(data("attachments") or 0), data("closed"), data("deleted"), data("answered")),
        *(data("hasAnswer"), data("answerDeleted")),
        *(data("wasForwardedToExternal"), data("wasClonedAndForwardedExternal")),
        *(data("feedbackAnswer") or None, data("feedbackLink") or None),
        *(feedback("value") or None, feedback("QuestionText") or None),
        *(feedback("QuestionHTML") or None, extended("answer_subject") or None),
        *(extended("answer_body") or None, data("secureUserId") or None),
        *(data("fbLikes") or None, data("fbAction") or None, data("fbPms"), data("sendPm")),
        *(data("retweet"), data("twitterPm")),
        *(sla("expiry"), sla("done_due"), sla("within_sla")),
        *(sla("handling_time"), sla("response_time"), fetched_at),
    )


def actions(document: dict[str, Any]) -> Iterator[Row]:
    errand_id = int(document["data"]["id"])
    for action in document["data"]["attributes"]["actions"] or ():
        happened_at = datetime.fromtimestamp(action["timeStamp"], UTC)
        yield action["id"], errand_id, action["note"], action["origin"], happened_at


def tags(document: dict[str, Any]) -> Iterator[Row]:
    errand_id = int(document["data"]["id"])
    for tag in document["data"]["attributes"]["extended"]["errand_tags"] or ():
        yield errand_id, tag["id"]


def recipients(document: dict[str, Any]) -> Iterator[Row]:
    errand_id = int(document["data"]["id"])
    data = document["data"]["attributes"]["basic"]["data"]
    for kind, addresses in (("to", data["toAddresses"]), ("copy", data["copyAddresses"])):
        for position, address in enumerate(addresses or (), 1):
            yield errand_id, kind, position, address


def names_in(document: dict[str, Any]) -> Iterator[Row]:
    """Yield kind, id and name of what the report mentions by name."""
    data = document["data"]["attributes"]["basic"]["data"]
    yield "organisation", data["organisationId"], data["organisationName"]
    yield "area", data["area"], data["areaName"]
    yield "service", data["service"], data["serviceName"]
    if data["agentId"]:
        yield "agent", data["agentId"], data["agent"]
    for tag in document["data"]["attributes"]["extended"]["errand_tags"] or ():
        yield "tag", tag["id"], tag["desc"]


def _date(text: str) -> datetime | None:
    if not text[:1].isdigit():  # "No Date"
        return None
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    return datetime(year, month, day, int(text[11:13]), int(text[14:16]), tzinfo=ZONE)
