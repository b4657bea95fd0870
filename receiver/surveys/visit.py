"""One request for a survey page: its language, its look, its links, and the page in answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from flask import Response, render_template, request

from receiver.surveys.language import Texts, choose, spoken, texts_in
from receiver.surveys.look import Look, look_of
from receiver.surveys.storage import Survey
from schemas.surveys.questions import LANGUAGES
from schemas.surveys.theme import DEFAULT, Theme

KEPT = ("sessionId", "lang")  # in every link from one page to another
# What not every page has: the question it shows, what was typed, and links to other pages.
OPTIONAL = dict.fromkeys(("shown", "typed", "stop_url", "survey_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request, and how it is answered."""

    query: Mapping[str, str] = field(repr=False)
    texts: Texts
    look: Look

    def url(self, **query: object) -> str:
        """Return a relative link to the same path: it holds whatever a proxy does to paths."""
        kept = {name: self.query[name] for name in KEPT if name in self.query}
        named = {name: value for name, value in query.items() if value is not None}
        return _relative(quote(request.path.rpartition("/")[2]), kept | named)

    def beside(self, path: str) -> str:
        """Return a relative link to another path, in the same language."""
        return _relative(path, {"lang": self.query["lang"]} if "lang" in self.query else {})

    def go(self, **query: object) -> Response:
        """Return the redirection after a form: to a page that may be loaded again."""
        return Response(status=303, headers={"Location": self.url(**query)})

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page."""
        html = render_template(
            f"survey/{template}.html",
            visit=self,
            t=self.texts,
            look=self.look,
            site=self.look.name or self.texts("survey"),
            names=[(name, texts_in(name)("name")) for name in LANGUAGES],
            **OPTIONAL | values,
        )
        response = Response(html, status=status, mimetype="text/html")
        response.headers["Content-Security-Policy"] = self.look.css_source  # see pages._guard
        return response

    def message(self, name: str, *, status: int = 200, **values: object) -> Response:
        """Return a page of one heading and one paragraph."""
        title = self.texts(f"{name}_title")
        return self.page(
            "message", status=status, title=title, text=self.texts(f"{name}_text", **values)
        )


def _relative(path: str, query: Mapping[str, object]) -> str:
    return f"./{path}?{urlencode(query)}" if query else f"./{path}"


def visit_of(query: Mapping[str, str], survey: Survey | None) -> Visit:
    """Return this request: in the language that the customer, the rule or the browser names."""
    wanted = [query.get("lang")]
    theme = DEFAULT
    if survey is not None:
        wanted.append(survey.session.language if survey.session is not None else None)
        wanted.append(survey.link.rule_language if survey.link is not None else None)
        theme = survey.rules.theme if survey.rules is not None else DEFAULT
    return _visit(query, wanted, theme)


def _visit(query: Mapping[str, str], wanted: Iterable[str | None], theme: Theme) -> Visit:
    language = choose(wanted, request.accept_languages.values())
    known = {name: value for name, value in query.items() if name != "lang" or spoken(value)}
    return Visit(query=known, texts=texts_in(language), look=look_of(theme))
