"""Which errands a rule is for: ``[rule.where]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.surveys.rule import Where
from workers.surveys.rules.errand_facts import ErrandFacts


class WhereCheck(NamedTuple):
    """One condition of ``[rule.where]``."""

    condition: str
    passed: bool
    value: Any
    limit: tuple[str, ...] | None  # None: not to be shown


def fits(facts: ErrandFacts, where: Where) -> bool:
    """Tell whether a rule is for an errand."""
    return all(check.passed for check in where_checks(facts, where))


def where_checks(facts: ErrandFacts, where: Where) -> Iterator[WhereCheck]:
    """Yield every condition of ``where`` that is set."""
    status = (facts.status_code or "").split(",")
    found: Mapping[str, tuple[Sequence[str | None], bool]] = {
        "channels": ((facts.channel,), True),
        "organisations": ((facts.organisation,), True),
        "areas": ((facts.area,), True),
        "agents": ((facts.agent,), True),
        "tags_any": (facts.tags, True),
        "tags_none": (facts.tags, False),
        "status_any": (status, True),
        "status_none": (status, False),
        "addresses_none": ((facts.contact,), False),
    }
    for condition, (values, wanted) in found.items():
        limit = getattr(where, condition)
        if limit is not None:
            present = any((value or "").strip().casefold() in limit for value in values)
            if condition == "addresses_none":  # addresses are nothing to show
                yield WhereCheck(condition, not present, present, None)
            else:
                yield WhereCheck(condition, present == wanted, tuple(filter(None, values)), limit)
