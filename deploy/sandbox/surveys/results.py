"""The results on the vendors' dashboards, and the control routes of the survey vendors."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.sandbox.http.replies import Reply
from deploy.sandbox.http.routes import Control, ResourceRoutes
from deploy.sandbox.surveys import alvaria, centracx, customer_radar, digidesk
from deploy.sandbox.surveys.mail import MailPort
from deploy.sandbox.surveys.messages import Message, Messages, RobotAnswer
from deploy.sandbox.surveys.page_robots import Visits, expected_visits
from deploy.sandbox.world.world import World

FORMATS = ("csv", "json")
MAX_WITHIN_S = 86_400.0
Row = dict[str, str | int]


def digidesk_row(message: Message, answer: RobotAnswer) -> Row:
    """Return a row of DigiDesk's Data Overview; pairs are its last columns."""
    return {
        "Survey Request": message.remote_id,
        "Completed": _iso(answer.at),
        "Campaign": message.survey,
        "Customer Contact": message.contact,
        "Customer Name": message.name,
        "Agent": message.agent,
        "Score": answer.score,
        "Comment": answer.comment,
        **message.pairs,
    }


def customer_radar_row(message: Message, answer: RobotAnswer) -> Row:
    """Return a row of Customer Radar's feedback, whose standard question has 1 to 5."""
    return {
        "Feedback Id": message.remote_id,
        "Date": _iso(answer.at),
        "Programme": message.survey,
        "Email / Mobile": message.contact,
        "Name": message.name,
        "Rating": 1 + answer.score * 4 // 10,
        "Comment": answer.comment,
        **message.pairs,
    }


ROWS: Mapping[str, Callable[[Message, RobotAnswer], Row]] = {
    digidesk.NAME: digidesk_row,
    customer_radar.NAME: customer_radar_row,
}


def results_of(vendor: str) -> Control:
    """Return the control that answers with the results of ``vendor``, ``?format=csv`` or json."""

    def results(world: World, query: Mapping[str, Any]) -> Any:
        format_ = query.get("format", "json")
        if format_ not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}")
        rows = [ROWS[vendor](*pair) for pair in world.state(Messages).answered(vendor)]
        if format_ == "json":
            return {"rows": rows}
        return Reply(status=200, body=_csv(rows), media_type="text/csv; charset=utf-8")

    return results


def expected_messages(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return every message to every person, and the answers that robots give or will give.

    Beside them every session of CentraCX with its replies, every dialog of Alvaria with its
    outcomes, and every visit of a robot to pages.
    """
    return {
        "messages": [_message(message) for message in world.state(Messages).all],
        "sessions": centracx.expected_sessions(world),
        "dialogs": alvaria.expected_dialogs(world),
        "visits": expected_visits(world),
    }


def mail_port(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the mail server listens."""
    return {"port": world.state(MailPort).number}


def set_robots(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Set what share of the persons who are written to from now on answers, and how soon.

    ``{"share": 0.5, "within_s": 60, "chats_every_s": 30}``: what is left out stays as it is.
    With 0 no more chats begin. Raises ``ValueError``.
    """
    messages, visits = world.state(Messages), world.state(Visits)
    if unknown := body.keys() - {"share", "within_s", "chats_every_s"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    share = _number(body, "share", messages.share, maximum=1)
    within_s = _number(body, "within_s", messages.within_s, maximum=MAX_WITHIN_S)
    every_s = _number(body, "chats_every_s", visits.chats_every_s, maximum=MAX_WITHIN_S)
    messages.share, messages.within_s, visits.chats_every_s = share, within_s, every_s
    return {"share": share, "within_s": within_s, "chats_every_s": every_s}


def _number(body: Mapping[str, Any], key: str, default: float, *, maximum: float) -> float:
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= maximum:
        raise ValueError(f"{key} must be a number from 0 to {maximum:.0f}")
    return value


def _message(message: Message) -> dict[str, Any]:
    answer = message.answer
    return {
        "vendor": message.vendor,
        "remote_id": message.remote_id,
        "at": message.at,
        "channel": message.channel,
        "contact": message.contact,
        "name": message.name,
        "survey": message.survey,
        "agent": message.agent,
        "reference": message.reference,
        "pairs": dict(message.pairs),
        "link": message.link,
        "answer": answer and {"at": answer.at, "score": answer.score, "comment": answer.comment},
    }


def _csv(rows: list[Row]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="")
    if columns:
        writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


RESOURCE_ROUTES = ResourceRoutes(
    controls={
        ("GET", "truth/surveys"): expected_messages,
        **{("GET", f"surveys/results/{vendor}"): results_of(vendor) for vendor in ROWS},
        ("GET", "surveys/mail"): mail_port,
        ("POST", "surveys/robots"): set_robots,
        ("POST", "surveys/centracx"): centracx.set_shape,
        ("POST", "surveys/dialogs"): alvaria.begin_dialog,
        ("POST", "surveys/dialogs/end"): alvaria.end_dialog,
    },
)
