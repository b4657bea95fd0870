"""What survey pages read and write: links, chats, answers and objections."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import structlog

from receiver.surveys.database import DatabaseAway, PageDatabase
from schemas.surveys.rules import RulesError, RulesFile, read_document
from workers.database import Connection
from workers.surveys.store import answers, opt_outs, sessions, survey_rules
from workers.surveys.store.sessions import Chat, GivenAnswer, Link, NewAnswer, Session

MAX_NEW_CHATS = 60  # a minute, for each workspace
MAX_RULES = 64  # versions of rules files in memory
UNSETTLED = ("due", "sending", "unknown")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey as a page needs it: whose it is, what it asks, and how far it is."""

    workspace: str
    vendor: str
    rules_version: int | None
    rules: RulesFile | None = field(repr=False)
    session: Session | None
    link: Link | None = field(repr=False)  # None: of a chat
    chat_id: str | None = field(default=None, repr=False)  # of Alvaria; None: of a link


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """An answer to one question of a survey, and whether that is its last question."""

    position: int
    answer: NewAnswer = field(repr=False)
    language: str
    last: bool


class TooManyChats(Exception):
    """More chats have begun within a minute than is allowed."""


class SurveyStorage:
    """Reads and writes surveys. Every method raises ``DatabaseAway``.

    Each writes in one transaction, and is harmless when it is repeated.
    """

    def __init__(self, database: PageDatabase) -> None:
        self._database = database
        self._rules: OrderedDict[tuple[str, int], RulesFile] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, digest: bytes) -> Survey | None:
        """Return the survey of the link with this digest; ``None`` if there is no such link."""

        def read(conn: Connection) -> Survey | None:
            link = sessions.link(conn, digest)
            if link is None:
                return None
            return Survey(
                workspace=link.workspace,
                vendor=link.vendor,
                rules_version=link.rules_version,
                rules=self._rules_of(conn, link.workspace, link.rules_version),
                session=link.session,
                link=link,
            )

        return self._database.run(read)

    def find_chat(self, workspace: str, chat_id: str, *, version: int | None) -> Survey:
        """Return the survey of a chat.

        ``version``: of the rules file whose page the customer has seen, if that is known; it
        matters until the session begins.
        """

        def read(conn: Connection) -> Survey:
            chat = sessions.chat(conn, workspace, chat_id)
            rules_version = self._version_of(conn, workspace, chat, version)
            return Survey(
                workspace=workspace,
                vendor="alvaria",
                rules_version=rules_version,
                rules=self._rules_of(conn, workspace, rules_version),
                session=chat.session,
                link=None,
                chat_id=chat_id,
            )

        return self._database.run(read)

    def begin(self, survey: Survey, *, language: str) -> None:
        """Open the session of a link whose vendor has the questions."""
        link = survey.link
        if link is not None:
            self._database.run(lambda conn: _open(conn, link, survey, language=language))

    def answer(self, survey: Survey, given: PageAnswer) -> GivenAnswer | None:
        """Save an answer, and open the session if it is the first.

        Return the answer that stands, if the question was answered before. Raises
        ``TooManyChats``.
        """

        def write(conn: Connection) -> GivenAnswer | None:
            with conn.transaction():
                session_id = (
                    survey.session.session_id
                    if survey.session is not None
                    else _open(conn, survey.link, survey, language=given.language)
                )
                added = sessions.add_answer(
                    conn,
                    survey.workspace,
                    session_id,
                    given.position,
                    given.answer,
                    language=given.language,
                    last=given.last,
                )
                if added:
                    return None
                return sessions.given(conn, survey.workspace, session_id, given.position)

        return self._database.run(write)

    def given(self, survey: Survey, position: int) -> GivenAnswer | None:
        """Return the answer to an earlier question; ``None`` if there is none."""
        session = survey.session
        if session is None:
            return None
        return self._database.run(
            lambda conn: sessions.given(conn, survey.workspace, session.session_id, position)
        )

    def end(self, survey: Survey) -> None:
        """End a survey before its last question."""
        session = survey.session
        if session is not None:
            self._database.run(
                lambda conn: sessions.end(conn, survey.workspace, session.session_id)
            )

    def stop(self, link: Link, *, source: str) -> None:
        """Record that the person of a link does not want to be invited."""

        def write(conn: Connection) -> None:
            with conn.transaction():
                persons = {link.person_sha256: link.contact}
                opt_outs.add(conn, link.workspace, persons, source=source)

        self._database.run(write)

    def _version_of(
        self, conn: Connection, workspace: str, chat: Chat, wanted: int | None
    ) -> int | None:
        if chat.session is not None or wanted is None:
            return chat.rules_version
        known = self._rules_of(conn, workspace, wanted) is not None
        return wanted if known else chat.rules_version

    def _rules_of(self, conn: Connection, workspace: str, version: int | None) -> RulesFile | None:
        """Return a version of the rules file: from memory, since versions never change."""
        if version is None:
            return None
        with self._lock:
            if (known := self._rules.get((workspace, version))) is not None:
                self._rules.move_to_end((workspace, version))
                return known
        stored = survey_rules.of_version(conn, workspace, version)
        if stored is None:
            return None
        try:
            rules = read_document(stored.document)
        except RulesError as error:
            places = [mistake.place for mistake in error.mistakes]
            log.error("rules file unreadable", workspace=workspace, version=version, places=places)
            raise DatabaseAway from None
        with self._lock:
            self._rules[workspace, version] = rules
            while len(self._rules) > MAX_RULES:
                self._rules.popitem(last=False)
        return rules


def _open(conn: Connection, link: Link | None, survey: Survey, *, language: str) -> int:
    """Open the session of a survey, unless there is one; return its number."""
    if link is None:
        return _open_chat(conn, survey, language=language)
    if link.state in UNSETTLED:  # whoever has the link was sent it
        answers.settle_answered(conn, link.workspace, [link.reference])
    version = survey.rules_version if survey.vendor == "own" else None
    return sessions.open_session(conn, link, language=language, rules_version=version)


def _open_chat(conn: Connection, survey: Survey, *, language: str) -> int:
    session_id = sessions.open_chat(
        conn,
        survey.workspace,
        survey.chat_id or "",
        language=language,
        rules_version=survey.rules_version or 0,
        per_minute=MAX_NEW_CHATS,
    )
    if session_id is None:
        raise TooManyChats
    return session_id
