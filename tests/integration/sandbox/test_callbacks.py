"""Answer callbacks: their contents, and that they are sent until they are accepted."""

from __future__ import annotations

import pytest

from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually


def answer(cention, **body):
    return cention.control("callbacks", {"errand_id": cention.new_errand(), **body})


def first_body(receiver):
    return eventually(lambda: receiver.bodies)[0]


def of_type(body, type_):
    return [one for one in body["included"] if one["type"] == type_]


def test_a_callback_contains_the_answer_with_its_errand_recipient_and_service(
    cention_with_callbacks, receiver, document
):
    sample = document("callback_answer_errand")
    expected = answer(cention_with_callbacks)

    body = first_body(receiver)

    assert body["data"]["type"] == sample["data"]["type"] == "c3_callback_answer_errands"
    assert body["data"]["id"] == str(expected["callback_id"])
    assert body["data"]["attributes"] == {"event": 1}
    [errand] = of_type(body, "c3_answer_errands")
    assert body["data"]["relationships"]["errand"]["data"]["id"] == errand["id"]
    assert errand["id"] == str(expected["errand_id"])
    assert errand["attributes"]["answer"]["c3_id"] == expected["answer_id"]
    [theirs] = of_type(sample, "c3_answer_errands")
    response = errand["attributes"]["answer"]["response"]
    assert response["c3_id"] == expected["response_id"]
    assert response.keys() == theirs["attributes"]["answer"]["response"].keys()
    assert errand["attributes"]["service"].keys() == theirs["attributes"]["service"].keys()
    assert receiver.media_types == ["application/vnd.api+json"]


def test_the_secret_is_in_the_body(cention_with_callbacks, receiver):
    answer(cention_with_callbacks)

    assert first_body(receiver)["meta"] == {"api_secret": "sandbox-callback-secret"}


def test_without_a_secret_there_is_no_meta_at_all(receiver):
    with sandbox_server(callback_url=receiver.url, callback_secret="") as cention:
        answer(cention)

        assert "meta" not in first_body(receiver)


def test_files_are_in_relationships_and_in_included_and_can_be_fetched(
    cention_with_callbacks, receiver
):
    expected = answer(cention_with_callbacks, attachments=3, archives=1)

    body = first_body(receiver)

    [errand] = of_type(body, "c3_answer_errands")
    linked = errand["relationships"]
    assert [int(one["id"]) for one in linked["attachments"]["data"]] == expected["attachments"]
    assert [int(one["id"]) for one in linked["embedded_archives"]["data"]] == expected["archives"]
    assert len(of_type(body, "c3_response_attachments")) == 3
    for one in body["included"]:
        if one["type"] != "c3_answer_errands":
            assert cention_with_callbacks.api(f"{one['type']}/{one['id']}").status_code == 200


def test_an_answer_without_files_has_no_relationships(cention_with_callbacks, receiver):
    answer(cention_with_callbacks)

    [errand] = of_type(first_body(receiver), "c3_answer_errands")
    assert "relationships" not in errand


def test_existing_files_can_be_attached(cention_with_callbacks, receiver):
    file = cention_with_callbacks.control("attachments", {"bytes": 10})

    expected = answer(cention_with_callbacks, files=[{"type": file["type"], "id": file["id"]}])

    assert expected["attachments"] == [file["id"]]
    assert len(of_type(first_body(receiver), "c3_response_attachments")) == 1


def links_of_files(receiver):
    return [
        one.get("links", {}).get("self")
        for one in of_type(first_body(receiver), "c3_response_attachments")
    ]


def test_every_file_has_a_link_object_to_localhost(cention_with_callbacks, receiver):
    answer(cention_with_callbacks, attachments=6)

    hrefs = [link["href"] for link in links_of_files(receiver)]

    assert len(hrefs) == 6
    assert all(href.startswith("http://localhost/capi/json/") for href in hrefs)


def test_odd_links_are_objects_or_strings_or_absent(receiver):
    with sandbox_server(callback_url=receiver.url, odd_links=True) as cention:
        answer(cention, attachments=6)

        links = links_of_files(receiver)

    assert (
        sorted(type(link).__name__ for link in links)
        == ["NoneType"] * 2 + ["dict"] * 2 + ["str"] * 2
    )


def test_the_order_of_included_is_random(cention_with_callbacks, receiver):
    for _answer in range(8):
        answer(cention_with_callbacks, attachments=3)
    eventually(lambda: len(receiver.bodies) == 8)

    places = {
        [one["type"] for one in body["included"]].index("c3_answer_errands")
        for body in receiver.bodies
    }

    assert len(places) > 1


def test_ids_of_callbacks_grow(cention_with_callbacks, receiver):
    expected = [answer(cention_with_callbacks)["callback_id"] for _answer in range(5)]

    assert expected == sorted(set(expected))


@pytest.mark.parametrize("refusal", [503, 401, 204, 302])
def test_a_callback_is_sent_again_until_it_is_answered_200(
    cention_with_callbacks, receiver, refusal
):
    receiver.answers.append(refusal)
    expected = answer(cention_with_callbacks)

    eventually(lambda: len(receiver.bodies) == 2)

    assert [body["data"]["id"] for body in receiver.bodies] == [str(expected["callback_id"])] * 2
    stats = eventually(lambda: accepted(cention_with_callbacks, 1))
    assert stats["outcomes"] == {str(refusal): 1, "200": 1}


def test_a_callback_without_an_answer_stays_in_the_queue():
    with sandbox_server(callback_url="http://127.0.0.1:9/callbacks/demo") as cention:
        answer(cention)

        stats = eventually(lambda: failed(cention))

    assert (stats["accepted"], stats["waiting"]) == (0, 1)


def test_the_expected_state_says_which_callbacks_were_accepted(cention_with_callbacks, receiver):
    expected = answer(cention_with_callbacks)
    eventually(lambda: accepted(cention_with_callbacks, 1))

    state = cention_with_callbacks.control("truth")["callbacks"][str(expected["callback_id"])]

    assert state == {**expected, "tries": 1, "accepted": True, "last_status": 200}


def test_without_a_callback_url_the_control_route_answers_with_an_error(cention):
    url = f"{cention.root}/sandbox/callbacks"

    response = cention.session.post(url, json={"errand_id": cention.new_errand()}, timeout=10)

    assert response.status_code == 400
    assert "--callback-url" in response.json()["error"]


def accepted(cention, count):
    stats = cention.control("stats")["callbacks"]
    return stats if stats["accepted"] == count else None


def failed(cention):
    stats = cention.control("stats")["callbacks"]
    return stats if "no answer" in stats["outcomes"] else None
