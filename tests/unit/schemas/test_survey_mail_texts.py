"""``[rule.mail]`` of the rules file."""

from __future__ import annotations

import pytest

from schemas.surveys.rules import RulesError
from tests.support.surveys import rules_of

OWN = """\
[[rule]]
name = "csat"
basis = "existing customers"
event = "answered"
vendor = "{vendor}"
contact = "email"
after = "1h"
within = "7d"
[rule.mail]
{mail}
[rule.survey.own]
page = "p"
[[page]]
name = "p"
[[page.question]]
key = "nps"
kind = "nps"
text = {{ en = "?" }}
"""


def test_subject_and_body_are_texts_by_language():
    text = OWN.format(vendor="own", mail='subject = { sv = "Hej" }\nbody = { sv = "{link}" }')

    [rule] = rules_of(text).rules

    assert (rule.mail.subject, rule.mail.body) == ({"sv": "Hej"}, {"sv": "{link}"})


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ('body = { en = "Hello" }', "must have {link} exactly once"),
        ('body = { en = "{link} {link}" }', "must have {link} exactly once"),
        ('body = { en = "{link} {contact}" }', "unknown placeholder {contact}"),
        ('body = { en = "{link} {" }', "brace too many"),
        ('body = { english = "{link}" }', "is no language"),
        ('subject = { en = "{link}" }', "unknown placeholder {link}"),
        ('subject = { en = "a\\nb" }', "has a line break"),
        ('subjects = { en = "Hello" }', "is no key of this table"),
    ],
)
def test_each_mistake_says_what_to_write(mail, told):
    with pytest.raises(RulesError) as caught:
        rules_of(OWN.format(vendor="own", mail=mail))

    assert told in str(caught.value)


def test_a_vendor_that_writes_itself_takes_no_mail_texts():
    text = OWN.format(vendor="digidesk", mail='body = { en = "{link}" }')

    with pytest.raises(RulesError, match="is for centracx and own alone"):
        rules_of(text)
