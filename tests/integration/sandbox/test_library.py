"""The library of the sandbox: Cention's shapes, filters and quirks."""

from __future__ import annotations

import base64

import pytest

EVERYWHERE = (
    "c3_libraries",
    "c3_external_libraries",
    "c3_library_categories",
    "c3_library_questions",
)


@pytest.fixture
def library_state(cention):
    return lambda: cention.control("truth/library")


def read(cention, path, **query):
    answer = cention.api(path, params=query)
    assert answer.status_code == 200
    return answer.json()


def ids(document):
    return [int(one["id"]) for one in document["data"] or []]


def containers(library_state, type_="c3_libraries", **like):
    return [
        one
        for one in library_state()["shelves"]
        if one["type"] == type_ and all(one[name] == value for name, value in like.items())
    ]


def with_images(library_state):
    return next(one for one in library_state()["questions"] if one["archives"])


def with_files(library_state):
    return next(one for one in library_state()["questions"] if one["attachments"])


def test_only_libraries_of_the_top_level_are_in_data_the_others_are_included(
    cention, library_state
):
    document = read(cention, "c3_libraries")

    assert ids(document) == [one["id"] for one in containers(library_state, top_level=True)]
    included = {int(o["id"]) for o in document["included"] if o["type"] == "c3_libraries"}
    assert included == {one["id"] for one in containers(library_state, top_level=False)}


def test_external_libraries_lack_the_flag_and_are_also_included_as_plain_libraries(
    cention, library_state
):
    document = read(cention, "c3_external_libraries")

    [outside] = containers(library_state, external=True)
    [primary] = document["data"]
    assert (primary["id"], "external" in primary["attributes"]) == (str(outside["id"]), False)
    assert {"libraries", "categories"} <= set(primary["relationships"])
    [again] = [
        one
        for one in document["included"]
        if (one["type"], one["id"]) == ("c3_libraries", primary["id"])
    ]
    assert again["attributes"]["external"] is True
    assert "categories" not in again["relationships"]


def test_the_graph_has_cycles_through_the_categories(cention, library_state):
    [old] = containers(library_state, "c3_library_categories", name="old_libraries")

    alone = read(cention, f"c3_library_categories/{old['id']}")

    [retail] = containers(library_state, top_level=True)
    held = {one["id"] for one in alone["data"]["relationships"]["libraries"]["data"]}
    assert str(retail["id"]) in held
    [back] = [
        one
        for one in alone["included"]
        if (one["type"], one["id"]) == ("c3_libraries", str(retail["id"]))
    ]
    assert str(old["id"]) in {c["id"] for c in back["relationships"]["categories"]["data"]}


def test_a_category_in_the_list_of_libraries_has_no_links_back_to_them(cention, library_state):
    [old] = containers(library_state, "c3_library_categories", name="old_libraries")

    document = read(cention, "c3_libraries")

    [copy] = [
        one
        for one in document["included"]
        if (one["type"], one["id"]) == ("c3_library_categories", str(old["id"]))
    ]
    held = {one["id"] for one in copy["relationships"]["libraries"]["data"]}
    assert held.isdisjoint(map(str, ids(document)))


def test_the_order_of_included_resources_is_random(cention):
    orders = {
        tuple((one["type"], one["id"]) for one in read(cention, "c3_libraries")["included"])
        for _ in range(8)
    }

    assert len(orders) > 1
    assert len({frozenset(order) for order in orders}) == 1


def test_an_empty_relationship_is_omitted(cention, library_state):
    bare = next(one for one in library_state()["questions"] if not one["attachments"])

    document = read(cention, f"c3_library_questions/{bare['id']}")

    assert "relationships" not in document["data"]


def test_links_lead_to_another_host_and_only_included_resources_have_one(cention, library_state):
    question = with_files(library_state)

    document = read(cention, f"c3_library_questions/{question['id']}")

    assert "links" not in document["data"]
    assert document["links"]["self"]["href"].startswith("http://localhost/capi/json/")
    [file] = document["included"]
    assert file["links"]["self"]["href"].startswith("http://localhost/capi/json/")
    assert set(file["attributes"]["attachment"]) == {"c3_id", "content_type", "name"}


@pytest.mark.parametrize("type_", EVERYWHERE)
def test_one_resource_is_found_by_its_id_and_an_unknown_one_is_404(cention, type_):
    number = ids(read(cention, type_))[0]

    assert read(cention, f"{type_}/{number}")["data"]["id"] == str(number)
    assert cention.api(f"{type_}/1").status_code == 404


def test_the_questions_of_a_library_are_filtered_as_all_are(cention, library_state):
    cention.control("library/change", {"kind": "promote", "count": 5})
    top = {one["id"] for one in library_state()["questions"] if one["toplist"]}
    assert top
    for container in containers(library_state):
        held = {number for type_, number in container["holds"] if type_ == "c3_library_questions"}

        path = f"c3_libraries/{container['id']}/questions"
        document = read(cention, path, **{"filter[toplist]": "true"})
        none = read(cention, path, **{"q_filter[phrase]": "zzz"})

        assert (set(ids(document)), none["data"]) == (held & top, None)


def test_the_questions_of_a_library_are_listed_and_an_empty_list_is_null(cention, library_state):
    [retail] = containers(library_state, top_level=True)
    cention.control("library/change", {"kind": "build", "count": 9})
    empty = next(
        one
        for one in containers(library_state, top_level=False)
        if not any(type_ == "c3_library_questions" for type_, _ in one["holds"])
    )

    held = read(cention, f"c3_libraries/{retail['id']}/questions")
    none = read(cention, f"c3_libraries/{empty['id']}/questions")

    assert [["c3_library_questions", number] for number in ids(held)] == [
        one for one in retail["holds"] if one[0] == "c3_library_questions"
    ]
    assert none == {"data": None}
    assert read(cention, "c3_libraries/1/questions") == {"data": None}


def test_the_top_list_is_a_filter(cention, library_state):
    cention.control("library/change", {"kind": "promote", "count": 5})

    document = read(cention, "c3_library_questions", **{"filter[toplist]": "true"})

    assert ids(document) == [one["id"] for one in library_state()["questions"] if one["toplist"]]
    assert len(ids(read(cention, "c3_library_questions"))) == len(library_state()["questions"])


@pytest.mark.parametrize("option", ["all", "question", "answer"])
def test_a_phrase_is_searched_in_the_chosen_part(cention, library_state, option):
    phrase = "hello"
    parts = {
        "question": lambda one: one["subject"] + one["question"],
        "answer": lambda one: one["answer"],
        "all": lambda one: one["subject"] + one["question"] + one["answer"],
    }
    cention.control("library/change", {"kind": "ask", "count": 20})

    query = {"q_filter[phrase]": phrase, "q_filter[option]": option}
    document = read(cention, "c3_library_questions", **query)

    assert ids(document) == [
        one["id"] for one in library_state()["questions"] if phrase in parts[option](one).lower()
    ]


def test_a_phrase_is_cut_at_its_first_comma_and_without_a_match_data_is_null(cention):
    cut = read(cention, "c3_library_questions", **{"q_filter[phrase]": "e,zzz"})
    none = read(cention, "c3_library_questions", **{"q_filter[phrase]": "zzz"})

    assert ids(cut)
    assert none == {"data": None}


def test_images_are_embedded_in_the_html_on_request(cention, library_state):
    question = with_images(library_state)
    path = f"c3_library_questions/{question['id']}"

    plain = read(cention, path)["data"]["attributes"]["answer"]
    inline = read(cention, path, data_url="true")["data"]["attributes"]["answer"]

    assert "data:image/" not in plain
    assert ";base64," in inline


@pytest.mark.parametrize(
    ("below", "key", "type_"),
    [
        ("attachments", "attachments", "c3_library_attachments"),
        ("embedded_archives", "archives", "c3_area_archives"),
    ],
)
def test_files_are_listed_and_fetched_with_their_content_or_without(
    cention, library_state, below, key, type_
):
    question = next(one for one in library_state()["questions"] if one[key])
    path = f"c3_library_questions/{question['id']}/{below}"

    listed = read(cention, path)
    bare = read(cention, path, without_content="true")
    single = read(cention, f"{type_}/{question[key][0]['id']}")
    named = read(cention, f"{type_}/{question[key][0]['id']}", without_content="true")

    assert ids(listed) == ids(bare) == [one["id"] for one in question[key]]
    content = single["data"]["attributes"]["attachment"]["content"]
    assert len(base64.b64decode(content)) == question[key][0]["size_bytes"]
    assert listed["data"][0]["attributes"]["attachment"]["content"] == content
    for document in (bare["data"][0], named["data"]):
        assert "content" not in document["attributes"]["attachment"]
    assert cention.api(f"{type_}/1").status_code == 404
    assert read(cention, f"c3_library_questions/1/{below}") == {"data": None}


@pytest.mark.parametrize(
    "kind",
    [
        *("ask", "edit", "empty", "remove", "return", "move"),
        *("attach", "detach", "embed", "promote", "build", "demolish"),
    ],
)
def test_each_kind_of_change_changes_the_library(cention, library_state, kind):
    cention.control("library/change", {"kind": "remove"})
    before = library_state()

    cention.control("library/change", {"kind": kind, "count": 7})

    assert library_state() != before


def test_the_list_of_an_empty_library_is_null(cention, library_state):
    cention.control("library/change", {"kind": "remove", "count": 5})

    assert library_state()["questions"] == []
    assert read(cention, "c3_library_questions") == {"data": None}


def test_faults_are_injected_into_the_library_too(cention):
    cention.control("faults", {"error_500": {"probability": 1}})

    assert cention.api("c3_libraries").status_code == 500
    assert cention.api("c3_libraries", headers={}).status_code == 401
