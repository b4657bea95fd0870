"""Compares the surveys in the database with the messages that the vendors have sent."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from tests.acceptance.comparison import SandboxControl
from tests.chaos.surveys import RULE
from workers.surveys.rules.link import digest_of
from workers.surveys.rules.person import Contact, read_contact

COUNTRY = "SE"
# The simulated faults and kills make one in ten unknown; more means that outcomes are forgotten.
MAX_UNKNOWN = 0.3
DECISIONS: LiteralString = "SELECT errand_id, verdict, reason FROM feedback.decision"
INVITATIONS: LiteralString = """
    SELECT invitation_id, errand_id, reference, vendor, remote_id, state, problem,
           encode(token_sha256, 'hex') AS link,
           extract(epoch FROM event_at)::float8 AS event_at
    FROM feedback.invitation
"""
ANSWERS: LiteralString = """
    SELECT s.vendor, s.remote_id AS reference, a.question_key, a.number::float8 AS number, a.comment
    FROM feedback.answer AS a
    JOIN feedback.session AS s ON (s.workspace, s.session_id) = (a.workspace, a.session_id)
    WHERE s.origin <> 'page'
"""
# These wait until they are closed, or answered again.
OPEN_AGAIN: LiteralString = """
    SELECT errand_id FROM cention.errand AS e
    WHERE NOT closed AND EXISTS (
        SELECT FROM cention.errand_action AS a
        WHERE (a.workspace, a.errand_id) = (e.workspace, e.errand_id)
          AND a.happened_at >= e.answered_at + interval '1 minute'
    )
"""
# Other rules were on before this one: those of the sandbox, until the campaign loaded its own.
ON_FROM: LiteralString = """
    SELECT extract(epoch FROM on_from)::float8 AS on_from FROM feedback.rule
    WHERE name = %s AND off_at IS NULL
"""
SCORES = {"digidesk": "Score", "customer_radar": "Rating"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyState:
    """What the vendors and the database know of surveys."""

    messages: Sequence[Row]
    results: Mapping[str, Sequence[Row]]  # by vendor
    errands: Mapping[str, Row]  # at Cention
    decisions: Sequence[Row]
    invitations: Sequence[Row]
    answers: Sequence[Row]
    open_again: frozenset[int]
    on_from: float  # since when the campaign's rule is on, epoch seconds


def read_state(sandbox: SandboxControl, database_url: str) -> SurveyState:
    """Read both sides; the results first, so that what is missing here was there before."""
    results = {vendor: sandbox.get(f"surveys/results/{vendor}")["rows"] for vendor in SCORES}
    messages = sandbox.get("truth/surveys")["messages"]
    errands = sandbox.get("truth")["errands"]
    with psycopg.connect(database_url, row_factory=dict_row) as conn:
        invitations = conn.execute(INVITATIONS).fetchall()
        return SurveyState(
            messages=_referring(messages, invitations),
            results=results,
            errands=errands,
            decisions=conn.execute(DECISIONS).fetchall(),
            invitations=invitations,
            answers=conn.execute(ANSWERS).fetchall(),
            open_again=frozenset(row["errand_id"] for row in conn.execute(OPEN_AGAIN)),
            on_from=conn.execute(ON_FROM, [RULE]).fetchall()[0]["on_from"],
        )


def _referring(messages: Sequence[Row], invitations: Sequence[Row]) -> list[Row]:
    """Return messages with our reference and the errand; those of mails are found by their link."""
    by_link = {one["link"]: one for one in invitations if one["link"]}
    found = []
    for one in messages:
        token = (one["link"] or "").rpartition("/s/")[2]
        invitation = by_link.get(digest_of(token).hex(), {}) if token else {}
        errand = one["pairs"].get("Errand") or invitation.get("errand_id")
        reference = one["reference"] or invitation.get("reference") or one["remote_id"]
        found.append({**one, "reference": reference, "errand": errand})
    return found


def twice(state: SurveyState) -> dict[str, int]:
    """Return what happened twice and must not, by kind; empty if nothing did.

    A campaign is shorter than the quiet period of its rule.
    """
    by_kind = {
        "messages of one invitation": Counter(one["reference"] for one in state.messages),
        "messages about one errand": Counter(one["errand"] for one in state.messages),
        "messages to one person": Counter(_person(one["contact"]) for one in state.messages),
        "invitations for one errand": Counter(one["errand_id"] for one in state.invitations),
        "answers to one question": Counter(
            (one["vendor"], one["reference"], one["question_key"]) for one in state.answers
        ),
    }
    surplus = {kind: found.total() - len(found) for kind, found in by_kind.items()}
    return {kind: count for kind, count in surplus.items() if count}


def undecided(state: SurveyState) -> list[int]:
    """Return the errands that were answered while the rule was on, and are not decided."""
    decided = {one["errand_id"] for one in state.decisions}
    return [
        errand_id
        for errand_id, errand in ((int(number), one) for number, one in state.errands.items())
        if errand["answered_at"] is not None
        and errand["answered_at"] >= state.on_from
        and not errand["gone"]
        and errand_id not in decided
        and errand_id not in state.open_again
    ]


def forgotten(state: SurveyState) -> Iterator[str]:
    """Yield what is missing, unexpected or left over, one line each."""
    yield from _decisions(state)
    yield from _invitations(state)
    yield from _answers(state)


def _decisions(state: SurveyState) -> Iterator[str]:
    decided = {one["errand_id"] for one in state.decisions}
    for errand_id in sorted(decided):
        errand = state.errands.get(str(errand_id))
        if errand is None or errand["answered_at"] is None:
            yield f"errand {errand_id} was not answered, and is decided"
    for errand_id in undecided(state):
        yield f"errand {errand_id} was answered, and is not decided"


def _invitations(state: SurveyState) -> Iterator[str]:
    invited = {one["errand_id"] for one in state.invitations}
    for one in state.decisions:
        if one["verdict"] == "invite" and one["errand_id"] not in invited:
            yield f"errand {one['errand_id']} is decided, and its invitation is missing"
        elif one["verdict"] != "invite" and not one["reason"]:
            yield f"errand {one['errand_id']} is not invited for no reason"
    sent = {one["reference"]: one for one in state.messages}
    for one in state.invitations:
        if problem := _problem_of(one, sent.get(one["reference"])):
            yield f"invitation {one['invitation_id']} {problem}"
    unknown = sum(one["state"] == "unknown" for one in state.invitations)
    if unknown > MAX_UNKNOWN * max(len(state.invitations), 20):
        yield f"{unknown} of {len(state.invitations)} invitations are of unknown outcome"
    for reference in sent.keys() - {one["reference"] for one in state.invitations}:
        yield f"{sent[reference]['vendor']} has sent {reference}, which is unknown here"


def _problem_of(invitation: Row, message: Row | None) -> str | None:
    state = invitation["state"]
    if state in ("due", "sending"):
        return f"is left {state}: {invitation['problem']}"
    if state == "withdrawn" and not invitation["problem"]:
        return "is withdrawn for no reason"
    if message is None:
        return "is triggered, and no vendor has sent it" if state == "triggered" else None
    if state not in ("triggered", "unknown"):
        return f"is {state}, and {message['vendor']} has sent it"
    if message["vendor"] != invitation["vendor"]:
        return f"is of {invitation['vendor']}, and {message['vendor']} has sent it"
    return None


def _answers(state: SurveyState) -> Iterator[str]:
    numbers = {
        (one["vendor"], one["reference"], one["question_key"]): one["number"]
        for one in state.answers
    }
    comments = {
        (one["vendor"], one["reference"]): one["comment"] for one in state.answers if one["comment"]
    }
    unknown = {one["reference"] for one in state.invitations if one["state"] == "unknown"}
    for vendor, rows in state.results.items():
        column = SCORES[vendor]
        for row in rows:
            reference = row["Invitation"]
            found = numbers.get((vendor, reference, column))
            if found != row[column]:
                yield f"the answer {row[column]} of {reference} is {found} here"
            if comments.get((vendor, reference), "") != row["Comment"]:
                yield f"the comment of {reference} is another one here"
            if reference in unknown:
                yield f"{reference} was answered, and is of unknown outcome"


def totals(state: SurveyState) -> Iterator[tuple[str, object]]:
    """Yield what the surveys came to, for the table."""
    verdicts = Counter(one["reason"] or "invite" for one in state.decisions)
    yield "errands decided about surveys", _listed(verdicts)
    yield "invitations", _listed(Counter(one["state"] for one in state.invitations))
    yield "messages sent by the survey vendors", len(state.messages)
    rows = sum(map(len, state.results.values()))
    yield "answers of customers + kept here", f"{rows} + {len(_sessions(state))}"
    delays = sorted(_delays(state))
    if delays:
        yield (
            "from an answer to its message, median s, max s",
            f"{statistics.median(delays):.0f}, {delays[-1]:.0f}",
        )


def _sessions(state: SurveyState) -> set[tuple[str, str]]:
    return {(one["vendor"], one["reference"]) for one in state.answers}


def _delays(state: SurveyState) -> Iterator[float]:
    sent = {one["reference"]: one["at"] for one in state.messages}
    for one in state.invitations:
        if one["reference"] in sent:
            yield sent[one["reference"]] - one["event_at"]


def _listed(numbers: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.most_common())


def _person(contact: str) -> str:
    read = read_contact(contact, country=COUNTRY)
    return read.text if isinstance(read, Contact) else contact
