"""Facebook ratings, whose dirty flag no client can set."""

from __future__ import annotations


def test_an_empty_list_of_changed_ratings_is_null(cention):
    assert cention.api("c3_dirty_facebook_ratings").json() == {"data": None}


def test_a_rating_is_dirty_until_it_is_fetched_and_again_when_it_changes(cention):
    rating_id = cention.new_rating()
    assert cention.dirty_ratings() == [rating_id]

    cention.api(f"c3_facebook_ratings/{rating_id}")
    assert cention.dirty_ratings() == []

    cention.control("ratings", {"rating_id": rating_id})
    assert cention.dirty_ratings() == [rating_id]


def test_no_rating_can_be_marked_as_changed(cention):
    response = cention.api("c3_dirty_facebook_ratings", "POST", data='{"data": {}}')

    assert (response.status_code, response.json()["errors"][0]["status"]) == (405, "405")


def test_a_rating_has_the_fields_of_the_documented_sample_and_the_expected_values(
    cention, document
):
    sample = document("facebook_rating_3")["data"]["attributes"]
    rating_id = cention.new_rating()

    ours = cention.api(f"c3_facebook_ratings/{rating_id}").json()["data"]["attributes"]

    assert ours.keys() == sample.keys()
    assert ours["data"].keys() == sample["data"].keys()
    assert cention.control("truth")["ratings"][str(rating_id)] == {
        "version": 1,
        "dirty": False,
        **ours["data"],
    }


def test_reviewers_have_ids_beyond_32_bits_and_ratings_may_be_missing(cention):
    cention.control("ratings", {"count": 60})

    ratings = cention.control("truth")["ratings"].values()

    assert all(rating["reviewerId"] > 2**32 for rating in ratings)
    assert {None, 0, 5} <= {rating["rating"] for rating in ratings}
    assert {None, ""} <= {rating["message"] for rating in ratings}
