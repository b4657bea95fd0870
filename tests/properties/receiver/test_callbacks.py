"""Nothing that is sent to ``POST /callbacks/<workspace>`` causes an internal error."""

from __future__ import annotations

import copy
import json
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.any_json import any_json
from tests.support.receiver_app import PATH, refused

fixtures_may_stay = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


anything = any_json(st.floats(allow_nan=False, allow_infinity=False))


@fixtures_may_stay
@given(body=st.binary())
def test_any_bytes_are_refused_without_an_internal_error(client, body):
    assert client.post(PATH, data=body).status_code in (400, 401)


@fixtures_may_stay
@given(document=anything)
def test_any_json_without_the_secret_is_refused(client, document):
    response = client.post(PATH, data=json.dumps(document))

    assert refused(response, 401 if isinstance(document, dict) else 400)


@fixtures_may_stay
@given(document=st.dictionaries(st.text(), anything), data=anything, included=anything)
def test_any_json_with_the_secret_is_stored(client, stored, document, data, included):
    before = len(stored)
    parts = {"data": data, "included": included, "meta": {"api_secret": "123456"}}

    response = client.post(PATH, data=json.dumps(document | parts))

    assert response.status_code in (200, 422)
    assert len(stored) == before + 1
    json.dumps(stored[-1].document, ensure_ascii=False).encode()


@fixtures_may_stay
@given(path=st.integers(0, 2**32), value=anything)
def test_a_callback_with_any_member_replaced_by_anything_causes_no_internal_error(
    client, callback, path, value
):
    document = copy.deepcopy(callback)
    replace(document, random.Random(path), value)

    response = client.post(PATH, data=json.dumps(document))

    assert response.status_code in (200, 400, 401, 422)


def replace(parent, rng, value):
    """Replace some member, at some depth, by ``value``."""
    key = rng.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    if isinstance(parent[key], dict | list) and parent[key] and rng.random() < 0.8:
        replace(parent[key], rng, value)
    else:
        parent[key] = value
