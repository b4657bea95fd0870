"""However requests are cut on their way, they arrive as they were sent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.requests_in_pieces import bodies_of, chunked, plain


@settings(deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=40), max_size=4),
    framing=st.sampled_from([plain, chunked]),
    drawn=st.data(),
)
def test_a_stream_of_requests_may_be_cut_anywhere(bodies, framing, drawn):
    stream = b"".join(map(framing, bodies))
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(stream)), max_size=8)))

    assert bodies_of(stream, cuts) == bodies
