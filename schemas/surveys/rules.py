"""The rules file of surveys, ``surveys.toml``: read whole, or refused with all its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError, fields

from schemas.surveys import values
from schemas.surveys.questions import Page, PageTable
from schemas.surveys.rule import MAX_ID, Rule, RuleTable, Vendor
from schemas.surveys.theme import DEFAULT, Theme, ThemeTable, load_logo
from schemas.surveys.values import Table, Value
from schemas.text.toml_lines import Path, line_index
from schemas.text.toml_mistakes import MistakesError, flat, located, parse

IMPORTED = ("reference", "answered_at", "nps", "csat", "ces", "stars", "choice", "comment")
IMPORT_VENDORS = ("digidesk", "customer_radar", "centracx", "alvaria")


class RulesError(MistakesError):
    """A rules file has mistakes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlvariaOptions:
    """What the chat script of Alvaria and we have agreed on."""

    page: str
    errand_key: str = "errand"  # in the JSON of the context: the errand's id
    language_key: str = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesFile:
    """A rules file without mistakes."""

    document: Mapping[str, Any] = field(repr=False)  # as JSON; its logo is a data URL
    rules: tuple[Rule, ...]
    pages: tuple[Page, ...]
    theme: Theme
    imports: Mapping[str, Mapping[str, str]]  # by vendor: column of its export -> our field
    alvaria: AlvariaOptions | None
    centracx_survey: int | None  # for links that no rule made

    def rule(self, name: str) -> Rule | None:
        """Return the rule of this name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def page(self, name: str) -> Page | None:
        """Return the page of this name."""
        return next((page for page in self.pages if page.name == name), None)


class AlvariaTable(Table):
    """``[alvaria]``."""

    page = Value(values.text(max_length=100), required=True)
    errand_key = Value(values.text(max_length=200))
    language_key = Value(values.text(max_length=200))


class CentracxLinksTable(Table):
    """``[centracx]``."""

    survey = Value(values.whole(1, MAX_ID), required=True)


class ImportsTable(Table):
    """``[import]``: one table per vendor."""

    digidesk = Value(lambda value: _columns(value))
    customer_radar = Value(lambda value: _columns(value))
    centracx = Value(lambda value: _columns(value))
    alvaria = Value(lambda value: _columns(value))


class RulesFileTable(Table):
    """The whole file."""

    rule = fields.List(
        fields.Nested(RuleTable),
        load_default=(),
        error_messages={"invalid": "must be written as [[rule]]"},
    )
    page = fields.List(
        fields.Nested(PageTable),
        load_default=(),
        error_messages={"invalid": "must be written as [[page]]"},
    )
    theme = fields.Nested(ThemeTable, load_default=DEFAULT)
    imports = fields.Nested(ImportsTable, data_key="import", load_default=dict)
    alvaria = fields.Nested(AlvariaTable, load_default=None)
    centracx = fields.Nested(CentracxLinksTable, load_default=None)


def read_rules(
    content: str, *, read_file: Callable[[str], bytes], can_create_errands: bool
) -> RulesFile:
    """Read a rules file.

    ``read_file`` returns the content of a file by its path, which may be relative to the rules
    file. ``can_create_errands`` tells whether there is a token for the errands of alerts. Raises
    ``RulesError`` with every mistake.
    """
    try:
        document = parse(content)
    except MistakesError as error:
        raise RulesError(error.mistakes) from None
    lines = line_index(content)
    faults = [*_embed_logo(document, read_file)]
    if not can_create_errands:
        faults += _alerts_without_token(document)
    return _read(document, lines, faults)


def read_document(document: Mapping[str, Any]) -> RulesFile:
    """Read a rules file that was loaded before. Raises ``RulesError``."""
    return _read(document, {}, [])


def _read(
    document: Mapping[str, Any], lines: Mapping[Path, int], faults: list[tuple[Path, str]]
) -> RulesFile:
    found: dict[str, Any] = {}
    try:
        found = RulesFileTable().load(document)
    except ValidationError as error:
        known = {path for path, _ in faults}
        faults += [one for one in flat(error.messages) if one[0] not in known]
    faults += _faults_between_tables(document)
    if faults:
        raise RulesError(located(faults, lines))
    alvaria, centracx = found["alvaria"], found["centracx"]
    return RulesFile(
        document=document,
        rules=tuple(found["rule"]),
        pages=tuple(found["page"]),
        theme=found["theme"],
        imports=found["imports"],
        alvaria=AlvariaOptions(**alvaria) if alvaria else None,
        centracx_survey=centracx["survey"] if centracx else None,
    )


def _embed_logo(
    document: dict[str, Any], read_file: Callable[[str], bytes]
) -> Iterator[tuple[Path, str]]:
    """Put the logo itself in place of its path; yield what is wrong with it."""
    theme = document.get("theme")
    if isinstance(theme, dict) and "logo" in theme:
        try:
            theme["logo"] = load_logo(theme["logo"], read_file)
        except ValueError as error:
            yield ("theme", "logo"), str(error)


def _alerts_without_token(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for at, rule in _tables(document, "rule"):
        if "alert" in rule:
            yield (
                ("rule", at, "alert"),
                "needs CENTION_TOKEN_CREATE_ERRAND: an alert is an errand that we create",
            )


def _faults_between_tables(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield names that are given twice, and pages that do not exist."""
    for kind in ("rule", "page"):
        seen: set[object] = set()
        for at, table in _tables(document, kind):
            name = table.get("name")
            if isinstance(name, str) and name in seen:
                yield (kind, at, "name"), f"{name!r} is the name of another {kind}; change one"
            seen.add(name if isinstance(name, str) else None)
    pages = {
        page.get("name") for _, page in _tables(document, "page") if _is_text(page.get("name"))
    }
    for path, name in _pages_asked_for(document):
        if _is_text(name) and name not in pages:
            yield path, f"there is no [[page]] with the name {name!r}; add it"


def _pages_asked_for(document: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    alvaria = document.get("alvaria")
    if isinstance(alvaria, dict):
        yield ("alvaria", "page"), alvaria.get("page")
    for at, rule in _tables(document, "rule"):
        general, by_area = rule.get("survey"), rule.get("survey_by_area")
        own = by_area.items() if isinstance(by_area, dict) else ()
        places: list[tuple[Path, Any]] = [(("rule", at, "survey"), general)]
        places += [(("rule", at, "survey_by_area", area), surveys) for area, surveys in own]
        for path, surveys in places:
            page = surveys.get(Vendor.OWN) if isinstance(surveys, dict) else None
            if isinstance(page, dict):
                yield (*path, "own", "page"), page.get("page")


def _tables(document: Mapping[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    found = document.get(name)
    for at, table in enumerate(found if isinstance(found, list) else ()):
        if isinstance(table, dict):
            yield at, table


def _columns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise ValueError('must name columns, such as "Invitation" = "reference"')
    values.read_each({column: column for column in value}, values.text())
    columns = values.read_each(value, values.one_of(IMPORTED))
    contents = list(columns.values())
    if contents.count("reference") != 1:
        raise ValueError('needs one column that is the "reference"')
    if contents.count("answered_at") > 1:
        raise ValueError('has two columns that are "answered_at"; remove one')
    if not {*contents} - {"reference", "answered_at"}:
        raise ValueError("needs a column with a score, a choice or a comment")
    return columns


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
