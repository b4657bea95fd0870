"""The rules file of surveys: read whole, or refused with every mistake and its line."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from schemas.surveys.questions import missing_texts, text_in
from schemas.surveys.rule import Contact, Event, Vendor
from schemas.surveys.rules import RulesError, read_document, read_rules
from schemas.surveys.theme import contrast, inert_svg, load_logo
from schemas.text.toml_mistakes import Mistake
from tests.support.surveys import RULES, brief, rules_of

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>'


def mistakes_in(text: str, *, can_create_errands: bool = True) -> list[Mistake]:
    with pytest.raises(RulesError) as caught:
        read_rules(text, read_file=lambda _: PNG, can_create_errands=can_create_errands)
    return list(caught.value.mistakes)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_example_is_read_to_the_letter():
    file = rules_of(RULES)

    [rule] = file.rules
    assert (rule.event, rule.contact) == (Event.ANSWERED, Contact.EMAIL)
    assert rule.vendors == (Vendor.DIGIDESK, Vendor.CUSTOMER_RADAR)
    assert (rule.after, rule.within) == (timedelta(hours=24), timedelta(days=7))
    assert (rule.hours, rule.days) == ((480, 1200), frozenset({0, 1, 2, 3, 4}))
    assert (rule.quiet_days, rule.again_after_days) == (30, 90)
    assert rule.where.areas == ("invoices",)
    assert rule.surveys_for("Invoices")[Vendor.DIGIDESK] == {"campaign": "My Survey Campaign"}
    assert rule.alert is not None
    assert (rule.alert.at_most, rule.alert.sender) == (6, "surveys@example.com")
    assert file.page("after-chat").questions[0].variable == "npsScore"
    assert file.imports == {"digidesk": {"Invitation": "reference", "Score": "nps"}}
    assert file.alvaria.page == "after-chat"
    assert file.centracx_survey == 2


def test_what_was_loaded_is_read_again_from_its_document():
    file = rules_of(RULES)

    assert read_document(file.document) == file


def test_an_empty_file_has_no_rules():
    assert rules_of("").rules == ()


def test_what_is_left_out_has_a_default():
    [rule] = rules_of(brief()).rules

    assert (rule.quiet_days, rule.sample_percent, rule.skip_if_cention_asked) == (30, 100, True)
    assert (rule.hours, rule.days, rule.per_day, rule.again_after_days) == (None,) * 4


def test_a_vendor_may_stand_alone_and_an_area_may_have_its_own_survey():
    [rule] = rules_of(RULES).rules

    assert rule.surveys_for(" VERKSTAD göteborg")[Vendor.DIGIDESK] == {"campaign": "Another"}
    assert Vendor.CUSTOMER_RADAR in rule.surveys_for("Verkstad Göteborg")
    alone = brief().replace('["digidesk", "customer_radar"]', '"digidesk"')
    [rule] = rules_of(alone.partition("[rule.survey.customer_radar]")[0]).rules
    assert rule.vendors == (Vendor.DIGIDESK,)


# Ten mistakes: what is written, what stands there instead, and what is said.
TEN = [
    ('after = "24h"', 'after = "24"', "must be a duration such as 30s, 15m, 24h or 7d"),
    ('"08:00"', '"8 o\'clock"', "must be two times of the day"),
    ('"fri"]', '"friday"]', "must be one of: mon, tue"),
    ("sample_percent = 100", "sample_percent = 101", "must be a number above 0, at most 100"),
    ("quiet_days", "quite_days", "is no key of this table; write one of: after"),
    ('pom = "7547"', "pom = 7547", "must be a text that is not empty"),
    ("{score}", "{scores}", "has an unknown placeholder {scores}; known are {score}"),
    ('kind = "choice"', 'kind = "choices"', "must be one of: nps, csat"),
    ('"nps"\n\n[alv', '"npx"\n\n[alv', "must be one of: reference"),
    ("survey = 2", 'survey = "two"', "must be a whole number"),
]


def test_a_file_with_ten_mistakes_reports_ten_with_their_lines():
    text = RULES
    for right, wrong, _ in TEN:
        assert text.count(right) == 1
        text = text.replace(right, wrong)

    found = mistakes_in(text)

    assert len(found) == 10
    for (_, wrong, detail), mistake in zip(TEN, found, strict=True):
        if "import" in mistake.place:  # of a table of columns, its heading or the column
            assert abs(mistake.line - line_of(text, wrong)) <= 2
        else:
            assert mistake.line == line_of(text, wrong)
        assert detail in mistake.detail


@pytest.mark.parametrize(
    ("right", "wrong", "detail"),
    [
        ('basis = "existing', '#basis = "existing', "is missing; add it"),
        ('event = "answered"', 'event = "solved"', "must be one of: answered, closed"),
        ('"customer_radar"]', '"customer_rader"]', "must be one of: digidesk"),
        ('contact = "email"', 'contact = "fax"', "must be one of: email, mobile, either"),
        ('contact = "email"', 'contact = "mobile"', "customer_radar invites by mail alone"),
        ('within = "7d"', 'within = "24h"', "must be longer than after"),
        ('["08:00", "20:00"]', '["20:00", "08:00"]', "must begin before they end"),
        ('["08:00", "20:00"]', '["08:00"]', "must be two times of the day"),
        ("quiet_days = 30", "quiet_days = true", "must be a whole number from 0"),
        ("quiet_days = 30", "per_day = 0", "must be a whole number from 1"),
        ("quiet_days = 30", 'skip_if_cention_asked = "no"', "must be true or false"),
        ("quiet_days = 30", 'language = "klingon"', "must be one of: en, sv"),
        ('areas = ["Invoices"]', "areas = []", "must be a list that is not empty"),
        ('areas = ["Invoices"]', 'areas = ["A", "A"]', "names something twice"),
        ('areas = ["Invoices"]', 'area = ["A"]', "is no key of this table"),
        ("[rule.survey.customer_radar]", "[rule.survey.centracx]", "is no key of this table"),
        ('campaign = "My', '#campaign = "My', "is missing; add it"),
        ("at_most = 6", "at_most = 10", "must be from 0 to 9 for nps"),
        ('from = "surveys@example.com"', "", "is missing; add it"),
        ('from = "surveys@example.com"', 'from = "us"', "must be an address"),
        ("{comment} (", "{comment (", "has a brace too many"),
        ("{comment} (", "{comment!r} (", "has an unknown placeholder"),
        (
            'text = { en = "How did',
            'text = { english = "How did',
            "english: is no language; write one",
        ),
        ('    { key = "phone"', '    { key = "mail"', "have the same key twice"),
        ('key = "channel"', 'key = "nps"', "has two questions of the key nps"),
        ('kind = "choice"', 'kind = "text"', "belong to questions of kind choice only"),
        ('colour = "#1f4e79"\n', 'colour = "#eeeeee"\n', "has a contrast of 1."),
        ('colour = "#1f4e79"\n', 'colour = "blue"\n', "must be a colour such as"),
        ('"Invitation" = "reference"', "", 'needs one column that is the "reference"'),
        ('page = "after-chat"\nerr', 'page = "before"\nerr', "there is no [[page]] with the name"),
        ("[centracx]", "[centrax]", "is no key of this table"),
        (
            '    { key = "phone", text = { en = "By phone" } },\n',
            "",
            "needs at least two [[page.question.options]]",
        ),
        ('key = "channel"', 'key = "1st"', "must be letters, digits, - or _"),
        ('{ en = "How did you reach us?" }', '"How?"', "must be texts by language, such as"),
        ("quiet_days = 30", 'expires_after = "0s"', "must be longer than 0s"),
        (
            'campaign = "Another"\n',
            'campaign = "A"\n[rule.survey_by_area."VERKSTAD Göteborg".digidesk]\ncampaign = "B"\n',
            "names an area twice; case makes no difference",
        ),
        ('areas = ["Invoices"]', 'own_domains = ["a@b.example"]', "must be a domain such as"),
        (
            '[import.digidesk]\n"Invitation" = "reference"\n"Score" = "nps"\n',
            "[import]\ndigidesk = 7\n",
            "must name columns, such as",
        ),
        ('"My Survey Campaign"', f'"{"x" * 251}"', "is 251 characters long; at most 250"),
        ('kind = "nps"\nat_most', "at_most", "kind: is missing; add it"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(right, wrong, detail):
    assert RULES.count(right) == 1

    found = mistakes_in(RULES.replace(right, wrong))

    assert detail in "\n".join(map(str, found))
    assert all(1 <= mistake.line <= RULES.count("\n") for mistake in found)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (brief() + '[[page]]\nname = "p"\nquestion = []\n', "needs at least one [[page.question]]"),
        (brief(more="survey_by_area = 7"), "must be a table"),
        (
            brief(more="survey_by_area = { Returns = { digidesk = { campaign = 7 } } }"),
            "must be a text that is not empty",
        ),
    ],
)
def test_a_table_of_another_form_is_told(text, detail):
    [found] = mistakes_in(text)

    assert detail in found.detail


def test_a_logo_is_read_again_from_the_document_without_its_file():
    text = RULES.replace("[theme]", '[theme]\nlogo = "logo.png"')
    file = read_rules(text, read_file=lambda _: PNG, can_create_errands=True)

    again = read_document(file.document)

    assert again == file
    assert again.document["theme"]["logo"].startswith("data:image/png;base64,")


def test_a_name_that_is_given_twice_is_told_at_the_second():
    [found] = mistakes_in(brief("csat") + brief("csat"))

    assert found.place == "rule[2].name"
    assert found.line == brief().count("\n") + 2


def test_a_page_that_a_rule_asks_for_must_be_there():
    text = brief().replace('"customer_radar"]', '"own"]').partition("[rule.survey.cust")[0]

    [found] = mistakes_in(text + '[rule.survey.own]\npage = "after-answer"\n')

    assert "there is no [[page]] with the name 'after-answer'" in found.detail


def test_a_vendor_without_a_survey_and_a_survey_without_a_vendor_are_mistakes():
    text = brief().replace("[rule.survey.digidesk]\ncampaign", "[rule.survey.centracx]\nid = 1\n#")

    found = [mistake.detail for mistake in mistakes_in(text)]

    assert any("digidesk has no survey" in detail for detail in found)
    assert any("centracx is not among the vendors" in detail for detail in found)


def test_an_alert_needs_a_token_for_errands():
    [found] = mistakes_in(RULES, can_create_errands=False)

    assert "CENTION_TOKEN_CREATE_ERRAND" in found.detail
    assert found.line == line_of(RULES, "[rule.alert]")


def test_what_is_no_toml_is_told_with_its_line():
    [found] = mistakes_in('[[rule]]\nname = "x"\nafter = = 3\n')

    assert (found.line, found.place) == (3, "file")


@pytest.mark.parametrize(
    "text", ["rule = 3", "rule = [1]", "page = {}", "theme = 1", "import = []"]
)
def test_a_value_where_a_table_belongs_is_a_mistake(text):
    assert mistakes_in(text)


def test_missing_translations_are_noted_and_replaced():
    notes = list(missing_texts(rules_of(RULES).pages))

    assert notes[0].startswith("Page after-chat, question nps: no text in fi, nb, da, de;")
    assert '"How likely are you to recommend us?" is shown instead' in notes[0]
    assert text_in("fi", {"sv": "Hej", "da": "Hej hej"}) == "Hej"
    assert text_in("xx", {"pl": "Witaj"}) == "Witaj"


def test_the_logo_is_read_when_the_file_is():
    text = RULES.replace("[theme]", '[theme]\nlogo = "logo.png"')

    file = read_rules(text, read_file={"logo.png": PNG}.__getitem__, can_create_errands=True)

    assert file.theme.logo == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert read_document(file.document).theme == file.theme


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"GIF89a", "must be a file in PNG or SVG"),
        (b"<html/>", "must be a file in PNG or SVG"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>', "DOCTYPE"),
        (PNG + b"x" * 20 * 1024, "at most 20480 (20 KiB) are allowed"),
    ],
)
def test_a_file_that_is_no_logo_is_refused(content, detail):
    with pytest.raises(ValueError, match=r"."):
        load_logo("logo", lambda _: content)
    text = RULES.replace("[theme]", '[theme]\nlogo = "logo.png"')
    with pytest.raises(RulesError) as caught:
        read_rules(text, read_file=lambda _: content, can_create_errands=True)
    [found] = caught.value.mistakes
    assert detail in found.detail
    assert found.line == line_of(text, "logo =")


def test_a_logo_that_is_missing_is_told():
    with pytest.raises(RulesError, match="cannot be read: No such file"):
        rules_of(RULES.replace("[theme]", '[theme]\nlogo = "logo.png"'))


def test_an_svg_is_made_inert():
    active = SVG.replace(
        b"<rect",
        b'<script>alert(1)</script><a href="https://x.example"/><use href="#a"/>'
        b'<rect onclick="alert(1)" fill="url(https://x.example)"/><foreignObject/>'
        b"<style>@import 'x'</style><rect fill=\"url(#a)\"",
    )

    made = inert_svg(active).decode()

    for part in ("script", "onclick", "x.example", "foreignObject", "@import"):
        assert part not in made
    assert 'href="#a"' in made
    assert 'fill="url(#a)"' in made


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_survey_with_a_mistake_is_not_said_to_be_missing():
    text = brief().replace("campaign =", "campagn =")

    told = [(one.line, one.place) for one in mistakes_in(text)]

    line = line_of(text, "[rule.survey.digidesk]")
    assert told == [
        (line, "rule[1].survey.digidesk.campaign"),
        (line + 1, "rule[1].survey.digidesk.campagn"),
    ]


def test_every_mistake_of_a_list_or_a_table_is_told_at_its_own_line():
    text = """\
page = [
    { name = "p", question = [
        { key = "q", kind = "nps", text = { en = 1, "x y" = "z" } },
        { key = "r", kind = "odd", text = { en = "R" } },
    ] },
]
[import.digidesk]
Invitation = "reference"
Score = "score"
Comment = "text"
"""

    assert [(one.line, one.place) for one in mistakes_in(text)] == [
        (3, "page[1].question[1].text.en"),
        (3, "page[1].question[1].text.x y"),
        (4, "page[1].question[2].kind"),
        (9, "import.digidesk.Score"),
        (10, "import.digidesk.Comment"),
    ]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('basis = "existing customers"', 'basis = "a\\u0000b"'),
        ('name = "csat"', 'name = "a\\u001b[31m"'),
        ('campaign = "Campaign"', 'campaign = "a\\nb"'),
    ],
)
def test_a_text_that_no_database_or_vendor_takes_is_a_mistake(right, wrong):
    [mistake] = mistakes_in(brief().replace(right, wrong))

    assert mistake.detail.endswith("control character; remove it")


def test_a_text_of_several_lines_may_have_them():
    text = brief().replace('basis = "existing customers"', 'basis = """\none\n\ttwo\n"""')

    assert rules_of(text).rules[0].basis == "one\n\ttwo\n"


@pytest.mark.parametrize(
    "columns",
    ['A = "reference"', 'A = "reference"\nB = "answered_at"\nC = "answered_at"\nD = "nps"'],
)
def test_columns_that_no_import_would_take_are_a_mistake(columns):
    [mistake] = mistakes_in(f"[import.digidesk]\n{columns}\n")

    assert (mistake.line, mistake.place) == (1, "import.digidesk")


def test_brackets_without_end_are_no_toml():
    [mistake] = mistakes_in("a = " + "[" * 100_000)

    assert mistake.place == "file"
