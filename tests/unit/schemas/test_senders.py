"""A sender is an address to which an answer can be sent."""

from __future__ import annotations

import pytest

from schemas.cention.errand_orders import attributes_of_closing, attributes_of_order, read_order
from schemas.cention.errands import ErrandAnswer
from schemas.cention.senders import is_address
from schemas.errors import DocumentError


@pytest.mark.parametrize(
    "text",
    [
        "ann@customer.example",
        "ann+shop@kund",
        "rené.o'hara@exämple.example",
        '"ann berg"@customer.example',
        "ann@[192.0.2.1]",
        "+46 70-123 45 67",
        "46701234567",
        "(08) 123 456",
        "71000",
        "12345@facebook.com",
        "centionvk-cc-12345",
        "centionline-c12345",
    ],
)
def test_an_address_or_a_number_is_a_sender(text):
    assert is_address(text)
    assert read_order({"msg": {"from": text, "subject": "x"}}).errand.from_address == text


@pytest.mark.parametrize(
    "text",
    [
        "foo",
        "n/a",
        "-",
        " ",
        "@",
        "ann@",
        "@customer.example",
        "ann@.",
        "-@-",
        "ann@customer..example",
        "ann@customer.example.",
        "ann@@customer.example",
        "ann at customer.example",
        "ann @customer.example",
        " ann@customer.example",
        "Ann <ann@customer.example>",
        "<ann@customer.example>",
        "mailto:ann@customer.example",
        "ann@customer.example, bo@customer.example",
        "ann@customer.example;bo@customer.example",
        "ann@customer.example\n",
        "ann@customer.example\u200b",
        "ann\x1b[31m@customer.example",
        "12",
        "+",
        "4.67012E+10",
        "+46701234567 (mobile)",
        "centionvk-",
    ],
)
def test_what_cannot_be_answered_is_no_sender(text):
    assert not is_address(text)
    with pytest.raises(DocumentError) as raised:
        read_order({"msg": {"from": text, "subject": "x"}})
    assert [fault.pointer for fault in raised.value.faults] == ["/msg/from"]


def test_a_very_long_text_is_judged_at_once():
    assert not is_address('"' + "a" * 200_000)
    assert not is_address("1" * 200_000 + "x")
    assert not is_address("a@" + "b." * 100_000)


@pytest.mark.parametrize("kind", ["foo", "agent", "cention ", "cention,solidus"])
def test_an_unknown_kind_of_user_is_a_fault(kind):
    answer = {"user_type": kind, "user_id": "5", "body": "x"}

    with pytest.raises(DocumentError, match="must be one of: cention, solidus, clearinteract"):
        read_order({"msg": {"from": "ann@customer.example"}, "answer": answer})
    with pytest.raises(DocumentError, match="must be one of: cention, solidus, clearinteract"):
        attributes_of_closing(7, ErrandAnswer(user_type=kind, user_id="5"))


@pytest.mark.parametrize("kind", ["cention", "solidus", "clearinteract", "CENTION"])
def test_a_known_kind_of_user_is_taken_in_any_case(kind):
    closing = attributes_of_closing(7, ErrandAnswer(user_type=kind, user_id="5"))

    assert closing["answer"]["user_type"] == kind


def test_a_known_kind_of_user_is_sent_in_the_case_that_cention_has():
    answer = {"user_type": "Cention", "user_id": "5", "body": "x"}

    order = read_order({"msg": {"from": "ann@customer.example"}, "answer": answer})

    assert attributes_of_order(order)["answer"]["user_type"] == "cention"
