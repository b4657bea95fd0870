"""The library: questions in libraries and categories, which may contain each other in cycles."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.sandbox.world.files import make_file
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
QUESTION_TEXTS = (
    "",
    '<div dir="ltr">first HELP me!</div>\n',
    "2nd line<br/>",
    "Hur gör jag?",
    "1 < 2 & so on",
)


@dataclass(slots=True, kw_only=True)
class Container:
    """A library or a category."""

    type: str
    container_id: int
    name: str
    external: bool = False
    top_level: bool = False
    children: list[tuple[str, int]] = field(default_factory=list)  # by type and id


@dataclass(slots=True, kw_only=True)
class Question:
    """A question with its answer, its files, and the images in the answer."""

    question_id: int
    subject: str
    question: str
    answer: str
    toplist: bool = False
    attachments: list[FileKey] = field(default_factory=list)
    archives: list[FileKey] = field(default_factory=list)


class Library:
    """The containers and questions of the library."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random(1)  # noqa: S311  # its own, so that other choices stay the same
        self.containers: dict[tuple[str, int], Container] = {}
        self.questions: dict[int, Question] = {}
        self.removed: list[tuple[Question, list[tuple[str, int]]]] = []
        self._begin()

    def change(self, kind: str | None = None) -> str:
        """Make a change of ``kind``, or of a random kind; return the kind."""
        chosen = kind or self.rng.choice(tuple(CHANGES))
        CHANGES[chosen](self)
        self.world.counts["library_changes"] += 1
        return chosen

    def add_container(
        self, type_: str, name: str, *, external: bool = False, top_level: bool = False
    ) -> Container:
        """Create an empty library or category."""
        container = Container(
            type=type_,
            container_id=self.world.ids.take(type_),
            name=name,
            external=external,
            top_level=top_level,
        )
        self.containers[type_, container.container_id] = container
        return container

    def add_question(self, *containers: Container) -> Question:
        """Create a question in ``containers``."""
        subject, answer = self.rng.choice(WORDS)
        question = Question(
            question_id=self.world.ids.take(QUESTIONS),
            subject=subject,
            question=self.rng.choice(QUESTION_TEXTS),
            answer=answer,
            toplist=self.rng.random() < 0.3,
        )
        self.questions[question.question_id] = question
        for container in containers:
            container.children.append((QUESTIONS, question.question_id))
        return question

    def attach(self, question: Question) -> None:
        """Add a file to a question."""
        question.attachments.append(self._file(ATTACHMENTS))

    def embed(self, question: Question) -> None:
        """Add an image to the answer of a question."""
        key = self._file(AREA_ARCHIVES)
        question.archives.append(key)
        question.answer += f'<img alt="" src="archive/{key.file_id}"/>'

    def any_question(self) -> Question:
        """Return a random question; create one if there is none."""
        if not self.questions:
            return self.add_question(self.any_container())
        return self.rng.choice(list(self.questions.values()))

    def any_container(self) -> Container:
        """Return a random library or category; create one if there is none."""
        if not self.containers:
            return self.add_container(LIBRARIES, "Nordkust Retail - Deliveries", top_level=True)
        return self.rng.choice(list(self.containers.values()))

    def remove(self, type_: str, number: int) -> None:
        """Remove an element from all its parents."""
        for container in self.containers.values():
            container.children = [child for child in container.children if child != (type_, number)]

    def parents_of(self, type_: str, number: int) -> list[tuple[str, int]]:
        """Return the containers of an element."""
        return [
            key
            for key, container in self.containers.items()
            if (type_, number) in container.children
        ]

    def _file(self, type_: str) -> FileKey:
        key = FileKey(type_, self.world.ids.take(type_))
        self.world.files[key] = make_file(key, size_bytes=None, rng=self.rng)
        return key

    def _begin(self) -> None:
        """Create the initial containers, which contain each other in cycles; one is external."""
        retail = self.add_container(LIBRARIES, "Nordkust Retail - Deliveries", top_level=True)
        below = self.add_container(LIBRARIES, "Nordkust Retail - Returns & refunds")
        outside = self.add_container(LIBRARIES, "Nordkust - for customers", external=True)
        old = self.add_container(CATEGORIES, "old_libraries")
        greeting = self.add_container(CATEGORIES, "greeting")
        retail.children = [(CATEGORIES, old.container_id), (CATEGORIES, greeting.container_id)]
        old.children = [
            (LIBRARIES, container.container_id) for container in (below, outside, retail)
        ]
        greeting.children = [(CATEGORIES, old.container_id)]
        outside.children = [(LIBRARIES, below.container_id), (CATEGORIES, old.container_id)]
        for containers in ((retail,), (below,), (below, outside), (outside, greeting), (greeting,)):
            self.add_question(*containers)
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
    parents_of = library.parents_of(QUESTIONS, question.question_id)
    library.removed.append((question, parents_of))
    library.remove(QUESTIONS, question.question_id)
    del library.questions[question.question_id]


def _return(library: Library) -> None:
    if not library.removed:
        return
    question, parents_of = library.removed.pop()
    library.questions[question.question_id] = question
    for key in parents_of:
        if key in library.containers:
            library.containers[key].children.append((QUESTIONS, question.question_id))


def _move(library: Library) -> None:
    question = library.any_question()
    library.remove(QUESTIONS, question.question_id)
    library.any_container().children.append((QUESTIONS, question.question_id))


def _detach(library: Library) -> None:
    question = library.any_question()
    question.attachments = question.attachments[1:]


def _promote(library: Library) -> None:
    question = library.any_question()
    question.toplist = not question.toplist


def _build(library: Library) -> None:
    type_ = library.rng.choice((LIBRARIES, CATEGORIES))
    container = library.add_container(type_, f"new {library.rng.randrange(1000)}", external=False)
    child = library.any_container()
    library.any_container().children.append((type_, container.container_id))
    container.children.append((child.type, child.container_id))


def _demolish(library: Library) -> None:
    below = [key for key, container in library.containers.items() if not container.top_level]
    if below:
        key = library.rng.choice(below)
        library.remove(*key)
        del library.containers[key]


CHANGES: Mapping[str, Callable[[Library], object]] = {
    "ask": lambda library: library.add_question(library.any_container()),
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
