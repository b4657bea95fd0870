"""Reads errand reports, and the list of errands that changed.

Source: Cention Errand Report, ``GET c3_errand_reports/<id>``; Dirty Errand List,
``GET c3_dirty_errand_list``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from schemas.cention.changed_ids import ChangedIds, read_changed
from schemas.cention.errand_actions import ErrandAction, action_offsets, read_action, sorted_by_time
from schemas.cention.errand_status import ErrandStatus, read_status
from schemas.cention.errand_tags import Tag, read_tag
from schemas.jsonapi.document import Resource, open_document
from schemas.jsonapi.fields import Group, ListOf, ListOfTexts, Nested, Scalar, optional, required
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read_typed
from schemas.jsonapi.scalars import flag, number, optional_id, required_id, small_number, text
from schemas.text.timestamps import from_workspace_time

__all__ = [
    "ChangedIds",
    "ErrandAction",
    "ErrandReport",
    "ErrandSla",
    "Tag",
    "action_offsets",
    "read_changed_errands",
    "read_errand_report",
]


_DATES: Mapping[str, str] = MappingProxyType(
    {"arrived_at": "date", "answered_at": "answeredDate", "done_at": "donedate"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandSla:
    """The state of an errand against its service level agreement."""

    sla_expiry: int | None  # 0 none, 1 warning, 2 expired; may lag by about 5 minutes
    sla_done_due: bool | None  # at the time of the report; becomes stale without any change
    within_sla: bool | None
    handling_time_s: int | None  # total
    response_time_s: int | None  # total


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandReport:
    """One errand at the time of the report. Its texts are untrusted: never render them as HTML.

    ``None`` means "none", which Cention often writes as 0 or "", or "not in the report".
    A list is ``None`` only if it is not in the report; () is empty.
    """

    errand_id: int
    display_id: str | None
    thread_id: int | None
    group_id: int | None
    has_child: bool | None
    acquired: bool | None
    status_code: str | None  # names of icons, such as ACTION_ANSWER, joined by ", "
    status_title: str | None  # in the language of the workspace
    service_id: int | None
    service_name: str | None
    organisation_id: int | None
    organisation_name: str | None
    area_id: int | None
    area_name: str | None
    agent_id: int | None
    agent_name: str | None
    priority: str | None
    from_address: str | None
    from_name: str | None
    to_text: str | None
    subject: str | None
    body_html: str | None
    arrived_at: datetime | None  # this and the next two: to the minute; aware, UTC
    answered_at: datetime | None
    done_at: datetime | None
    attachment_count: int | None
    closed: bool | None
    deleted: bool | None
    answered: bool | None  # independent of has_answer
    has_answer: bool | None
    answer_deleted: bool | None
    forwarded_external: bool | None
    cloned_forwarded_external: bool | None
    feedback_answer: str | None
    feedback_link: str | None
    feedback_value: int | None  # 0 only if there is an answer
    feedback_question_text: str | None
    feedback_question_html: str | None
    answer_subject: str | None
    answer_body: str | None
    secure_user_id: str | None
    fb_likes: str | None
    fb_action: str | None
    fb_pms: bool | None
    send_pm: bool | None
    retweet: bool | None
    twitter_pm: bool | None
    sla: ErrandSla | None  # None while Cention is still computing it
    actions: tuple[ErrandAction, ...] | None  # by time and id
    tags: tuple[Tag, ...] | None
    to_addresses: tuple[str, ...] | None
    copy_addresses: tuple[str, ...] | None


def read_errand_report(document: Mapping[str, Any], *, zone: ZoneInfo) -> ErrandReport:
    """Return the report in ``document``; ``zone`` applies to dates without an offset.

    Raises ``NullResource`` for ``"data": null``, else ``DocumentError``.
    """
    resource = open_document(document).primary
    found = read_typed(_ErrandReportSchema, resource)
    basic, extended, sla, actions = (
        found[name] for name in ("basic", "extended", "sla", "actions")
    )
    values, feedback = basic.pop("data"), extended.pop("feedback")
    status = values.pop("status")
    feedback = _feedback(feedback, values["feedback_answer"])
    for part in (basic, extended, feedback, _times(resource, values, zone)):
        values.update(part)
    return ErrandReport(
        **values,
        errand_id=found["id"],
        status_code=status.code if status else None,
        status_title=status.title if status else None,
        sla=None if sla is None else ErrandSla(**sla),
        actions=None if actions is None else sorted_by_time(actions),
    )


def read_changed_errands(document: Mapping[str, Any]) -> ChangedIds:
    """Return the ids of the errands that changed. Raises ``DocumentError``."""
    return read_changed(document, type_="c3_dirty_errand_list", attribute="errands")


def _times(
    resource: Resource, data: Mapping[str, Any], zone: ZoneInfo
) -> dict[str, datetime | None]:
    times = {}
    for name, member in _DATES.items():
        try:
            times[name] = from_workspace_time(data[name], zone)
        except ValueError as error:
            raise resource.error_at(f"attributes/basic/data/{member}", str(error)) from error
    return times


def _feedback(feedback: Mapping[str, Any], plain_answer: str | None) -> dict[str, Any]:
    """Return the feedback. Without an answer, Cention sends the value 0 for none: ``None``."""
    answer = feedback["feedback_answer"] or plain_answer
    value = feedback["feedback_value"]
    return {
        **feedback,
        "feedback_answer": answer,
        "feedback_value": value if answer else value or None,
    }


def _status(value: object) -> ErrandStatus:
    return read_status(text(value))


def _count(value: object) -> int | None:
    """Return a count; of a list its length; ``None`` for anything but a number from 0 on."""
    if isinstance(value, list):
        return len(value)
    try:
        count = small_number(value)
    except ValidationError:
        return None
    return count if count is not None and count >= 0 else None


class _BasicData(Nested):
    display_id = Scalar(text, "displayId")
    status = Scalar(_status)
    service_id = Scalar(optional_id, "service")
    service_name = Scalar(text, "serviceName")
    organisation_id = Scalar(optional_id, "organisationId")
    organisation_name = Scalar(text, "organisationName")
    area_id = Scalar(optional_id, "area")
    area_name = Scalar(text, "areaName")
    agent_id = Scalar(optional_id, "agentId")
    agent_name = Scalar(text, "agent")
    priority = Scalar(text)
    from_address = Scalar(text, "fromAddress")
    from_name = Scalar(text, "fromName")
    to_text = Scalar(text, "to")
    to_addresses = ListOfTexts("toAddresses")
    copy_addresses = ListOfTexts("copyAddresses")
    subject = Scalar(text)
    body_html = Scalar(text, "body")
    arrived_at = Scalar(text, _DATES["arrived_at"])
    answered_at = Scalar(text, _DATES["answered_at"])
    done_at = Scalar(text, _DATES["done_at"])
    attachment_count = Scalar(_count, "attachments")
    closed = Scalar(flag)
    deleted = Scalar(flag)
    answered = Scalar(flag)
    has_answer = Scalar(flag, "hasAnswer")
    answer_deleted = Scalar(flag, "answerDeleted")
    forwarded_external = Scalar(flag, "wasForwardedToExternal")
    cloned_forwarded_external = Scalar(flag, "wasClonedAndForwardedExternal")
    feedback_answer = Scalar(text, "feedbackAnswer")
    feedback_link = Scalar(text, "feedbackLink")
    secure_user_id = Scalar(text, "secureUserId")
    fb_likes = Scalar(text, "fbLikes")
    fb_action = Scalar(text, "fbAction")
    fb_pms = Scalar(flag, "fbPms")
    send_pm = Scalar(flag, "sendPm")
    retweet = Scalar(flag)
    twitter_pm = Scalar(flag, "twitterPm")


class _Basic(Nested):
    data = required(_BasicData)
    thread_id = Scalar(optional_id, "threadId")
    group_id = Scalar(optional_id, "groupWith")
    has_child = Scalar(flag, "hasChild")
    acquired = Scalar(flag)


class _Feedback(Nested):
    feedback_answer = Scalar(text, "Answer")
    feedback_value = Scalar(small_number, "value")
    feedback_question_text = Scalar(text, "QuestionText")
    feedback_question_html = Scalar(text, "QuestionHTML")


class _Extended(Nested):
    answer_subject = Scalar(text)
    answer_body = Scalar(text)
    tags = ListOf(read_tag, "errand_tags")
    feedback = Group(_Feedback)


class _Sla(Nested):
    sla_expiry = Scalar(small_number, "expiry")
    sla_done_due = Scalar(flag, "done_due")
    within_sla = Scalar(flag)
    handling_time_s = Scalar(number, "handling_time")
    response_time_s = Scalar(number, "response_time")


class _ErrandReportSchema(ResourceSchema):
    id = Scalar(required_id, required=True)
    basic = required(_Basic)
    extended = Group(_Extended)
    sla = optional(_Sla)
    actions = ListOf(read_action)

    class Meta(ResourceSchema.Meta):
        type_ = "c3_errand_reports"
