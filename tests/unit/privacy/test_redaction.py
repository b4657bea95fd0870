"""What stays of a document about a person."""

from __future__ import annotations

from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.rules.redaction import author_of, is_own, mentions, redact_mentions, redact_own

PERSON = PersonMatcher("a@b.org", ["Anna Berg"])


def test_a_document_of_the_persons_own_keeps_ids_numbers_times_and_the_centres_names():
    document = {
        "type": "c3_errand_reports",
        "id": "33",
        "number": 7,
        "closed": True,
        "none": None,
        "date": "2015/07/16 20:47",
        "areaName": "Support",
        "service": {"name": "Form"},
        "desc": "High",
    }

    assert redact_own(document, PERSON) == document


def test_a_document_of_the_persons_own_loses_every_other_text_also_of_members_we_do_not_know():
    document = {"fromName": "Anna Berg", "phone": "070", "to": [{"name": "Anna"}], "list": ["x"]}

    assert redact_own(document, PERSON) == {
        "fromName": "",
        "phone": "",
        "to": [{"name": ""}],
        "list": [""],
    }


def test_history_goes_only_where_it_speaks_of_the_person():
    document = [{"note": "Opened by agent Beth"}, {"note": "Mail of Anna Berg", "origin": "Beth"}]

    assert redact_own(document, PERSON) == [
        {"note": "Opened by agent Beth"},
        {"note": "", "origin": "Beth"},
    ]


def test_that_there_was_an_answer_stays_countable():
    assert redact_own({"Answer": "fine", "value": 0}, PERSON) == {"Answer": "[erased]", "value": 0}
    assert redact_own({"Answer": ""}, PERSON) == {"Answer": ""}


def test_a_body_goes_whatever_it_is():
    assert redact_own({"body": {"n": 1}, "html_body": None}, PERSON) == {
        "body": "",
        "html_body": None,
    }


def test_in_a_document_that_could_not_be_read_nothing_but_types_and_ids_is_trusted():
    document = {"type": "t", "id": "1", "status": "Anna", "note": "n", "service": {"name": "x"}}

    assert redact_own(document, PERSON, strict=True) == {
        "type": "t",
        "id": "1",
        "status": "",
        "note": "",
        "service": {"name": ""},
    }


def test_names_of_members_can_hold_the_address():
    assert mentions({"a@b.org": 1}, PERSON)
    assert redact_mentions({"a@b.org": 1}, PERSON) == {"[erased]": 1}
    assert redact_own({"a@b.org": 1}, PERSON) == {"[erased]": 1}


def test_somebody_elses_document_loses_address_and_name_but_no_name_of_the_centre():
    document = {"body": "Anna Berg <a@b.org>", "areaName": "Anna Berg", "agent": "a@b.org"}

    assert redact_mentions(document, PERSON) == {
        "body": "[erased] <[erased]>",
        "areaName": "Anna Berg",
        "agent": "[erased]",
    }


def test_a_document_nested_too_deep_to_be_looked_through_goes_as_a_whole():
    document: object = "a@b.org"
    for _ in range(5000):
        document = [document]

    assert redact_own(document, PERSON) is None
    assert redact_mentions(document, PERSON) is None
    assert mentions(document, PERSON)


def test_a_document_is_the_persons_if_nobody_else_wrote_it():
    assert is_own({"fromAddress": "A@B.org", "toAddresses": ["x@y.org"]}, PERSON)
    assert not is_own({"fromAddress": "x@y.org", "body": "a@b.org"}, PERSON)
    assert is_own({"odd": "a@b.org"}, PERSON)


def test_an_answer_is_the_persons_if_nobody_else_got_it():
    assert is_own({"to": [{"email_address": "a@b.org"}]}, PERSON)
    assert not is_own({"to": [{"email_address": "a@b.org"}, {"email_address": "x@y.org"}]}, PERSON)


def test_a_document_tells_who_wrote_it():
    found = author_of({"basic": {"fromAddress": "A@b.org", "fromName": "Anna"}})

    assert (found.address, found.names) == ("a@b.org", frozenset({"Anna"}))
    assert author_of({"fromAddress": 7}).address == ""
