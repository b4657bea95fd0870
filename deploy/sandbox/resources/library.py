"""The library of the invented contact centre: questions in libraries and categories, in circles."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.sandbox.world.files import invent_file
from deploy.sandbox.world.records import AREA_ARCHIVES, FileKey
from deploy.sandbox.world.world import World

LIBRARIES = "c3_libraries"
CATEGORIES = "c3_library_categories"
QUESTIONS = "c3_library_questions"
ATTACHMENTS = "c3_library_attachments"

WORDS = (
    ("How do I return shoes?", "Send them back within <b>30 days</b>; a label is in the parcel."),
    ("Faktura & påminnelse", "<div>Fakturan är <i>obetald</i> i 10 dagar.</div><br/>"),
    ("Restart the broadband box", "<ol><li>Pull the plug</li><li>Wait a minute</li></ol>\n"),
    ("Opening hours", "Weekdays 8&ndash;17"),
    ("", "An answer without a subject, and a mangled character: \0"),
    ("Greeting", "Hello!"),
)
ASKED = (
    "",
    '<div dir="ltr">first HELP me!</div>\n',
    "2nd line<br/>",
    "Hur gör jag?",
    "1 < 2 & so on",
)


@dataclass(slots=True, kw_only=True)
class Shelf:
    """A library or a category: what is in it, by type and id."""

    type: str
    shelf_id: int
    name: str
    external: bool = False
    top_level: bool = False
    holds: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Question:
    """A question, its answer, its files and the images in its answer."""

    question_id: int
    subject: str
    question: str
    answer: str
    toplist: bool = False
    attachments: list[FileKey] = field(default_factory=list)
    archives: list[FileKey] = field(default_factory=list)


class Library:
    """Everything in the library; grows out of nothing the first time it is asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random(1)  # noqa: S311  # its own, so that it shifts nothing else
        self.shelves: dict[tuple[str, int], Shelf] = {}
        self.questions: dict[int, Question] = {}
        self.removed: list[tuple[Question, list[tuple[str, int]]]] = []
        self._begin()

    def change(self, kind: str | None = None) -> str:
        """Change something in the way ``kind`` names, or as chance has it; return which way."""
        chosen = kind or self.rng.choice(tuple(CHANGES))
        CHANGES[chosen](self)
        self.world.counts["library_changes"] += 1
        return chosen

    def add_shelf(
        self, type_: str, name: str, *, external: bool = False, top_level: bool = False
    ) -> Shelf:
        """Make an empty library or category."""
        shelf = Shelf(
            type=type_,
            shelf_id=self.world.ids.take(type_),
            name=name,
            external=external,
            top_level=top_level,
        )
        self.shelves[type_, shelf.shelf_id] = shelf
        return shelf

    def add_question(self, *shelves: Shelf) -> Question:
        """Make a question, and put it into ``shelves``."""
        subject, answer = self.rng.choice(WORDS)
        question = Question(
            question_id=self.world.ids.take(QUESTIONS),
            subject=subject,
            question=self.rng.choice(ASKED),
            answer=answer,
            toplist=self.rng.random() < 0.3,
        )
        self.questions[question.question_id] = question
        for shelf in shelves:
            shelf.holds.append((QUESTIONS, question.question_id))
        return question

    def attach(self, question: Question) -> None:
        """Give a question one more file."""
        question.attachments.append(self._file(ATTACHMENTS))

    def embed(self, question: Question) -> None:
        """Put one more image into the answer of a question."""
        key = self._file(AREA_ARCHIVES)
        question.archives.append(key)
        question.answer += f'<img alt="" src="archive/{key.file_id}"/>'

    def any_question(self) -> Question:
        """Return some question; makes one if there is none."""
        if not self.questions:
            return self.add_question(self.any_shelf())
        return self.rng.choice(list(self.questions.values()))

    def any_shelf(self) -> Shelf:
        """Return some library or category; makes one if there is none."""
        if not self.shelves:
            return self.add_shelf(LIBRARIES, "Nordkust Retail - Deliveries", top_level=True)
        return self.rng.choice(list(self.shelves.values()))

    def remove(self, type_: str, number: int) -> None:
        """Take a thing out of everything that holds it."""
        for shelf in self.shelves.values():
            shelf.holds = [held for held in shelf.holds if held != (type_, number)]

    def holders(self, type_: str, number: int) -> list[tuple[str, int]]:
        """Return the shelves that hold a thing."""
        return [key for key, shelf in self.shelves.items() if (type_, number) in shelf.holds]

    def _file(self, type_: str) -> FileKey:
        key = FileKey(type_, self.world.ids.take(type_))
        self.world.files[key] = invent_file(key, size_bytes=None, rng=self.rng)
        return key

    def _begin(self) -> None:
        """Make a first library whose parts name each other in circles, one of them external."""
        retail = self.add_shelf(LIBRARIES, "Nordkust Retail - Deliveries", top_level=True)
        below = self.add_shelf(LIBRARIES, "Nordkust Retail - Returns & refunds")
        outside = self.add_shelf(LIBRARIES, "Nordkust - for customers", external=True)
        old = self.add_shelf(CATEGORIES, "old_libraries")
        greeting = self.add_shelf(CATEGORIES, "greeting")
        retail.holds = [(CATEGORIES, old.shelf_id), (CATEGORIES, greeting.shelf_id)]
        old.holds = [(LIBRARIES, shelf.shelf_id) for shelf in (below, outside, retail)]
        greeting.holds = [(CATEGORIES, old.shelf_id)]
        outside.holds = [(LIBRARIES, below.shelf_id), (CATEGORIES, old.shelf_id)]
        for shelves in ((retail,), (below,), (below, outside), (outside, greeting), (greeting,)):
            self.add_question(*shelves)
        first, second, *_ = self.questions.values()
        self.attach(first)
        self.attach(second)
        self.embed(second)


def _edit(library: Library) -> None:
    question = library.any_question()
    _, words = library.rng.choice(WORDS)
    images = "".join(f'<img alt="" src="archive/{key.file_id}"/>' for key in question.archives)
    question.answer = f"{words} ({library.rng.randrange(10_000)}){images}"


def _empty(library: Library) -> None:
    library.any_question().question = ""


def _remove(library: Library) -> None:
    question = library.any_question()
    holders = library.holders(QUESTIONS, question.question_id)
    library.removed.append((question, holders))
    library.remove(QUESTIONS, question.question_id)
    del library.questions[question.question_id]


def _return(library: Library) -> None:
    if not library.removed:
        return
    question, holders = library.removed.pop()
    library.questions[question.question_id] = question
    for key in holders:
        if key in library.shelves:
            library.shelves[key].holds.append((QUESTIONS, question.question_id))


def _move(library: Library) -> None:
    question = library.any_question()
    library.remove(QUESTIONS, question.question_id)
    library.any_shelf().holds.append((QUESTIONS, question.question_id))


def _detach(library: Library) -> None:
    question = library.any_question()
    question.attachments = question.attachments[1:]


def _promote(library: Library) -> None:
    question = library.any_question()
    question.toplist = not question.toplist


def _build(library: Library) -> None:
    type_ = library.rng.choice((LIBRARIES, CATEGORIES))
    shelf = library.add_shelf(type_, f"new {library.rng.randrange(1000)}", external=False)
    held = library.any_shelf()
    library.any_shelf().holds.append((type_, shelf.shelf_id))
    shelf.holds.append((held.type, held.shelf_id))


def _demolish(library: Library) -> None:
    below = [key for key, shelf in library.shelves.items() if not shelf.top_level]
    if below:
        key = library.rng.choice(below)
        library.remove(*key)
        del library.shelves[key]


CHANGES: Mapping[str, Callable[[Library], object]] = {
    "ask": lambda library: library.add_question(library.any_shelf()),
    "edit": _edit,
    "empty": _empty,
    "remove": _remove,
    "return": _return,
    "move": _move,
    "attach": lambda library: library.attach(library.any_question()),
    "detach": _detach,
    "embed": lambda library: library.embed(library.any_question()),
    "promote": _promote,
    "build": _build,
    "demolish": _demolish,
}
