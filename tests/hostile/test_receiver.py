"""For any body, the running receiver answers without a 500 and loses no document."""

from __future__ import annotations

import time

import psycopg
import pytest
import requests
from hypothesis import HealthCheck, given, settings

from receiver import canonical_json
from receiver.authentication import Secrets
from receiver.callback_size import ARRIVING_MAX_BYTES, COUNTED_MAX_BYTES
from tests.hostile.strategies import bodies
from tests.integration.receiver.receiver_process import SECRET
from tests.support.eventually import eventually

WITHIN_S = 2.0


def is_stored(served, body):
    fingerprint = canonical_json.canonicalise(
        canonical_json.read_body(body), Secrets([SECRET])
    ).sha256
    query = "SELECT problem IS NOT NULL FROM intake.callback WHERE body_sha256 = %s"
    with psycopg.connect(served.database, autocommit=True) as conn:
        return eventually(lambda: conn.execute(query, (fingerprint,)).fetchall(), within_s=15)


def post(served, body):
    began = time.perf_counter()
    response = requests.post(f"{served.receiver.url}/callbacks/demo", data=body, timeout=30)
    return response, time.perf_counter() - began


@settings(
    max_examples=80,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(body=bodies("callback_answer_errand", secret=SECRET))
def test_a_body_is_stored_or_refused_and_answered_soon(module_receiver, body):
    response, took_s = post(module_receiver, body)

    assert response.status_code in (200, 400, 401, 422)
    if response.status_code in (200, 422):
        assert is_stored(module_receiver, body) == [(response.status_code == 422,)]
    if response.status_code == 400:
        with pytest.raises(canonical_json.InvalidBody):
            canonical_json.canonicalise(canonical_json.read_body(body), Secrets([SECRET]))
    assert took_s < WITHIN_S


PREFIX = b'{"meta":{"api_secret":"' + SECRET.encode() + b'"},"data":{"type":"x"},"x":'


FILLINGS = {
    "text": lambda _: b'"' + b"x" * (COUNTED_MAX_BYTES - 200) + b'"',
    "escapes": lambda _: b'"' + b"\\u0000" * ((COUNTED_MAX_BYTES - 200) // 6) + b'"',
    "letters": lambda _: b'"' + b"\\u003c" * ((ARRIVING_MAX_BYTES - 200) // 6) + b'"',
    "large numbers": lambda _: b"[" + b",".join([b"9" * 4000] * 1000) + b"]",
    "numbers": lambda many: b"[" + b",".join([b"1"] * many) + b"]",
    "lists": lambda many: b"[" + b"[]," * (many // 2) + b'"\\ud800"]',
    "objects": lambda many: b"[" + b"{}," * (many // 2) + b"{}]",
    "members": lambda many: b"{" + b",".join(b'"%d":0' % n for n in range(many)) + b"}",
}
CROWDS = ("numbers", "lists", "objects", "members")


@pytest.mark.parametrize("name", FILLINGS)
def test_the_largest_bodies_are_stored(module_receiver, name):
    body = PREFIX + FILLINGS[name](canonical_json.MAX_VALUES - 10) + b"}"
    assert len(body) <= ARRIVING_MAX_BYTES

    response, took_s = post(module_receiver, body)

    assert response.status_code == 200
    assert took_s < 5 * WITHIN_S


@pytest.mark.parametrize("name", CROWDS)
def test_a_body_of_too_many_values_is_refused_at_once(module_receiver, name):
    response, took_s = post(module_receiver, PREFIX + FILLINGS[name](700_000) + b"}")

    assert response.status_code == 400
    assert took_s < WITHIN_S
