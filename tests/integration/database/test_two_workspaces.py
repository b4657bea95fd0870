"""Every query of the product keeps to its workspace, beside another that has the same numbers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

import workers
from tests.support.databases import database_copy
from tests.support.two_workspaces import ADDRESS, BYTES, CALLBACK, ONE, OTHER, RUN, Workspaces
from workers.database.queries import parse

FOLDER = Path(workers.__file__).parent
FILES = {
    str(path.relative_to(FOLDER)): parse(path.read_text("utf-8"))
    for path in sorted((*FOLDER.glob("*/store/*.sql"), *FOLDER.glob("database/*.sql")))
}
# Their sessions, roles and migrations have no workspace.
WITHOUT_WORKSPACES = {"database/migrate.sql", "operations/store/analyst_login.sql"}
# Of all workspaces; the workspace that they are given is where the last call stopped.
CONTINUED = {"erased.sql pending_errands", "erased.sql pending_ratings"}
NOT_TRIED = {
    "text_scan.sql write_row",  # by the place of the row
    "workspaces.sql tables",  # of the catalogue
}
# They work for all workspaces at once, and what they return is of all: the one's rows are compared.
EVERYWHERE = {
    "counts.sql add_up",
    "completeness.sql count_days",
    "holds.sql hold_all",
    "errand_versions.sql start_fills",
    "metrics_progress.sql begin_new",
    "completeness.sql delete_old_reports",
    "mirrors.sql remove_other_mirrors",
    "erased.sql redact_sent_errands",
    "erased.sql redact_exported_by",
    "erased.sql redact_opt_outs_of",
    "conversations.sql release_abandoned",
    "conversations.sql end_left",
    "survey_summary.sql survey_summary",
    "operator_requests.sql begin",
    "retention.sql",  # each query that is given no workspaces
    "text_scan.sql rows_that_may_mention",
    "text_scan.sql callbacks_that_may_mention",
    "text_scan.sql landed_that_may_mention",
}
START = datetime.now(UTC)
NOW = START.isoformat()
LONG_AGO = (START - timedelta(days=30)).isoformat()
ID, IDS, TEXTS = 7, [7], ["t"]

ANSWER = {
    "answer_id": 7,
    "response_id": 7,
    "subject": "new",
    "recipients": [{"recipient_id": 7, "address": ADDRESS, "name": "new"}],
}
REPORT = {
    "errand_id": 7,
    "from_address": ADDRESS,
    "actions": [{"action_id": 7, "note": "new"}],
    "tags": [{"tag_id": 8}],
    "to_addresses": [ADDRESS],
    "copy_addresses": [],
}
LINKS = [
    {"owner_kind": "library", "owner_id": 7, "target_kind": "question", "target_id": 7},
    {"owner_kind": "question", "owner_id": 7, "target_kind": "attachment", "target_id": 7},
]
RECORDS = [
    {"library_id": 7, "category_id": 7, "question_id": 7, "name": "new", "subject": "new",
     "source_types": [], "top_level": True, "toplist": False, "images_told": False,
     "content_type": "x"} | link
    for link in LINKS
]  # fmt: skip
SURVEY_ANSWER = {
    "session_id": 7, "question_key": "new", "kind": "nps", "number": 7, "lowest": 0, "highest": 10,
}  # fmt: skip
BY_NAME = {
    "actions": IDS,
    "address": "new",
    "addresses": ["new"],
    "after": 0,
    "after_id": 0,
    "answers": json.dumps(
        [{"callback_id": 9, "remote_id": 9, "received_at": NOW, "errand_id": 7, "answer": ANSWER,
          "attachments": [{"kind": "response", "attachment_id": 8}]}]
    ),
    "callbacks": json.dumps(
        [{"workspace": ONE, "received_at": NOW, "body_sha256": "07" * 32, "document": {}}]
    ),
    "but_errand": 9,
    "by_status": "{}",
    "choice_id": None,
    "confirmed": True,
    "ctid": "(0,1)",
    "decisions": json.dumps(
        [{"errand_id": 8, "event": "answered", "event_at": NOW, "reason": "quiet"}]
    ),
    "document": CALLBACK,
    "documents": json.dumps([{}]),
    "errors": ["new"],
    "event_at": NOW,
    "families": ["errand_reports", "facebook_ratings"],
    "family": "errand_reports",
    "forwarded": "taken",
    "holidays": json.dumps([{"area_id": 7, "date": NOW[:10], "name": "new"}]),
    "ids": IDS,
    "kind": "response",
    "kinds": ["response"],
    "logons": json.dumps(
        [{"login_name": "t", "happened_at": NOW, "action": "Login", "occurrence": 1}]
    ),
    "lowest": 0,
    "highest": 10,
    "number": 9,
    **dict.fromkeys(("since", "fetched_from", "days_from"), LONG_AGO),
    **dict.fromkeys(("now", "before", "at", "until", "due_at", "sent_at"), NOW),
    **dict.fromkeys(("decided_at", "fetched_at", "answered_until"), NOW),
    "min_s": 100_000,
    "max_s": 200_000,
    "mirrors": ["library"],
    "mirror": "library",
    "observations": json.dumps(
        [{"errand_id": 7, "fetched_at": NOW, "missing": 0, "tag_ids": [8], "closed": False}]
    ),
    "odd": json.dumps([{"row": ["x"], "problem": "new"}]),
    "openings": json.dumps(
        [{"area_id": 7, "weekday": 1, "from_minute": 0, "to_minute": 60}]
    ),
    "origin": "command",
    "outcome_state": "taken",
    "person": BYTES,
    "phrase": "t",
    "where": "ABC",
    "question": None,
    "ratings": json.dumps([{"record": {"rating_id": 7, "message": "new"}, "fetched_at": NOW}]),
    "records": json.dumps(RECORDS),
    "reason": "withdrawn_by_operator",
    "reference": "t",
    "remote_id": "t",
    "reports": json.dumps([{"record": REPORT, "fetched_at": NOW}]),
    "rows": json.dumps([{"reference": "t"}]),
    "sent": "{}",
    "session_id": ID,
    "settlements": json.dumps(
        [{"invitation_id": 7, "state": "triggered", "vendor": "own", "survey": {}}]
    ),
    "source": "operator",
    "spellings": [ADDRESS],
    "state": "done",
    "survey": "{}",
    "transaction": "7",
    "timezone": "UTC",
    "timezones": ["CET"],
    "user_id": "",
    "user_type": "",
    "vendor": "centracx",
    "vendors": ["centracx"],
    "workspace": ONE,
    "workspaces": [ONE],
}  # fmt: skip
FLAGS = (
    *(
        "answered",
        "by_closure",
        "closed",
        "corrected",
        "everything",
        "happened",
        "has_account",
        "in_doubt",
    ),
    *("last", "not_found", "parked", "probing", "problems_only", "rewrite", "verified"),
)
BY_QUERY = {
    "action_patterns.sql *": {"kind": "answered"},
    "backlog.sql due_days": {"days": 31},
    "backlog.sql *": {"days": [NOW[:10]], "from_at": [NOW], "to_at": [NOW]},
    "day_tables.sql *": {
        "kept": "area_day",
        "tables": ["area_day"],
        "day": NOW[:10],
        "days": [NOW[:10]],
        "numbers": [int(NOW[:10].replace("-", ""))],
    },
    "metrics_due.sql *": {"marked_in": ["7"], "kinds": ["errand"]},
    "metrics_progress.sql *": {"began_at": NOW},
    "metrics.sql limit_statements": {"timeout": "20s"},
    "metrics.sql limit_locks": {"timeout": "5s"},
    "backfill_days.sql *": {"first": NOW[:10], "last": NOW[:10]},
    "library.sql save_libraries": {"records": json.dumps(RECORDS[:1])},
    "library.sql save_categories": {"records": json.dumps(RECORDS[:1])},
    "library.sql save_questions": {"records": json.dumps(RECORDS[:1])},
    "library.sql mark_libraries_gone": {"ids": [9]},
    "library.sql mark_categories_gone": {"ids": [9]},
    "library.sql mark_questions_gone": {"ids": [9]},
    "library.sql vanished_kinds": {"present_kinds": []},
    "errand_reports.sql save_names": {"fetched_at": [NOW]},
    "landed.sql insert_documents": {"fetched_at": [NOW]},
    "activity.sql *": {"filed": [NOW], "rejected": [NOW]},
    "contact_cards.sql *": {"returned": "{}", "state": "refused"},
    "attachment_blobs.sql *": {"names": True},
    "erased.sql pending_errands": {"workspace": ""},
    "erased.sql pending_ratings": {"workspace": ""},
    "erased.sql *": {"remote_id": 7},
    "text_scan.sql *": {"first": 0, "end": 100},
    "answers.sql save_unmatched": {"cells": ["{}"], "origin": "push"},
    "answers.sql add_answers": {"answers": json.dumps([SURVEY_ANSWER])},
    "answers.sql open_result_sessions": {"origin": "push"},
    "conversations.sql *": {"asked": "[]", "context": "{}", "state": "open"},
    "survey_rules.sql save_rules": {"documents": ["{}"], "names": ["new"]},
    "survey_rules.sql *": {"name": "r"},
    "errand_search.sql search": dict.fromkeys(
        ("display_id", "address", "words", "state", "since", "until", "after_at")
    ),
    "errand_search.sql choices": {"name": None, "id": None},
    "callbacks.sql read_callback": {"id": 7},
    "landed.sql read_document": {"id": 7},
    "handed_links.sql *": {
        "tag_ids": IDS,
        "expires_after": "1 hour",
        "channel": "email",
        "vendor": "own",
    },
    "sent_reports.sql *": {"week": "2024-01-29", "state": "sent", "sent": True},
    "period_figures.sql *": {
        "by": "area",
        "grouped_by": "area",
        "exact": 10,
        "most_answers": 10,
        "day": NOW[:10],
        "last": NOW[:10],
    },
    "invitations.sql invitation_list": {"state": "due"},
    "row_digests.sql answer_rows": {"answers": IDS},
    "recoveries.sql *": {"since_at": NOW, "preset_id": "316"},
    "operator_requests.sql add": {"kind": "preview", "rule": "r"},
    "polls.sql start_due_polls": {"families": ["errand_reports"], "every_s": 60},
    "polls.sql due_mirrors": {"every_s": [60]},
}


def value_of(key: str, name: str, query: str) -> object:
    """Return what a parameter of a query is: as it is named, or as it is cast."""
    file = key.partition(" ")[0]
    for chosen in (BY_QUERY.get(key, {}), BY_QUERY.get(f"{file} *", {})):
        if name in chosen:
            return chosen[name]
    if name in BY_NAME:
        return BY_NAME[name]
    cast = re.search(rf"%\({name}\)s::([a-z0-9]+(?:\[\])?)", query)
    type_ = cast[1] if cast else ""
    is_list = type_.endswith("[]") or re.search(rf"ANY \(%\({name}\)s\)", query)
    value: object = ID
    if name in FLAGS or type_.startswith("boolean"):
        value = True
    elif name in ("token", "sent_by", "run"):
        value = RUN
    elif "sha256" in name or name in ("digest", "digests", "persons", "contents", "keys"):
        value = BYTES
    elif name in ("first", "last", "from_day", "to_day") or type_ == "date[]":
        value = NOW[:10]
    elif type_.startswith(("text", "jsonb")) or name in TEXT_NAMES:
        value = "t"
    return [value] if is_list else value


TEXT_NAMES = frozenset(
    (
        *("answered_by", "channel", "choice_text", "comment", "contact", "contact_name"),
        *("content_cid", "content_type", "dialed_number", "error", "from_address", "from_name"),
        *("host", "id", "integration_name", "language", "login_name", "message_id", "name"),
        *("pattern", "preset_id", "problem", "process", "question_key", "question_text"),
        *("queue", "settled_by", "subject"),
    )
)


def queries():
    for file, found in FILES.items():
        if file not in WITHOUT_WORKSPACES:
            for name, query in found.items():
                key = f"{Path(file).name} {name}"
                if key not in NOT_TRIED and "workspace" in query and "COPY" not in query:
                    yield file, key, query


TABLES_OF = {
    "sent_commands.sql": ("cention.sent_closing", "cention.sent_call_end", "cention.sent_errand"),
    "errand_reports.sql": ("cention.area",),
    "text_scan.sql": ("cention.errand",),
    "workspaces.sql": ("cention.errand", "intake.wanted"),
}


def filled(key: str, query: str) -> list[str]:
    """Return a query for each table that it may be formatted with."""
    file = key.partition(" ")[0]
    if not re.search(r"(?<![{'])\{\w+\}", query):
        return [query]
    words = {"id": "area_id", "lock": "FOR UPDATE", "may_mention": "true"}
    return [query.format(table=table, **words) for table in TABLES_OF.get(file, ("",))]


def leaks(alone: Workspaces, both: Workspaces, key: str, query: str) -> str | None:
    """Return how a query depends on the other workspace, or changes it; ``None`` if it does not."""
    names = set(re.findall(r"%\((\w+)\)s", query))
    parameters = {name: value_of(key, name, query) for name in names}
    keeps_to_one = bool(names & {"workspace", "workspaces", "callbacks"})
    of_all = key in EVERYWHERE or (not keeps_to_one and key.partition(" ")[0] in EVERYWHERE)
    keeps_to_one &= not of_all and key not in CONTINUED
    for variant, changes in both.variants(query):
        try:
            with alone.conn.transaction(force_rollback=True):
                alone.change(changes)
                expected = alone.run(query, parameters), alone.rows(query, ONE)
            with both.conn.transaction(force_rollback=True):
                both.change(changes)
                before = both.rows(query, OTHER)
                found = both.run(query, parameters)
                rows, after = both.rows(query, ONE), both.rows(query, OTHER)
        except psycopg.errors.IntegrityError:
            continue  # a state that the tables do not allow
        except psycopg.Error as error:
            return f"{variant}: cannot be tried: {error}"
        if not keeps_to_one:
            found = [row for row in found if f"'{OTHER}'" not in row]
        elif after != before:
            return f"{variant}: the other is changed: {before} becomes {after}"
        if rows != expected[1]:
            return f"{variant}: does {rows} and not {expected[1]}"
        if not of_all and found != expected[0]:
            return f"{variant}: returns {found} and not {expected[0]}"
    return None


@pytest.fixture(scope="module")
def databases(postgres, template):
    """Of one workspace alone, and of both."""
    with (
        database_copy(postgres, template) as first,
        database_copy(postgres, template) as second,
        psycopg.connect(first, autocommit=True) as one,
        psycopg.connect(second, autocommit=True) as two,
    ):
        yield (
            Workspaces(one, now=START, with_other=False),
            Workspaces(two, now=START, with_other=True),
        )


@pytest.mark.parametrize("file", sorted({file for file, _, _ in queries()}))
def test_a_query_neither_sees_nor_changes_a_workspace_with_the_same_numbers(databases, file):
    alone, both = databases
    found = {
        key: problem
        for of, key, query in queries()
        if of == file
        for one in filled(key, query)
        if (problem := leaks(alone, both, key, one))
    }

    assert found == {}
