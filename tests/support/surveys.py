"""A rules file, and the texts of others made from it."""

from __future__ import annotations

from schemas.surveys.rules import RulesFile, read_rules

RULES = """\
[[rule]]
name = "csat-after-answer"
basis = "existing customers, objection possible in every message"
event = "answered"
vendor = ["digidesk", "customer_radar"]
contact = "email"
after = "24h"
within = "7d"
hours = ["08:00", "20:00"]
days = ["mon", "tue", "wed", "thu", "fri"]
sample_percent = 100
quiet_days = 30
again_after_days = 90
[rule.where]
areas = ["Invoices"]
tags_none = ["no survey"]
[rule.survey.digidesk]
campaign = "My Survey Campaign"
[rule.survey.customer_radar]
programme = "1cf1"
location = "1cf2"
pom = "7547"
[rule.survey_by_area."Verkstad Göteborg".digidesk]
campaign = "Another"
[rule.alert]
kind = "nps"
at_most = 6
from = "surveys@example.com"
subject = "Score {score} in {area}"
body = "{comment} ({display_id})"

[[page]]
name = "after-chat"
[[page.question]]
key = "nps"
kind = "nps"
variable = "npsScore"
text = { en = "How likely are you to recommend us?", sv = "Hur troligt är det?" }
[[page.question]]
key = "channel"
kind = "choice"
text = { en = "How did you reach us?" }
options = [
    { key = "mail", text = { en = "By mail" } },
    { key = "phone", text = { en = "By phone" } },
]

[theme]
name = "Nordkust"
colour = "#1f4e79"
text_colour = "#ffffff"

[import.digidesk]
"Invitation" = "reference"
"Score" = "nps"

[alvaria]
page = "after-chat"
errand_key = "errand"
language_key = "language"

[centracx]
survey = 2
"""

BRIEF = """\
[[rule]]
name = "{name}"
basis = "existing customers"
event = "answered"
vendor = ["digidesk", "customer_radar"]
contact = "email"
after = "1h"
within = "7d"
{more}
[rule.survey.digidesk]
campaign = "Campaign"
[rule.survey.customer_radar]
programme = "p"
location = "l"
"""


def brief(name: str = "csat", more: str = "", tables: str = "") -> str:
    """Return a rules file of one rule, with more keys and tables of it."""
    return BRIEF.format(name=name, more=more) + tables


def rules_of(text: str) -> RulesFile:
    """Read a rules file that names no other file."""
    return read_rules(text, read_file=_no_file, can_create_errands=True)


def _no_file(path: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", path)
