"""Senders in every form in which programs and persons write them."""

from __future__ import annotations

import time

import pytest

from schemas.mails.sender import read_sender

ANN = "ann@c.example"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (ANN, ""),
        (f"<{ANN}>", ""),
        (f"Ann <{ANN}>", "Ann"),
        (f"{ANN} (Ann A)", "Ann A"),
        (f"{ANN} (Ann (VD) A)", "Ann (VD) A"),
        (f'"Ann" {ANN}', "Ann"),
        (f"Ann {ANN}", "Ann"),
        (f"Ann <{ANN}", "Ann"),
        (f"<{ANN}> Ann", "Ann"),
        (f"Ann [{ANN}]", "Ann"),
        (f"Ann ({ANN})", "Ann"),
        (f"Ann [mailto:{ANN}]", "Ann"),
        (f"'Berg, Anna' <{ANN}>", "Berg, Anna"),
        (f"Berg, Anna <{ANN}>", "Berg, Anna"),
        (f"Berg, Anna (IT) <{ANN}>", "Berg, Anna (IT)"),
        (f"Company, Inc. <{ANN}>", "Company, Inc."),
        (f"Ann; VD <{ANN}>", "Ann; VD"),
        (f"Ann: VD <{ANN}>", "Ann: VD"),
        (f"Dr. Ann A. <{ANN}>", "Dr. Ann A."),
        (f"Ann <{ANN}>, Bo <bo@c.example>", "Ann"),
        (f"Ann <{ANN}> <bo@c.example>", "Ann"),
        (f"{ANN}, bo@c.example", ""),
        (f"{ANN}; bo@c.example", ""),
        (f'"Ann <x>" <{ANN}>', "Ann <x>"),
        (f'"Ann <bo@c.example>" <{ANN}>', "Ann <bo@c.example>"),
        (f"Ann (of <bo@c.example>) <{ANN}>", "Ann (of <bo@c.example>)"),
        (f"Ann@Home <{ANN}>", "Ann@Home"),
        (f"Ann @ Kund AB <{ANN}>", "Ann @ Kund AB"),
        (f"{ANN} <{ANN}>", ""),
        (f"'{ANN}' <{ANN}>", ""),
        (f"'{ANN}'", ""),
        (f'"{ANN}"', ""),
        (f"=?utf-8?Q?Berg,_Anna?= <{ANN}>", "Berg, Anna"),
        (f'"=?utf-8?Q?Berg=2C_Anna?=" <{ANN}>', "Berg, Anna"),
        ("=?utf-8?Q?Ann_=3Cann=40c.example=3E?=", "Ann"),
        ("Ann <=?utf-8?Q?ann=40c.example?=>", "Ann"),
        ("ann @ c.example", ""),
        ("Ann < ann @ c . example >", "Ann"),
        (f"Ann <{ANN}>;", "Ann"),
        (f"Ann <<{ANN}>>", "Ann"),
        (f"Ann <mailto:{ANN}>", "Ann"),
        (f"Ann <MAILTO:{ANN}?subject=x>", "Ann"),
        (f"Ann <smtp:{ANN}>", "Ann"),
        (f"mailto:{ANN}", ""),
        (f"Ann (a <{ANN}>", "Ann (a"),
        (f'Ann "A <{ANN}>', 'Ann "A'),
        (f'"Ann \\"Annie\\" A" <{ANN}>', 'Ann "Annie" A'),
        (f"Ann\\, A <{ANN}>", "Ann, A"),
        (f"Undisclosed: {ANN};", ""),
        (f"Friends: Ann <{ANN}>, Bo <bo@c.example>;", "Ann"),
        (f"Ann <{ANN}.>", "Ann"),
        (f"<@relay.example:{ANN}>", ""),
        (f"Ann <{ANN}> (work)", "Ann"),
        (f"{ANN} Precedence: bulk", ""),
        (f"{'(' * 1500} <{ANN}>", ""),
        (f"Åsa Öberg, VD <{ANN}>", "Åsa Öberg, VD"),
    ],
)
def test_the_address_in_angles_counts_and_a_comma_belongs_to_the_name(header, name):
    sender = read_sender(header)

    assert (sender.address, sender.name) == (ANN, name)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("O'Hara <o'hara@c.example>", "o'hara@c.example"),
        ("Åsa <åsa@exämple.example>", "åsa@exämple.example"),
        ('Ann <"a b"@c.example>', '"a b"@c.example'),
        ("Ann <ann@[192.0.2.1]>", "ann@[192.0.2.1]"),
        ("Ann <ANN@C.Example>", "ANN@C.Example"),
        ("Ann <ann+shop/x=1@c.example>", "ann+shop/x=1@c.example"),
    ],
)
def test_an_unusual_address_is_kept_as_it_is(header, address):
    assert read_sender(header).address == address


@pytest.mark.parametrize(
    "header",
    ["", "Ann", "MAILER-DAEMON <>", "Ann <>", '"x" <"/O=ORG/OU=EX/CN=ANN">', "Ann <ann at c>",
     "ann@@c.example", "a@b@c.example", "@", "<@>", "@c.example", "ann@", "Ann <ann@>"],
)  # fmt: skip
def test_what_has_no_address_with_an_at_sign_is_no_sender(header):
    assert read_sender(header) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["(", ")", "<", ">", '"', "\\", "'", "@", "a@", "<a@", " @", "(a)", '"\\', "=?a?q?", "=?a?q?=",
     "a ", "a", ":;", "[", "x <", "<mailto:", ",", "a@b,", "\0"],
)  # fmt: skip
def test_no_sender_takes_long(piece):
    header = piece * (200_000 // len(piece))
    begun = time.process_time()

    read_sender(header)
    read_sender(header + " <a@b.example>")

    assert time.process_time() - begun < 2
