"""Compares surveys on our pages with what customers, CentraCX and Alvaria know of them."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from deploy.run import sandbox_rules
from receiver.surveys.language import texts_in
from schemas.surveys.questions import LANGUAGES
from tests.acceptance.comparison import SandboxControl
from tests.chaos import surveys
from tests.chaos.conversations import Objectors, person_of
from workers.surveys.jobs.invite import SEND_WITHIN_S
from workers.surveys.rules.link import digest_of

EMPTY = "-"  # how an empty answer is given to CentraCX
MAX_STUCK = 0.15  # of the surveys by CentraCX whose questions a page can show
FEW = 20  # surveys, of which the share says little
WITH_A_RANKING = 3  # CentraCX's id of the survey whose second question a page cannot show
SESSIONS: LiteralString = """
    SELECT s.session_id, s.vendor, s.remote_id, s.state, s.outcome_state, s.verified, s.problem,
           s.tries, s.question IS NULL AS waits, s.sent_by IS NOT NULL AS held,
           (i.survey ->> 'id')::integer AS survey,
           encode(i.token_sha256, 'hex') AS link
    FROM feedback.session AS s
    LEFT JOIN feedback.invitation AS i USING (workspace, invitation_id)
    WHERE s.origin = 'page'
"""
ANSWERS: LiteralString = """
    SELECT a.session_id, a.position, a.question_key, a.question_text, a.kind, a.choice_id,
           a.choice_text, a.number::float8 AS number, a.comment, a.forwarded
    FROM feedback.answer AS a
    JOIN feedback.session AS s USING (workspace, session_id)
    WHERE s.origin = 'page'
    ORDER BY a.session_id, a.position
"""
STOPPED: LiteralString = """
    SELECT encode(i.token_sha256, 'hex') AS link FROM feedback.invitation AS i
    JOIN feedback.opt_out AS o USING (workspace, person_sha256)
    WHERE o.undone_at IS NULL AND i.token_sha256 IS NOT NULL
"""
# After these pages an answer is not taken; the page shows the customer why.
NOT_TAKEN = frozenset(
    texts_in(language)(f"{page}_title")
    for language in LANGUAGES
    for page in ("gone", "stopped", "expired")
)
# What Alvaria is given for an option, by its number on the page.
SOLVED = {1: "yes", 2: "no"}
# Questions of ours by their text: the language may change between the question and its answer.
KEYS = {
    text: f"{page['name']}.{question['key']}"
    for file in (surveys.RULES, sandbox_rules.FILE)
    for page in tomllib.loads(file.read_text("utf-8"))["page"]
    for question in page["question"]
    for text in question["text"].values()
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """What customers, vendors and the database know of surveys on our pages."""

    messages: Sequence[Row]
    visits: Sequence[Row]
    dialogs: Sequence[Row]
    remote: Mapping[str, Row]  # sessions at CentraCX, by their id
    sessions: Sequence[Row]
    answers: Mapping[int, Sequence[Row]]  # by the number of their session
    stopped: frozenset[str]  # digests of links whose persons have opted out
    objections: Mapping[str, float]  # when it was confirmed, by address
    stopping: frozenset[str]  # links by which somebody has opted out, as was confirmed


def read_state(
    sandbox: SandboxControl, database_url: str, objectors: Objectors
) -> ConversationState:
    """Read both sides; what was confirmed first, so that what is missing was there before."""
    stopping, objections = frozenset(objectors.links), dict(objectors.persons)
    truth = sandbox.get("truth/surveys")
    with psycopg.connect(database_url, row_factory=dict_row) as conn:
        answers = defaultdict(list)
        for row in conn.execute(ANSWERS):
            answers[row["session_id"]].append(row)
        return ConversationState(
            messages=truth["messages"],
            visits=truth["visits"],
            dialogs=truth["dialogs"],
            remote={one["session_id"]: one for one in truth["sessions"]},
            sessions=conn.execute(SESSIONS).fetchall(),
            answers=answers,
            stopped=frozenset(row["link"] for row in conn.execute(STOPPED)),
            objections=objections,
            stopping=stopping,
        )


def twice(state: ConversationState) -> dict[str, int]:
    """Return what happened twice or against a person's word, by kind; empty if nothing did."""
    outcomes = {one["session_id"]: len(one["outcomes"]) for one in state.dialogs}
    questions = Counter(
        (number, one["question_text"]) for number, given in state.answers.items() for one in given
    )
    found = {
        "outcomes of one chat": _surplus(outcomes),
        "answers to one question on a page": _surplus(questions),
        "sessions at CentraCX beyond the replays": max(0, _replayed_unasked(state)),
        "messages to persons who had opted out": sum(
            one["at"] > state.objections.get(person_of(one["contact"]), one["at"]) + SEND_WITHIN_S
            for one in state.messages
        ),
    }
    return {kind: count for kind, count in found.items() if count}


def lost(state: ConversationState) -> Iterator[str]:
    """Yield what is lost or wrong, one line each, while the bridge works or at rest."""
    sessions = {_key_of_session(one): one for one in state.sessions}
    seen = set()
    for visit in state.visits:
        key = _key_of_visit(visit)
        seen.add(key)
        session = sessions.get(key)
        given = state.answers.get(session["session_id"], []) if session else []
        yield from _answers_of(visit, given)
    for link in state.stopping - state.stopped:
        yield f"the person of link {link[:8]} has opted out, which is forgotten here"
    for one in state.sessions:
        yield from _remote_answers(state, one)
    for number, remote in state.remote.items():
        if remote["mistaken"]:
            yield f"CentraCX was given an answer to another question in session {number}"


def unfinished(state: ConversationState) -> Iterator[str]:
    """Yield what is left over or disagrees once nothing is under way any more, one line each."""
    for visit in state.visits:
        if visit["outcome"] != "finished":
            yield f"the customer of {visit['of']} {visit['remote_id'][:12]}: {visit['outcome']}"
    visited = {_key_of_visit(visit) for visit in state.visits}
    dialogs = {one["session_id"]: one for one in state.dialogs}
    for one in state.sessions:
        if _key_of_session(one) not in visited:
            yield f"nobody has opened the page of survey {one['session_id']}"
        if one["held"]:
            yield f"survey {one['session_id']} is left claimed"
        elif one["vendor"] == "centracx":
            yield from _centracx(state, one)
        elif one["vendor"] == "alvaria":
            yield from _alvaria(state, one, dialogs.get(one["remote_id"]))
    conducted = [
        one
        for one in state.sessions
        if one["vendor"] == "centracx" and one["survey"] != WITH_A_RANKING
    ]
    stuck = sum(one["state"] == "stuck" for one in conducted)
    if stuck > MAX_STUCK * max(len(conducted), FEW):
        yield f"{stuck} of {len(conducted)} surveys by CentraCX are stuck"


def unproven(state: ConversationState) -> Iterator[str]:
    """Yield what no customer has come to yet, one line each."""
    if not any(
        one["vendor"] == "centracx" and one["state"] == "complete" for one in state.sessions
    ):
        yield "no survey by CentraCX is complete"
    if not any(one["outcome_state"] == "taken" for one in state.sessions):
        yield "no answers after a chat were taken"


def _answers_of(visit: Row, stored: Sequence[Row]) -> Iterator[str]:
    """Yield how the answers of one visit differ from those that are stored."""
    name = f"{visit['of']} {visit['remote_id'][:12]}"
    values = defaultdict(list)
    for row in stored:
        values[_question_of(row["question_text"])].append(_value_of(row))
    given = defaultdict(set)
    for one in visit["answers"]:
        question = _question_of(one["question"])
        given[question].add(one["answer"])
        if _is_taken(one) and values[question] != [one["answer"]]:
            yield f"{name}: {one['answer']!r} was acknowledged, {values[question]} is stored"
    for question, found in values.items():
        if not set(found) <= given[question]:
            yield f"{name}: {found} is stored, and was not answered"


def _remote_answers(state: ConversationState, session: Row) -> Iterator[str]:
    """Yield an error if CentraCX has other answers of a survey than were given."""
    remote = state.remote.get(session["remote_id"] or "")
    if session["vendor"] == "centracx" and remote is not None:
        given = [_reply_of(row) for row in state.answers.get(session["session_id"], [])]
        replied = [_reply_at(one) for one in remote["replies"]]
        if replied != given[: len(replied)]:
            yield f"survey {session['session_id']}: {given} were given, CentraCX has {replied}"


def _centracx(state: ConversationState, session: Row) -> Iterator[str]:
    """Yield what is wrong with a survey by CentraCX at rest."""
    name = f"survey {session['session_id']} by CentraCX"
    given = state.answers.get(session["session_id"], [])
    match session["state"]:
        case "complete":
            remote = state.remote.get(session["remote_id"])
            if remote is None or remote["status"] != "Complete":
                yield f"{name} is complete here alone"
            if {row["forwarded"] for row in given} != {"taken"}:
                yield f"{name} is complete, and not all answers were taken"
        case "stuck" if not session["problem"]:
            yield f"{name} is stuck for no reason"
        case "open" if session["waits"]:
            yield f"{name} waits: {session['problem']}"


def _alvaria(state: ConversationState, session: Row, dialog: Row | None) -> Iterator[str]:
    """Yield what is wrong with the survey after a chat at rest."""
    name = f"survey {session['session_id']} after a chat"
    if dialog is None:
        yield f"{name} is of no dialog"
        return
    given = map(_variable_of, state.answers.get(session["session_id"], []))
    expected = sorted(value for value in given if value is not None)
    outcomes = [sorted(one.values()) for one in dialog["outcomes"]]
    how = session["outcome_state"]
    if how == "taken" and outcomes != [expected]:
        yield f"{name}: Alvaria has {outcomes} and took {expected}"
    elif how == "unknown" and outcomes not in ([], [expected]):
        yield f"{name}: Alvaria has {outcomes} of {expected}"
    elif how == "refused" and outcomes:
        yield f"{name} was refused, and Alvaria has {outcomes}"
    elif session["state"] in ("complete", "partial") and how in ("no", "sending"):
        yield f"{name} is {session['state']}, and its outcome is left {how}: {session['problem']}"


def _replayed_unasked(state: ConversationState) -> int:
    """Return how many sessions CentraCX has beyond those that we have counted.

    Our last session has an id. Those before it, whose answers were lost on their way, have the
    first of our answers, and none more often than we have begun one with these answers.
    """
    ours = {one["remote_id"] for one in state.sessions if one["vendor"] == "centracx"}
    allowed, begun = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for one in state.sessions:
        if one["vendor"] == "centracx":
            given = map(_reply_of, state.answers.get(one["session_id"], []))
            earlier = one["tries"] - (one["remote_id"] in state.remote) + one["held"]
            allowed.update(dict.fromkeys(_beginnings(given), earlier))
    for number, remote in state.remote.items():
        if number not in ours:
            begun.update(_beginnings(map(_reply_at, remote["replies"])))
    return max((count - allowed[answers] for answers, count in begun.items()), default=0)


def _beginnings(answers: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the first none, one, two … of some answers."""
    return list(accumulate(answers, lambda so_far, one: (*so_far, one), initial=()))


def totals(state: ConversationState) -> Iterator[tuple[str, object]]:
    """Yield what surveys on our pages came to, for the table."""
    mails = sum(bool(one["link"]) for one in state.messages)
    yield "mails with a link, persons who opted out", f"{mails}, {len(state.objections)}"
    given = [one for visit in state.visits for one in visit["answers"]]
    acknowledged = sum(map(_is_taken, given))
    kept = sum(map(len, state.answers.values()))
    yield "visits of pages", len(state.visits)
    yield "answers on pages given, acknowledged, kept", f"{len(given)}, {acknowledged}, {kept}"
    for vendor in ("own", "centracx", "alvaria"):
        states = Counter(one["state"] for one in state.sessions if one["vendor"] == vendor)
        yield f"surveys on our pages: {vendor}", _listed(states)
    outcomes = Counter(one["outcome_state"] for one in state.sessions if one["vendor"] == "alvaria")
    yield "outcomes of chats", _listed(outcomes)
    begun = sum(one["tries"] for one in state.sessions)
    yield "sessions at CentraCX, counted here", f"{len(state.remote)}, {begun}"


def _listed(numbers: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.most_common())


def _surplus(counts: Mapping[Any, int]) -> int:
    return sum(count - 1 for count in counts.values() if count > 1)


def _question_of(text: str) -> str:
    """Return a question as it is known in any language."""
    plain = " ".join(text.split())
    return KEYS.get(plain, plain)


def _is_taken(given: Row) -> bool:
    """Tell whether a page has said that an answer was taken: the next question, or thanks."""
    return given["following"] is not None and given["following"] not in NOT_TAKEN


def _key_of_visit(visit: Row) -> str:
    """Return what leads to the session: the digest of the link, or the id of the dialog."""
    if visit["of"] == "dialog":
        return str(visit["remote_id"])
    return digest_of(visit["url"].rpartition("/s/")[2]).hex()


def _key_of_session(session: Row) -> str:
    return str(session["remote_id"] if session["vendor"] == "alvaria" else session["link"])


def _value_of(row: Row) -> str:
    """Return the value that the form had."""
    if row["kind"] == "text":
        return str(row["comment"] or "")
    return str(row["choice_id"]) if row["kind"] == "choice" else f"{row['number']:g}"


def _reply_of(row: Row) -> str:
    """Return an answer as CentraCX is given it."""
    return str(row["choice_id"]) if row["choice_id"] is not None else row["comment"] or EMPTY


def _reply_at(reply: Row) -> str:
    return str(reply.get("answer_id", reply.get("feedback")))


def _variable_of(row: Row) -> str | None:
    """Return an answer as Alvaria is given it; ``None`` if it was left empty."""
    if row["kind"] == "text":
        return row["comment"] or None
    return SOLVED[row["choice_id"]] if row["kind"] == "choice" else f"{row['number']:g}"
