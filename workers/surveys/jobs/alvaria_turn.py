"""One turn of a survey after a chat of Alvaria: which chat it was, or the answers for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.surveys.alvaria import Context, variables_of
from schemas.surveys.questions import LANGUAGES, Kind, Page
from schemas.surveys.rules import AlvariaOptions, RulesFile
from workers.clients.surveys.alvaria import AlvariaApi, DialogGone, Taken
from workers.clients.surveys.outcomes import SurelyNotSent, Unknown, VendorRefusesUs
from workers.surveys.jobs.turn import Turn, put_off
from workers.surveys.rules.conversation import value_of_answer
from workers.surveys.store.conversations import Settled, WaitingSession


class AlvariaTurns:
    """Asks one application about chats; ``rules_of`` returns a version of the rules file."""

    def __init__(self, api: AlvariaApi, rules_of: Callable[[int], RulesFile]) -> None:
        self._api = api
        self._rules_of = rules_of

    def take(self, session: WaitingSession, send_until_s: float) -> Turn:
        """Ask for the context; once it is known and the survey has ended, send the outcome."""
        rules = self._rules_of(session.rules_version) if session.rules_version else None
        if not (session.verified or session.has_context):
            return self._context(session, rules.alvaria if rules else None)
        return self._outcome(session, rules, send_until_s)

    def _context(self, session: WaitingSession, options: AlvariaOptions | None) -> Turn:
        said = self._api.context(session.remote_id or "")
        match said:
            case Context():
                language = said.language(options.language_key) if options else None
                settled = Settled(
                    context=said.document,
                    errand_id=said.errand_id(options.errand_key) if options else None,
                    language=language if language in LANGUAGES else None,
                    verified=True,
                )
                return Turn(settled)
            case DialogGone() if session.state == "open":
                return Turn(Settled(state="gone", outcome_state="refused", problem=said.reason))
            case DialogGone():
                return Turn(Settled(outcome_state="refused", problem=said.reason))
            case SurelyNotSent() | VendorRefusesUs():
                return put_off(session, said)
            case _:  # it has a context that nobody can read
                return Turn(Settled(context={}, problem=said.reason))

    def _outcome(self, session: WaitingSession, rules: RulesFile | None, until_s: float) -> Turn:
        page = rules.page(rules.alvaria.page) if rules and rules.alvaria else None
        variables = _variables(session, page) if page else {}
        said = self._api.send_outcome(session.remote_id or "", variables, send_until_s=until_s)
        match said:
            case Taken():
                return Turn(Settled(outcome_state="taken"))
            case SurelyNotSent() | VendorRefusesUs():
                return put_off(session, said, outcome_state="no")
            case Unknown():
                return Turn(Settled(outcome_state="unknown", problem=said.reason))
            case _:
                return Turn(Settled(outcome_state="refused", problem=said.reason))


def _variables(session: WaitingSession, page: Page) -> dict[str, Any]:
    """Return the answers by the id of their variable; of a choice its key, in any language."""
    keys = {
        (question.key, text): option.key
        for question in page.questions
        if question.kind is Kind.CHOICE
        for option in question.options
        for text in option.text.values()
    }
    values = {}
    for answer in session.answers:
        key, text = answer["question_key"], answer["choice_text"]
        values[key] = value_of_answer(
            number=answer["number"],
            choice_text=keys.get((key, text), text),
            comment=answer["comment"],
        )
    return variables_of({one.key: one.variable for one in page.questions}, values)
