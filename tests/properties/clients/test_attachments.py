from __future__ import annotations

import base64
import hashlib
import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chunks import cut, fetch_attachment


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 2_000) | st.integers(48_000, 50_500) | st.integers(0, 200_000),
    seed=st.integers(0, 2**32),
    line=st.sampled_from([0, 4, 64, 76]),
    escaped_slashes=st.booleans(),
    content_first=st.booleans(),
    name=st.text(max_size=50),
)
def test_every_file_arrives_as_it_was_however_the_network_cuts_it(
    size, seed, line, escaped_slashes, content_first, name
):
    chance = random.Random(seed)
    original = chance.randbytes(size)
    encoded = base64.b64encode(original).decode()
    if line:
        encoded = "\r\n".join(encoded[at : at + line] for at in range(0, len(encoded), line))
    members = [("content", encoded), ("name", name)]
    attachment = dict(members if content_first else reversed(members))
    text = json.dumps({"data": {"attributes": {"attachment": attachment}}})
    body = (text.replace("/", "\\/") if escaped_slashes else text).encode()
    places = [chance.randrange(len(body)) for _ in range(20)]

    with fetch_attachment(*cut(body, places)) as fetched:
        assert fetched.content.read() == original
        assert fetched.size_bytes == size
        assert fetched.sha256 == hashlib.sha256(original).digest()
        assert fetched.document == {
            "data": {"attributes": {"attachment": {**attachment, "content": None}}}
        }
