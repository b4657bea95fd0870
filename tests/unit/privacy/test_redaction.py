"""Documents about a person are redacted; ids, numbers and times stay."""

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


def test_a_document_of_the_persons_own_loses_every_other_text_also_of_unknown_members():
    document = {"fromName": "Anna Berg", "phone": "070", "to": [{"name": "Anna"}], "list": ["x"]}

    assert redact_own(document, PERSON) == {
        "fromName": "",
        "phone": "",
        "to": [{"name": ""}],
        "list": [""],
    }


def test_history_is_removed_only_where_it_mentions_the_person():
    document = [{"note": "Opened by agent Beth"}, {"note": "Mail of Anna Berg", "origin": "Beth"}]

    assert redact_own(document, PERSON) == [
        {"note": "Opened by agent Beth"},
        {"note": "", "origin": "Beth"},
    ]


def test_statistics_still_count_an_answer():
    assert redact_own({"Answer": "fine", "value": 0}, PERSON) == {"Answer": "[erased]", "value": 0}
    assert redact_own({"Answer": ""}, PERSON) == {"Answer": ""}


def test_a_body_is_removed_whatever_its_type():
    assert redact_own({"body": {"n": 1}, "html_body": None}, PERSON) == {
        "body": "",
        "html_body": None,
    }


def test_an_unreadable_document_keeps_only_types_and_ids():
    document = {"type": "t", "id": "1", "status": "Anna", "note": "n", "service": {"name": "x"}}

    assert redact_own(document, PERSON, strict=True) == {
        "type": "t",
        "id": "1",
        "status": "",
        "note": "",
        "service": {"name": ""},
    }


def test_the_address_is_redacted_in_names_of_members():
    assert mentions({"a@b.org": 1}, PERSON)
    assert redact_mentions({"a@b.org": 1}, PERSON) == {"[erased]": 1}
    assert redact_own({"a@b.org": 1}, PERSON) == {"[erased]": 1}


def test_a_document_of_another_person_loses_address_and_name_but_no_name_of_the_centre():
    document = {"body": "Anna Berg <a@b.org>", "areaName": "Anna Berg", "agent": "a@b.org"}

    assert redact_mentions(document, PERSON) == {
        "body": "[erased] <[erased]>",
        "areaName": "Anna Berg",
        "agent": "[erased]",
    }


def test_a_document_nested_too_deep_to_be_traversed_is_removed_whole():
    document: object = "a@b.org"
    for _ in range(5000):
        document = [document]

    assert redact_own(document, PERSON) is None
    assert redact_mentions(document, PERSON) is None
    assert mentions(document, PERSON)


def test_a_document_is_the_persons_own_if_no_one_else_wrote_it():
    assert is_own({"fromAddress": "A@B.org", "toAddresses": ["x@y.org"]}, PERSON)
    assert not is_own({"fromAddress": "x@y.org", "body": "a@b.org"}, PERSON)
    assert is_own({"odd": "a@b.org"}, PERSON)


def test_an_answer_is_the_persons_own_if_no_one_else_received_it():
    assert is_own({"to": [{"email_address": "a@b.org"}]}, PERSON)
    assert not is_own({"to": [{"email_address": "a@b.org"}, {"email_address": "x@y.org"}]}, PERSON)


def test_the_author_is_read_from_the_document():
    found = author_of({"basic": {"fromAddress": "A@b.org", "fromName": "Anna"}})

    assert (found.address, found.names) == ("a@b.org", frozenset({"Anna"}))
    assert author_of({"fromAddress": 7}).address == ""
