"""Documents as Cention writes them, each about another errand, with all its oddities."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

ACTIONS = 10
FILES = 2
PLACE = 76_543_210  # stands for the number in a template
# What the customer wrote before, as mail programs quote it: it brings a callback to 4 KB.
QUOTED = "".join(
    f"<div>&gt; On 2026-11-20 10:{minute} Örn, Leader wrote:<br/>&gt; hello, my parcel has not "
    "arrived and nobody answers the phone; see also the attached receipt.</div>\r\n"
    for minute in range(10, 27)
)
_LOCAL = timezone(timedelta(hours=8))
_FIRST_S = 1_700_000_000
_ICON = (
    '<img src="/ng/img/icons/ACTION_ANSWER.png" style="vertical-align:middle;"'
    ' title="Errand has been answered" border="0"/> '
)


def errand_report(number: int) -> dict[str, Any]:
    """Return an errand report: U+0000 in its notes, empty lists as null, fields unknown to us."""
    second = _FIRST_S + number * 60
    local = f"{datetime.fromtimestamp(second, _LOCAL):%Y/%m/%d %H:%M}"
    attributes = {
        "actions": [_action(number, place, second + place) for place in range(ACTIONS)],
        "basic": {
            "acquired": number % 2 == 0,
            "groupWith": 0,
            "hasChild": False,
            "id": number,
            "style": {},
            "threadId": number - 1,
            "data": _basic_data(number, local),
        },
        "c3_id": number,
        "changed": True,
        "extended": {
            "answer_body": f"svar {number}",
            "answer_subject": "sv",
            "surprise_field": {"x": [1, 2]},
            "errand_tags": [{"desc": "VIP", "id": 99}] if number % 2 else None,
            "feedback": {"Answer": "", "QuestionHTML": "", "QuestionText": "", "value": number % 6},
        },
        "sla": {
            "done_due": False,
            "expiry": number % 3,
            "handling_time": number * 7 % 5000,
            "response_time": number * 3 % 900,
            "within_sla": number % 2 == 0,
        },
    }
    return {"data": {"type": "c3_errand_reports", "id": str(number), "attributes": attributes}}


def _action(number: int, place: int, second: int) -> dict[str, Any]:
    return {
        "id": number * 100 + place,
        "note": f'Errand {number} step {place} \0 by agent Åsa "Q" O\'Neil',
        "origin": "Åsa O'Neil",
        "time": f"{datetime.fromtimestamp(second, _LOCAL):%Y-%m-%d %H:%M:%S %z} +08",
        "timeStamp": second,
    }


def _basic_data(number: int, local: str) -> dict[str, Any]:
    return {
        "id": number,
        "displayId": f"{number}-1",
        "status": _ICON,
        "service": 1,
        "serviceName": "Email",
        "organisationId": 3,
        "organisationName": "cention-org",
        "area": 1 + number % 5,
        "areaName": f"area {1 + number % 5}",
        "priority": "",
        "agentId": number % 4,
        "agent": f"Agent {number % 4}" if number % 4 else "",
        "from": f"Örn, Leader (c{number}@example.se)",
        "fromAddress": f"c{number}@example.se",
        "fromName": "Örn, Leader",
        "to": "help@example.se",
        "toAddresses": ["help@example.se"] if number % 3 else None,
        "copy": "",
        "copyAddresses": None if number % 2 else ["boss@example.se", "chef@example.se"],
        "subject": f"errand {number} \U0001f600",
        "iconicSubject": "<img/> x",
        "body": f"<div>hej {number}</div>\r\n",
        "date": local,
        "answeredDate": local if number % 2 else "No Date",
        "donedate": "No Date",
        "attachments": str(number % 3),
        "closed": True,
        "deleted": False,
        "answered": True,
        "hasAnswer": False,
        "wasForwardedToExternal": False,
        "wasClonedAndForwardedExternal": False,
        "feedbackAnswer": "",
        "feedbackLink": "",
        "secureUserId": "",
        "fbPms": False,
        "fbLikes": "",
        "fbAction": "",
        "sendPm": False,
        "answerDeleted": False,
        "retweet": False,
        "twitterPm": False,
    }


def facebook_rating(number: int) -> dict[str, Any]:
    """Return a rating of the page."""
    rating = {
        "rating": number % 5 + 1,
        "message": f"Bra {number}, tack!",
        "reviewerId": 10_000_000_000 + number,
        "reviewerName": "Åsa O'Neil",
        "timestampCreated": _FIRST_S + number,
    }
    attributes = {"c3_id": number, "data": rating}
    return {"data": {"type": "c3_facebook_ratings", "id": str(number), "attributes": attributes}}


def callback(number: int, *, secret: str) -> dict[str, Any]:
    """Return a callback about an answer: shuffled, with foreign links and U+0000 in its body."""
    files = [{"type": "c3_response_attachments", "id": str(number * 10 + n)} for n in range(FILES)]
    archives = [{"type": "c3_area_archives", "id": "12"}]
    errand = {"type": "c3_answer_errands", "id": str(number)}
    relationships = {"attachments": {"data": files}, "embedded_archives": {"data": archives}}
    included: list[dict[str, Any]] = [
        *(_file(file) for file in (*files, *archives)),
        {**errand, "attributes": _answered(number), "relationships": relationships},
    ]
    random.Random(number).shuffle(included)
    data = {
        "type": "c3_callback_answer_errands",
        "id": str(number),
        "attributes": {"event": 1},
        "relationships": {"errand": {"data": errand}},
    }
    return {"data": data, "included": included, "meta": {"api_secret": secret}}


def long_callbacks(first: int, *, secret: str) -> Iterator[bytes]:
    """Yield the bodies of callbacks of 4 KB about the errands from ``first`` on, without end.

    They have no U+0000: the peers of the bridge could not store it.
    """
    document = callback(PLACE, secret=secret)
    answered = next(each for each in document["included"] if each["id"] == str(PLACE))
    response = answered["attributes"]["answer"]["response"]
    response["html_body"] += QUOTED
    response["body"] = response["body"].replace("\0", "")
    pieces = json.dumps(document, ensure_ascii=False).encode().split(str(PLACE).encode())
    while True:
        yield str(first).encode().join(pieces)
        first += 1


def _file(key: dict[str, str]) -> dict[str, Any]:
    url = f"http://other.invalid/capi/json/{key['type']}/{key['id']}"
    return {**key, "attributes": {"c3_id": int(key["id"])}, "links": {"self": {"href": url}}}


def _answered(number: int) -> dict[str, Any]:
    response = {
        "c3_id": number + 900_000,
        "subject": f"Re: {number}",
        "body": "tack\0",
        "html_body": '<div>tack <img src="cid:12"/> <img src="cid:attachment_1"/></div>',
        "to": [{"c3_id": 279, "email_address": f"c{number}@example.se", "name": "Örn, Leader"}],
    }
    return {
        "c3_id": number,
        "service": {"c3_id": 16, "name": "Form", "type": 19},
        "answer": {"c3_id": number + 500_000, "response": response},
    }
