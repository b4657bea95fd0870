"""The wording of invitations by mail: ``[rule.mail]`` of the rules file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import post_load

from schemas.surveys import values
from schemas.surveys.questions import by_language
from schemas.surveys.values import Table, Value

LINK, NAME, DISPLAY_ID = "link", "name", "display_id"
MAX_SUBJECT = 150  # characters
MAX_BODY = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTexts:
    """Subject and body by language, with placeholders; empty: the usual one."""

    subject: Mapping[str, str]
    body: Mapping[str, str]


class MailTable(Table):
    """``[rule.mail]``."""

    subject = Value(lambda value: by_language(value, _subject), load_default=dict)
    body = Value(lambda value: by_language(value, _body), load_default=dict)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> MailTexts:
        return MailTexts(**data)


def _body(value: Any) -> str:
    text = values.template((LINK, NAME, DISPLAY_ID), max_length=MAX_BODY, lines=True)(value)
    if text.count(f"{{{LINK}}}") != 1:
        raise ValueError(f"must have {{{LINK}}} exactly once: it becomes the address of the survey")
    return text


def _subject(value: Any) -> str:
    return values.template((NAME, DISPLAY_ID), max_length=MAX_SUBJECT)(value)
