"""For any bytes in path, query, form and headers, the survey pages answer without a 500."""

from __future__ import annotations

import re
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.receiver.survey_links import TOKEN, invite, load

many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# What a head cannot hold at all is refused by the parser: line ends, and spaces in a target.
raw = st.binary(max_size=60).map(lambda some: re.sub(rb"[\r\n\0 \t]", b"", some))
encoded = st.binary(max_size=60).map(lambda some: quote(some).encode())
anything = raw | encoded
paths = st.one_of(
    st.just(b"/s/" + TOKEN.encode()),
    st.just(b"/s/" + TOKEN.encode() + b"/stop"),
    st.just(b"/survey/alvaria/demo"),
    anything.map(lambda some: b"/s/" + some),
    anything.map(lambda some: b"/survey/alvaria/" + some),
)
names = st.sampled_from((b"q", b"a", b"lang", b"sessionId", b"answer", b"version", b"end", b"stop"))
fields = st.lists(st.tuples(names | anything, anything), max_size=8).map(
    lambda pairs: b"&".join(name + b"=" + value for name, value in pairs)
)
types = st.sampled_from(
    (
        b"application/x-www-form-urlencoded",
        b"application/x-www-form-urlencoded; charset=utf-16",
        b"multipart/form-data; boundary=x",
        b"multipart/form-data; boundary=\xff\xfe",
        b"multipart/form-data",
        b"text/plain",
        b"\xff",
    )
)
parts = st.lists(st.binary(max_size=80), max_size=4).map(
    lambda many: (
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="answer"\r\n\r\n' + one + b"\r\n"
            for one in many
        )
        + b"--x--\r\n"
    )
)


@pytest.fixture(scope="module")
def invited(own_database):
    """A link to a survey."""
    load(own_database)
    invite(own_database)


@pytest.fixture(scope="module")
def surveyed(invited, module_receiver):
    """The served receiver, with a link to a survey."""
    return module_receiver.receiver


@many
@given(
    method=st.sampled_from((b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS")),
    path=paths,
    query=fields,
    body=fields | parts | st.binary(max_size=200),
    content_type=types,
    language=raw,
)
def test_any_request_is_answered_without_an_internal_error(
    surveyed, method, path, query, body, content_type, language
):
    head = b"%s %s?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" % (method, path, query)
    headers = b"Content-Type: %s\r\nAccept-Language: %s\r\n" % (content_type, language)

    answer = surveyed.send(head + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    assert answer[:9] == b"HTTP/1.1 "
    assert answer[9:12] in (b"200", b"303", b"308", b"400", b"404", b"405", b"413", b"422", b"429")
    assert b"Traceback" not in answer


@many
@given(text=st.text(max_size=100), position=st.integers(1, 4))
def test_any_text_is_kept_as_it_can_be_stored(surveyed, module_receiver, text, position):
    body = f"q={position}&answer=".encode() + quote(text.encode("utf-8", "surrogatepass")).encode()
    head = f"POST /s/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"

    answer = surveyed.send(head + form + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    assert answer[9:12] in (b"303", b"422")


def test_a_body_beyond_the_limit_is_refused_in_words_and_one_at_it_is_read(surveyed):
    def post(size):
        body = b"q=1&answer=" + b"x" * (size - 11)
        head = f"POST /s/{TOKEN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
        return surveyed.send(head + b"Content-Length: %d\r\n\r\n" % size + body)

    assert post(64 * 1024)[9:12] in (b"303", b"422")
    assert post(64 * 1024 + 1)[9:12] == b"413"
    assert post(11 * 2**20)[9:12] == b"413"
    assert b"too much text" in post(64 * 1024 + 1)


def test_a_form_that_ends_early_is_not_taken(surveyed, module_receiver):
    with psycopg.connect(module_receiver.database) as conn:
        before = conn.execute("SELECT count(*) FROM feedback.answer").fetchall()
    head = f"POST /s/{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()

    answer = surveyed.send(head + b"q=1&answer=9")

    assert answer[9:12] in (b"400", b"")
    with psycopg.connect(module_receiver.database) as conn:
        assert conn.execute("SELECT count(*) FROM feedback.answer").fetchall() == before
