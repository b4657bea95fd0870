"""Which bytes of a callback count."""

from __future__ import annotations

import pytest

from receiver.callback_size import ByteCount

BODY = rb'{"a":"\u003cb\/\\u0416\ud83d\ude00","b":"\n\"/"}'


def counted(*pieces):
    count = ByteCount()
    for piece in pieces:
        count.add(piece)
    return count.counted


@pytest.mark.parametrize(
    ("body", "bytes_"),
    [
        (rb"\u003c", 1),
        (rb"\u0416", 1),
        (rb"\ud83d\ude00", 2),
        (rb"\/", 1),
        (rb"\n\"", 4),
        ("Ж".encode(), 2),
        (b"abc", 3),
    ],
)
def test_an_escape_counts_as_one_byte_where_json_does_not_need_it(body, bytes_):
    assert counted(body) == bytes_


def test_it_makes_no_difference_where_a_body_is_cut():
    whole = counted(BODY)

    assert [counted(BODY[:cut], BODY[cut:]) for cut in range(len(BODY) + 1)] == [whole] * (
        len(BODY) + 1
    )
    assert counted(*(BODY[at : at + 1] for at in range(len(BODY)))) == whole
