"""The errand report, Cention's largest document, of an errand's present state."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.http.routes import ApiError, Document, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import resource
from deploy.sandbox.resources.fetched_reports import (
    FetchedReports,
    ReportedErrand,
    expected_fetches,
)
from deploy.sandbox.world import sample_data
from deploy.sandbox.world.records import Action, Errand

TYPE = "c3_errand_reports"
NO_DATE = "No Date"
WARNING_AFTER_S = 1_800
EXPIRED_AFTER_S = 7_200


def read_report(request: Request) -> Document:
    """Return a report, and clear the dirty flag of its errand. Raises ``ApiError``."""
    world = request.world
    world.dirty_errands.discard(request.remote_id)
    errand = world.errand(request.remote_id)
    if errand is None:
        raise ApiError(404, "resource not found")
    sla_known = errand.sla_known_at <= world.now() and not request.sla_null
    reported = None if errand.gone else _reported(errand, sla_known=sla_known)
    world.state(FetchedReports).add(request, errand, reported)
    if errand.gone:
        raise ApiError(404, "resource not found")
    attributes = report_attributes(errand, zone=request.zone, sla_known=sla_known)
    return resource(TYPE, errand.errand_id, attributes)


RESOURCE_ROUTES = ResourceRoutes(
    resources=(Resource(type=TYPE, find_one=read_report),),
    controls={("GET", "truth/fetches"): expected_fetches},
)


def _reported(errand: Errand, *, sla_known: bool) -> ReportedErrand:
    sla = sla_of(errand) if sla_known else {}
    return ReportedErrand(
        status=tuple(code for code, _ in _status_icons(errand)),
        area_id=errand.area.item_id,
        agent_id=errand.agent.item_id,
        priority=sample_data.priority_of(errand.topic),
        service_id=errand.service.item_id,
        organisation_id=errand.area.organisation.item_id,
        closed=errand.closed_at is not None,
        answered=errand.answered_at is not None,
        deleted=errand.deleted,
        tags=tuple(tag.item_id for tag in errand.tags),
        handling_time=sla.get("handling_time"),
        within_sla=sla.get("within_sla"),
        newest_action_at=max(action.at for action in errand.actions),
    )


def report_attributes(errand: Errand, *, zone: ZoneInfo, sla_known: bool) -> dict[str, Any]:
    """Return ``data.attributes`` of the report, with dates in ``zone``."""
    return {
        "actions": [_action(errand.errand_id, action, zone) for action in errand.actions],
        "basic": {
            "acquired": errand.agent.item_id != 0,
            "data": _basic_data(errand, zone),
            "groupWith": errand.thread_id if errand.thread_id != errand.errand_id else 0,
            "hasChild": errand.file_count == 3,
            "id": errand.errand_id,
            "style": {},
            "threadId": errand.thread_id,
        },
        "c3_id": errand.errand_id,
        "changed": True,
        "extended": _extended(errand),
        "sla": sla_of(errand) if sla_known else None,
    }


def subject_of(errand: Errand) -> str:
    """Return the subject; that of a simulated errand ends with its version, for comparisons."""
    if errand.message is not None:
        return errand.message.subject
    return f"{sample_data.TOPICS[errand.topic][0]} [{errand.version}]"


def sla_of(errand: Errand) -> dict[str, Any]:
    """Return the SLA figures (seconds) that Cention computes."""
    handling_s = (errand.closed_at or errand.changed_at) - errand.arrived_at
    expiry = errand.sla_expiry
    if expiry is None:
        expiry = (handling_s >= WARNING_AFTER_S) + (handling_s >= EXPIRED_AFTER_S)
    return {
        "done_due": expiry == 2 and errand.closed_at is None,
        "expiry": expiry,
        "handling_time": handling_s,
        "response_time": errand.answered_at - errand.arrived_at if errand.answered_at else 0,
        "within_sla": expiry < 2,
    }


def _action(errand_id: int, action: Action, zone: ZoneInfo) -> dict[str, Any]:
    moment = datetime.fromtimestamp(action.at, zone)
    second = moment.isoformat(" ")
    text = f"{second[:19]} {second[19:22]}{second[23:25]} {moment.tzname()}"
    if action.action_id % 7 == 0:  # Go prints a fraction when the moment has one
        text = f"{text[:19]}.250{text[19:]}"
    return {
        "id": action.action_id,
        "note": f"Errand {errand_id} was {action.verb} by agent {action.agent.name} at {text}.",
        "origin": action.agent.name,
        "time": text,
        "timeStamp": 0 if action.action_id % 97 == 0 else action.at,
    }


def _basic_data(errand: Errand, zone: ZoneInfo) -> dict[str, Any]:
    answered = errand.answered_at is not None
    return {
        "id": errand.errand_id,
        "displayId": f"{errand.errand_id}-{1 + errand.topic}",
        "status": _status(errand),
        "service": errand.service.item_id,
        "serviceName": errand.service.name,
        "organisationId": errand.area.organisation.item_id,
        "organisationName": errand.area.organisation.name,
        "area": errand.area.item_id,
        "areaName": errand.area.name,
        "priority": sample_data.priority_of(errand.topic),
        "agentId": errand.agent.item_id,
        "agent": errand.agent.name,
        **_mail_fields(errand),
        "date": _minute(errand.arrived_at, zone),
        "answeredDate": _minute(errand.answered_at, zone),
        "donedate": _minute(errand.closed_at, zone),
        "attachments": str(errand.file_count),
        "closed": errand.closed_at is not None,
        "deleted": errand.deleted,
        "answered": answered,
        "wasForwardedToExternal": errand.forwarded,
        "wasClonedAndForwardedExternal": errand.forwarded and errand.topic == 2,
        **_social(errand),
        "hasAnswer": answered,
        "answerDeleted": False,
    }


def _mail_fields(errand: Errand) -> dict[str, Any]:
    """Return sender, recipients, subject and body."""
    person, subject = errand.person, subject_of(errand)
    html = errand.message.html if errand.message else sample_data.TOPICS[errand.topic][1]
    icon = f'<img src="/ng/img/icons/mail.png" title="{errand.service.name}"/>'
    return {
        "from": f"{person.name} ({person.address})" if person.name else person.address,
        "fromAddress": person.address,
        "fromName": person.name,
        "to": ", ".join(errand.to),
        "toAddresses": errand.to or None,
        "copy": ", ".join(errand.copies),
        "copyAddresses": errand.copies or None,
        "subject": subject,
        "iconicSubject": f"{icon} {subject}",
        "body": f'<div dir="ltr">{html}</div>\r\n',
    }


def _social(errand: Errand) -> dict[str, Any]:
    public = errand.service.name == "Facebook"
    rated = errand.feedback is not None
    return {
        "feedbackAnswer": ""
        if errand.feedback is None
        else sample_data.FEEDBACK[errand.feedback][0],
        "feedbackLink": f"http://localhost/errands/satisfaction/meter/{errand.errand_id}"
        if rated
        else "",
        "fbPms": public and errand.topic % 2 == 0,
        "fbLikes": "12" if public else "",
        "fbAction": "comment" if public else "",
        "sendPm": False,
        "retweet": False,
        "twitterPm": False,
        "secureUserId": "19121212-1212" if errand.service.name == "Chat" else "",
    }


def _extended(errand: Errand) -> dict[str, Any]:
    answer = errand.answer
    text, value = ("", 0) if errand.feedback is None else sample_data.FEEDBACK[errand.feedback]
    survey_question = "How did we do?" if value else ""
    return {
        "answer_body": answer.body if answer else "",
        "answer_subject": answer.subject if answer else "",
        "errand_tags": [{"desc": tag.name, "id": tag.item_id} for tag in errand.tags] or None,
        "feedback": {
            "Answer": text,
            "QuestionHTML": f"<p>{survey_question}</p>" if survey_question else "",
            "QuestionText": survey_question,
            "value": value,
        },
    }


def _status_icons(errand: Errand) -> list[tuple[str, str]]:
    """Return the names and titles of the icons that show the state."""
    icons = (
        (errand.answered_at is not None, "ACTION_ANSWER", "Errand has been answered"),
        (errand.deleted, "ACTION_DELETE", "Errand has been deleted"),
        (errand.forwarded, "ACTION_EXTERNAL_EXPERT_ANSWER", "Sent to an external expert"),
    )
    return [(code, title) for shown, code, title in icons if shown]


def _status(errand: Errand) -> str:
    return "".join(
        f'<img src="/ng/img/icons/{code}.png" style="vertical-align:middle;" title="{title}"'
        ' border="0"/> '
        for code, title in _status_icons(errand)
    )


def _minute(at: int | None, zone: ZoneInfo) -> str:
    if at is None:
        return NO_DATE
    return datetime.fromtimestamp(at, zone).strftime("%Y/%m/%d %H:%M")
