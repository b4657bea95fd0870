"""Fixtures: a worker with a token for the library, and a source with the answers of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.integration.bridge import Bridge
from tests.integration.conftest import bridge_of
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.support.settings import settings_for
from workers.config.names import Mirror
from workers.mirrors.jobs import refresh
from workers.mirrors.jobs.library import library_mirror
from workers.mirrors.jobs.refresh import RefreshResult

NOTHING: dict[str, Any] = {"data": None}


@pytest.fixture
def bridge(database: str, cention: SandboxServer) -> Iterator[Bridge]:
    """A worker of the sandbox's workspace, which mirrors its library."""
    settings = settings_for(database, f"{cention.root}/s/demo")
    [workspace] = settings.workspaces
    tokens = replace(workspace.tokens, library="sandbox-token")
    yield from bridge_of(
        replace(
            settings,
            workspaces=(replace(workspace, tokens=tokens),),
            mirror_every_s={Mirror.LIBRARY: 3600},
        )
    )


@pytest.fixture
def refresh_now(bridge: Bridge) -> Callable[[], RefreshResult | None]:
    """Refresh the library from the sandbox."""
    spec = bridge.context.mirrors["demo", Mirror.LIBRARY]
    return lambda: refresh.refresh(spec, session=bridge.context.session)


@dataclass
class Source:
    """A library API with the given answers. An answer that is an error is raised."""

    libraries_document: Any = field(default_factory=lambda: NOTHING)
    external_document: Any = field(default_factory=lambda: NOTHING)
    categories_document: Any = field(default_factory=lambda: NOTHING)
    questions_document: Any = field(default_factory=lambda: NOTHING)
    toplist_document: Any = field(default_factory=lambda: NOTHING)
    related: dict[tuple[str, int], Any] = field(default_factory=dict)
    requested: list[tuple[str, int]] = field(default_factory=list)

    def libraries(self) -> Any:
        return _answer(self.libraries_document)

    def external_libraries(self) -> Any:
        return _answer(self.external_document)

    def categories(self) -> Any:
        return _answer(self.categories_document)

    def questions(self, *, toplist: bool = False) -> Any:
        return _answer(self.toplist_document if toplist else self.questions_document)

    def library(self, library_id: int) -> Any:
        return self._related("library", library_id)

    def category(self, category_id: int) -> Any:
        return self._related("category", category_id)

    def questions_of(self, library_id: int) -> Any:
        return self._related("questions_of", library_id)

    def attachments_of(self, question_id: int) -> Any:
        return self._related("attachments_of", question_id)

    def embedded_archives_of(self, question_id: int) -> Any:
        return self._related("embedded_archives_of", question_id)

    def _related(self, name: str, number: int) -> Any:
        self.requested.append((name, number))
        return _answer(self.related.get((name, number), NOTHING))


def _answer(document: Any) -> Any:
    if isinstance(document, Exception):
        raise document
    return document() if callable(document) else document


@dataclass
class MirrorOf:
    """A mirror that is refreshed from a source."""

    bridge: Bridge
    source: Source

    def refresh(self) -> RefreshResult | None:
        spec = library_mirror("demo", self.source, every_s=3600)
        return refresh.refresh(spec, session=self.bridge.context.session)

    def there(self, table: str = "library_question") -> list[int]:
        key = {"library": "library_id", "library_category": "category_id"}.get(table, "question_id")
        query = f"SELECT {key} AS id FROM cention.{table} WHERE gone_at IS NULL ORDER BY 1"
        return [row["id"] for row in self.bridge.rows(query)]

    def gone(self) -> list[int]:
        query = "SELECT question_id FROM cention.library_question WHERE gone_at IS NOT NULL"
        return sorted(row["question_id"] for row in self.bridge.rows(query))

    def links(self) -> list[tuple[Any, ...]]:
        query = (
            "SELECT owner_kind, owner_id, target_kind, target_id FROM cention.library_link"
            " WHERE gone_at IS NULL ORDER BY 1, 2, 3, 4"
        )
        return [tuple(row.values()) for row in self.bridge.rows(query)]

    def files(self) -> list[tuple[Any, ...]]:
        query = (
            "SELECT question_id, kind, attachment_id FROM cention.library_question_attachment"
            " WHERE gone_at IS NULL ORDER BY 1, 2, 3"
        )
        return [tuple(row.values()) for row in self.bridge.rows(query)]


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def mirror(bridge: Bridge, source: Source) -> MirrorOf:
    return MirrorOf(bridge=bridge, source=source)
