"""One ``[[rule]]`` of the rules file: when which customers are asked, by which vendor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from schemas.surveys import values
from schemas.surveys.mail_texts import MailTable, MailTexts
from schemas.surveys.questions import LANGUAGES, SCALES, Kind
from schemas.surveys.values import MAX_DAYS, Table, TableOf, Value

PLACEHOLDERS = ("score", "comment", "display_id", "area")
MAX_ID = 2**63 - 1


class Event(StrEnum):
    """What happens to an errand that a rule waits for."""

    ANSWERED = "answered"
    CLOSED = "closed"


class Vendor(StrEnum):
    """Who asks the customer."""

    DIGIDESK = "digidesk"
    CUSTOMER_RADAR = "customer_radar"
    CENTRACX = "centracx"
    OWN = "own"


class Contact(StrEnum):
    """How a customer may be reached."""

    EMAIL = "email"
    MOBILE = "mobile"
    EITHER = "either"


# The others invite by mail alone.
REACHES_MOBILES = frozenset({Vendor.DIGIDESK})
# Their surveys are on our pages: we mail the link.
MAILED = frozenset({Vendor.CENTRACX, Vendor.OWN})

Surveys = Mapping[Vendor, Mapping[str, Any]]  # what each vendor is asked to send


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which errands a rule is for; ``None``: all. Names are compared without case."""

    channels: tuple[str, ...] | None = None
    organisations: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    agents: tuple[str, ...] | None = None
    tags_any: tuple[str, ...] | None = None
    tags_none: tuple[str, ...] | None = None
    status_any: tuple[str, ...] | None = None
    status_none: tuple[str, ...] | None = None
    addresses_none: tuple[str, ...] | None = None
    own_domains: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The errand that is created in Cention for a bad score."""

    kind: Kind
    at_most: int
    sender: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When which customers are asked, by which vendor."""

    name: str
    basis: str  # the legal ground, in words
    event: Event
    vendors: tuple[Vendor, ...]  # tried in order
    contact: Contact
    after: timedelta  # the event
    within: timedelta  # of the event; later nobody is asked
    hours: tuple[int, int] | None = None  # minutes of the day, the end not included
    days: frozenset[int] | None = None  # Monday is 0
    sample_percent: float = 100.0
    per_day: int | None = None
    per_agent_day: int | None = None
    quiet_days: int = 30  # since any invitation to the person
    again_after_days: int | None = None  # since an invitation by this rule
    after_answer_days: int | None = None  # since the person answered any survey
    expires_after: timedelta = timedelta(days=30)
    ask_thread_once: bool = False
    skip_if_cention_asked: bool = True
    language: str | None = None
    where: Where = field(default_factory=Where)
    survey: Surveys = field(default_factory=dict)
    survey_by_area: Mapping[str, Surveys] = field(default_factory=dict)  # by casefolded name
    alert: Alert | None = None
    mail: MailTexts | None = None  # None: the usual texts

    def surveys_for(self, area: str | None) -> Surveys:
        """Return the survey of each vendor for an area: its own, else the general one."""
        own = self.survey_by_area.get((area or "").strip().casefold(), {})
        found = {vendor: own.get(vendor, self.survey.get(vendor)) for vendor in self.vendors}
        return {vendor: survey for vendor, survey in found.items() if survey is not None}


class DigideskTable(Table):
    """``[rule.survey.digidesk]``."""

    campaign = Value(values.text(), required=True)


class CustomerRadarTable(Table):
    """``[rule.survey.customer_radar]``."""

    programme = Value(values.text(), required=True)
    location = Value(values.text(), required=True)
    pom = Value(values.text())


class CentracxTable(Table):
    """``[rule.survey.centracx]``."""

    id = Value(values.whole(1, MAX_ID), required=True)


class OwnTable(Table):
    """``[rule.survey.own]``."""

    page = Value(values.text(max_length=100), required=True)


class SurveysTable(Table):
    """``[rule.survey]``: one table per vendor."""

    digidesk = fields.Nested(DigideskTable)
    customer_radar = fields.Nested(CustomerRadarTable)
    centracx = fields.Nested(CentracxTable)
    own = fields.Nested(OwnTable)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Surveys:
        return {Vendor(name): survey for name, survey in data.items()}


class WhereTable(Table):
    """``[rule.where]``."""

    channels = Value(values.many(values.text()))
    organisations = Value(values.many(values.text()))
    areas = Value(values.many(values.text()))
    agents = Value(values.many(values.text()))
    tags_any = Value(values.many(values.text()))
    tags_none = Value(values.many(values.text()))
    status_any = Value(values.many(values.text()))
    status_none = Value(values.many(values.text()))
    addresses_none = Value(values.many(values.text()))
    own_domains = Value(values.many(lambda value: _domain(value)))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Where:
        return Where(**{name: tuple(map(_folded, words)) for name, words in data.items()})


class AlertTable(Table):
    """``[rule.alert]``."""

    kind = Value(values.one_of(tuple(SCALES)), required=True)
    at_most = Value(values.whole(0, 10), required=True)
    sender = Value(lambda value: _address(value), data_key="from", required=True)
    subject = Value(values.template(PLACEHOLDERS, max_length=250), required=True)
    body = Value(values.template(PLACEHOLDERS, max_length=10_000, lines=True), required=True)

    @validates_schema(skip_on_field_errors=False)
    def _check_scale(self, data: dict[str, Any], **_: Any) -> None:
        if "kind" not in data or "at_most" not in data:
            return
        lowest, highest = SCALES[Kind(data["kind"])]
        if not lowest <= data["at_most"] < highest:
            raise ValidationError(
                f"must be from {lowest} to {highest - 1} for {data['kind']}", "at_most"
            )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Alert:
        return Alert(**data | {"kind": Kind(data["kind"])})


class RuleTable(Table):
    """``[[rule]]``."""

    name = Value(values.text(max_length=100), required=True)
    basis = Value(values.text(max_length=1000, lines=True), required=True)
    event = Value(values.one_of(tuple(Event)), required=True)
    vendors = Value(
        values.one_or_many(values.one_of(tuple(Vendor))), data_key="vendor", required=True
    )
    contact = Value(values.one_of(tuple(Contact)), required=True)
    after = Value(values.duration, required=True)
    within = Value(values.duration, required=True)
    hours = Value(values.hours)
    days = Value(values.days)
    sample_percent = Value(values.percent)
    per_day = Value(values.whole(1, 1_000_000))
    per_agent_day = Value(values.whole(1, 1_000_000))
    quiet_days = Value(values.whole(0, MAX_DAYS))
    again_after_days = Value(values.whole(1, MAX_DAYS))
    after_answer_days = Value(values.whole(1, MAX_DAYS))
    expires_after = Value(values.duration)
    ask_thread_once = Value(values.flag)
    skip_if_cention_asked = Value(values.flag)
    language = Value(values.one_of(LANGUAGES))
    where = fields.Nested(WhereTable)
    survey = fields.Nested(SurveysTable)
    survey_by_area = TableOf(SurveysTable)
    alert = fields.Nested(AlertTable)
    mail = fields.Nested(MailTable)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _check_together(self, data: dict[str, Any], written: Any, **_: Any) -> None:
        if not isinstance(written, dict):
            return
        faults: dict[str, list[str]] = {}
        for name, fault in (*_faults_of_times(data), *_faults_of_vendors(data, written)):
            faults.setdefault(name, []).append(fault)
        if faults:
            raise ValidationError(faults)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Rule:
        by_area = data.pop("survey_by_area", {})
        return Rule(
            event=Event(data.pop("event")),
            vendors=tuple(map(Vendor, data.pop("vendors"))),
            contact=Contact(data.pop("contact")),
            survey_by_area={_folded(area): surveys for area, surveys in by_area.items()},
            **data,
        )


def _faults_of_times(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    after, within = data.get("after"), data.get("within")
    if after is not None and within is not None and within <= after:
        yield "within", "must be longer than after: the invitation is sent between the two"
    if data.get("expires_after") == timedelta():
        yield "expires_after", "must be longer than 0s"


def _faults_of_vendors(
    data: Mapping[str, Any], written: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what does not fit together; a survey that is ``written`` has mistakes of its own."""
    vendors = data.get("vendors", ())
    general = _vendors_in(written.get("survey"))
    areas = written.get("survey_by_area")
    by_area = {
        area: _vendors_in(surveys)
        for area, surveys in (areas if isinstance(areas, dict) else {}).items()
    }
    for vendor in vendors:
        if vendor not in general and not any(vendor in own for own in by_area.values()):
            yield "vendor", f"{vendor} has no survey; add [rule.survey.{vendor}]"
        if data.get("contact") == Contact.MOBILE and vendor not in REACHES_MOBILES:
            yield "contact", f"{vendor} invites by mail alone; write email or either"
    if not vendors:
        return
    if data.get("mail") and not MAILED.intersection(vendors):
        yield "mail", f"is for {' and '.join(sorted(MAILED))} alone; remove it"
    for place, surveys in (
        ("survey", general),
        *(("survey_by_area", own) for own in by_area.values()),
    ):
        for name in surveys:
            if name not in vendors:
                yield place, f"{name} is not among the vendors of the rule; add it or remove this"
    folded = [_folded(area) for area in by_area]
    if len(set(folded)) != len(folded):
        yield "survey_by_area", "names an area twice; case makes no difference"


def _vendors_in(surveys: Any) -> list[str]:
    """Return the vendors that a table of surveys names; others are reported as unknown keys."""
    return [name for name in surveys if name in tuple(Vendor)] if isinstance(surveys, dict) else []


def _address(value: Any) -> str:
    address = values.text()(value)
    local, at, domain = address.partition("@")
    if not (local and at and "." in domain) or any(
        c.isspace() or c in "@<>" for c in local + domain
    ):
        raise ValueError("must be an address such as surveys@example.com")
    return address


def _domain(value: Any) -> str:
    domain = values.text()(value).removeprefix("@")
    if "@" in domain or any(c.isspace() for c in domain):
        raise ValueError("must be a domain such as example.com")
    return domain


def _folded(word: str) -> str:
    return word.strip().casefold()
