"""What an erasure takes and what it leaves, where a person stands beside another."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest

from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import (
    ADDRESS,
    NAME,
    STRANGER,
    STRANGERS,
    UNREADABLE,
    WRITTEN,
)
from workers.config.settings import Retention
from workers.privacy.jobs.retention import retain

UNHEARD = 99  # an errand without a report
ALIAS = "Alva Kanin"  # a name of the person that stands in one place only


@pytest.fixture
def erase(terminal):
    """Erase the person, or the reviewers that are named."""

    def run(*reviewers):
        words = [word for one in reviewers for word in ("--reviewer", one)]
        return terminal.json("erase", *(words or ("--address", ADDRESS)), "--yes")

    return run


@pytest.fixture
def erased_errands(centre):
    """The errands that are recorded as erased."""
    query = "SELECT remote_id FROM intake.erased WHERE family = 'errand_reports'"
    return lambda: {row["remote_id"] for row in centre.bridge.rows(query)}


def errand(centre, errand_id):
    [row] = centre.bridge.rows("SELECT * FROM cention.errand WHERE errand_id = %s", errand_id)
    return row


def texts_of(value):
    """Return every text of a document with the name of its member."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ((name, member),) if isinstance(member, str) else texts_of(member)
    elif isinstance(value, list):
        for element in value:
            yield from (("", element),) if isinstance(element, str) else texts_of(element)


def export_row(centre, **row):
    """Store an errand of an export."""
    centre.bridge.execute(
        "WITH run AS (INSERT INTO cention.export_run"
        " (workspace, origin, preset_id, by_closure, state)"
        " VALUES ('demo', 'command', '1', false, 'done') RETURNING workspace, run_id)"
        " INSERT INTO cention.exported_errand"
        " (workspace, run_id, position, errand_id, from_address, question, answer)"
        " SELECT workspace, run_id, 1, %s, %s, 'Q', 'A' FROM run",
        row.get("errand_id"),
        row["from_address"],
    )


def test_a_record_of_another_family_with_the_number_of_an_erased_file_stays_wanted(centre, erase):
    centre.bridge.want(data.FILES, data.OWN_FILE)
    centre.bridge.want(data.REPORTS, data.OWN_FILE)
    centre.bridge.want(data.IMAGES, data.OWN_FILE)

    erase()

    assert centre.bridge.rows(
        "SELECT family FROM intake.wanted WHERE remote_id = %s ORDER BY 1", data.OWN_FILE
    ) == [{"family": "area_archives"}, {"family": "errand_reports"}]


def by_callback(centre, document):
    callback = data.callback_of(
        document("callback_answer_errand"),
        STRANGERS, answer=21, files=[], to=data.sent_to(ADDRESS, NAME),
    )  # fmt: skip
    centre.store_callback(callback)


def by_export(centre, document):
    export_row(centre, errand_id=STRANGERS, from_address=ADDRESS)


def by_sent_errand(centre, document):
    centre.bridge.execute(
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered, origin,"
        " from_address, attachment_count, attachment_bytes, errand_id, sent_by, settled_at)"
        " VALUES ('demo', %s, 'created', false, 'o', %s, 0, 0, %s, gen_random_uuid(), now())",
        hashlib.sha256(b"m").digest(),
        ADDRESS,
        STRANGERS,
    )


@pytest.mark.parametrize("laid_at_the_person", [by_callback, by_export, by_sent_errand])
def test_an_errand_whose_report_names_another_writer_is_not_erased(
    centre, erase, document, erased_errands, laid_at_the_person
):
    laid_at_the_person(centre, document)
    before = errand(centre, STRANGERS)

    erase()

    assert STRANGERS not in erased_errands()
    assert errand(centre, STRANGERS) == before


def test_an_errand_of_unknown_writer_that_was_answered_to_two_people_is_not_erased_with_one(
    centre, erase, document, erased_errands
):
    to = [
        {"c3_id": 1, "email_address": STRANGER, "name": "Other"},
        {"c3_id": 2, "email_address": ADDRESS, "name": NAME},
    ]
    sample = document("callback_answer_errand")
    centre.store_callback(
        data.callback_of(sample, UNHEARD, answer=22, files=[], to=to, body="Dear both")
    )
    centre.bridge.file()

    erase()

    assert UNHEARD not in erased_errands()
    assert centre.bridge.rows("SELECT body_text FROM cention.answer WHERE answer_id = 22") == [
        {"body_text": "Dear both"}
    ]
    assert centre.bridge.rows(
        "SELECT address FROM cention.answer_recipient WHERE response_id = 220 ORDER BY recipient_id"
    ) == [{"address": STRANGER}, {"address": "[erased]"}]


@pytest.mark.parametrize("written", [f"{NAME} <{ADDRESS}>", f"{ADDRESS} ({ADDRESS})", ADDRESS])
def test_an_exported_row_without_an_errand_id_loses_what_its_writer_wrote(centre, erase, written):
    export_row(centre, from_address=written)
    export_row(centre, from_address=f"Other <{STRANGER}>")

    erase()

    assert centre.bridge.rows(
        "SELECT from_address, question, answer FROM cention.exported_errand ORDER BY run_id"
    ) == [
        {"from_address": None, "question": None, "answer": None},
        {"from_address": f"Other <{STRANGER}>", "question": "Q", "answer": "A"},
    ]


def test_what_cention_said_of_a_message_that_the_person_sent_is_erased(centre, erase):
    by_sent_errand(centre, None)
    centre.bridge.execute(
        "UPDATE cention.sent_errand SET state = 'refused', errand_id = NULL,"
        " problem = 'the phone 070-1234567 is no address'"
    )

    erase()

    assert centre.bridge.rows("SELECT problem FROM cention.sent_errand") == [{"problem": None}]


@pytest.mark.parametrize("reviewer", ["Alva Kanin", "4712"])
def test_an_unreadable_rating_is_found_by_its_reviewer(centre, erase, reviewer):
    unreadable = data.rating_by(5, "Alva Kanin", 4712)
    unreadable["data"]["attributes"]["data"]["rating"] = "many"
    beside = copy.deepcopy(unreadable)
    beside["data"]["id"] = "6"
    beside["data"]["attributes"]["data"] |= {
        "ratingId": 6, "reviewerName": "Alva Kaninen", "reviewerId": 47120
    }  # fmt: skip
    beside["data"]["attributes"]["c3_id"] = 6
    centre.ratings |= {5: unreadable, 6: beside}
    centre.fetch_ratings(5, 6)
    landed = (
        "SELECT document FROM intake.landed WHERE family = 'facebook_ratings' AND remote_id = %s"
    )
    assert centre.bridge.rows("SELECT FROM cention.facebook_rating WHERE rating_id > 4") == []

    erase(reviewer)

    assert "Alva" not in json.dumps(centre.bridge.rows(landed, 5))
    assert centre.bridge.rows(landed, 6) == [{"document": beside}]


def test_a_rating_of_a_reviewer_with_a_similar_name_or_id_stays(centre, erase):
    centre.ratings |= {
        5: data.rating_by(5, "Alva Kanin", 4712),
        6: data.rating_by(6, "Alva Kaninen", 47120),
        7: data.rating_by(7, "alva kanin", 712),
    }
    centre.fetch_ratings(5, 6, 7)

    erase("Alva Kanin", "4712")

    assert centre.bridge.rows(
        "SELECT rating_id, reviewer_name FROM cention.facebook_rating WHERE rating_id > 4"
        " ORDER BY 1"
    ) == [
        {"rating_id": 5, "reviewer_name": None},
        {"rating_id": 6, "reviewer_name": "Alva Kaninen"},
        {"rating_id": 7, "reviewer_name": "alva kanin"},
    ]


def name_of_recipient(centre):
    centre.bridge.execute(
        "UPDATE cention.answer_recipient SET name = %s WHERE response_id = 10", ALIAS
    )


def name_in_report(centre):
    centre.bridge.execute(
        "UPDATE intake.landed SET document = jsonb_set("
        " document, '{data,attributes,basic,data,fromName}', to_jsonb(%s::text))"
        " WHERE family = 'errand_reports' AND remote_id = %s",
        ALIAS,
        WRITTEN,
    )


def name_of_errand(centre):
    centre.bridge.execute(
        "UPDATE cention.errand SET from_name = %s WHERE errand_id = %s", ALIAS, WRITTEN
    )


@pytest.mark.parametrize("place", [name_of_recipient, name_in_report, name_of_errand])
def test_a_name_of_the_writer_that_stands_in_one_place_goes_from_the_history(centre, place):
    """As of an erased errand that came back: nothing but the errand's number is known."""
    place(centre)
    other = "UPDATE cention.errand_action SET note = %s, origin = %s WHERE action_id = %s"
    centre.bridge.execute(other, f"{ALIAS} called.", ALIAS, WRITTEN * 100)
    centre.bridge.execute(other, "Alvar called.", "Alvar", WRITTEN * 100 + 1)
    centre.bridge.execute(
        "INSERT INTO intake.erased (workspace, family, remote_id)"
        " VALUES ('demo', 'errand_reports', %s)",
        WRITTEN,
    )

    retain(Retention(), session=centre.bridge.context.session)

    assert centre.bridge.rows(
        "SELECT note, origin FROM cention.errand_action WHERE action_id IN (%s, %s)"
        " ORDER BY action_id",
        WRITTEN * 100,
        WRITTEN * 100 + 1,
    ) == [{"note": None, "origin": None}, {"note": "Alvar called.", "origin": "Alvar"}]


def test_unreadable_documents_of_the_persons_own_keep_types_and_ids_only(centre, erase, document):
    """Where nothing can be read, a text may be anything, also under a name that is harmless."""
    sample = document("callback_answer_errand")
    odd = data.broken_callback(sample)
    odd["data"]["attributes"] |= {"agent": "Alva", "date": "on her birthday"}
    odd["data"]["id"] = "23"
    centre.store_callback(odd, problem="/data/attributes/event: must be a number")

    erase()

    documents = centre.bridge.rows(
        "SELECT document FROM intake.callback WHERE document #>> '{data,id}' = '23'"
        " UNION ALL SELECT document FROM intake.landed WHERE remote_id = %s",
        UNREADABLE,
    )
    assert len(documents) == 2
    kept = {name for row in documents for name, text in texts_of(row["document"]) if text}
    assert kept <= {"type", "id"}


def test_a_filed_callback_that_can_no_longer_be_read_keeps_types_and_ids_only(centre, erase):
    centre.bridge.execute(
        "UPDATE intake.callback SET problem = 'p', document = jsonb_set("
        " document, '{data,attributes,desc}', '\"Alva is ill\"')"
        " WHERE document #>> '{data,id}' = '1'"
    )
    centre.bridge.execute("UPDATE cention.answer_recipient SET address = NULL, name = NULL")
    centre.bridge.execute(
        "INSERT INTO intake.erased (workspace, family, remote_id)"
        " VALUES ('demo', 'errand_reports', %s)",
        WRITTEN,
    )

    retain(Retention(), session=centre.bridge.context.session)

    [row] = centre.bridge.rows(
        "SELECT document FROM intake.callback WHERE document #>> '{data,id}' = '1'"
    )
    assert {name for name, text in texts_of(row["document"]) if text} <= {"type", "id"}


def test_an_unreadable_report_that_comes_back_keeps_types_and_ids_only(centre, erase):
    erase()
    report = centre.reports[UNREADABLE]["data"]["attributes"]
    report["basic"]["data"] |= {"agent": "Alva", "date": "on her birthday"}
    centre.fetch(UNREADABLE)

    retain(Retention(), session=centre.bridge.context.session)

    [row] = centre.bridge.rows(
        "SELECT document FROM intake.landed WHERE remote_id = %s", UNREADABLE
    )
    assert {name for name, text in texts_of(row["document"]) if text} <= {"type", "id"}
