"""The library: its questions, their answers and files, in libraries and categories.

Source: Cention Library. Claim: "Access to library".
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from workers.clients.cention.attachments import AttachmentsApi, FetchedAttachment
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi


class SearchIn(StrEnum):
    """The part of a question in which Cention searches for a phrase."""

    ALL = "all"
    QUESTION = "question"
    ANSWER = "answer"


class LibraryApi:
    """The API of the claim "Access to library".

    Every method raises ``ApiError``, only reads, and may be repeated. Documents are returned as
    Cention sent them: ``data`` is null for an empty list, ``included`` holds the rest of the graph
    in any order, and a missing relationship may be empty or just omitted;
    ``schemas.cention.library`` reads them. Lists are complete, without pages.

    ``inline_images`` has Cention write images into the HTML as base64 (its ``data_url``), which
    makes the documents large.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)
        self._files = AttachmentsApi(http, token=token)

    def libraries(self, *, inline_images: bool = False) -> dict[str, Any]:
        """Return the libraries: those of the top level in ``data``, the rest in ``included``."""
        return self._client.get("c3_libraries", query=_flags(data_url=inline_images))

    def library(self, library_id: int, *, inline_images: bool = False) -> dict[str, Any]:
        """Return one library, with its contents."""
        return self._client.get("c3_libraries", library_id, query=_flags(data_url=inline_images))

    def external_libraries(self, *, inline_images: bool = False) -> dict[str, Any]:
        """Return the libraries whose flag ``external`` is true; the flag itself is omitted."""
        return self._client.get("c3_external_libraries", query=_flags(data_url=inline_images))

    def external_library(self, library_id: int, *, inline_images: bool = False) -> dict[str, Any]:
        """Return one external library, with its contents."""
        query = _flags(data_url=inline_images)
        return self._client.get("c3_external_libraries", library_id, query=query)

    def categories(self, *, inline_images: bool = False) -> dict[str, Any]:
        """Return the categories, with their contents."""
        return self._client.get("c3_library_categories", query=_flags(data_url=inline_images))

    def category(self, category_id: int, *, inline_images: bool = False) -> dict[str, Any]:
        """Return one category, with its contents."""
        query = _flags(data_url=inline_images)
        return self._client.get("c3_library_categories", category_id, query=query)

    def questions(
        self,
        *,
        toplist: bool = False,
        phrase: str | None = None,
        search_in: SearchIn = SearchIn.ALL,
        inline_images: bool = False,
    ) -> dict[str, Any]:
        """Return all questions, those of the top list, or those that Cention finds by a phrase.

        Commas in ``phrase`` are sent as spaces, because Cention ignores all that follows the first
        one. Raises ``ValueError`` for a phrase without a word.
        """
        query = _choice(toplist, phrase, search_in) | _flags(data_url=inline_images)
        return self._client.get("c3_library_questions", query=query)

    def questions_of(
        self,
        library_id: int,
        *,
        toplist: bool = False,
        phrase: str | None = None,
        search_in: SearchIn = SearchIn.ALL,
        inline_images: bool = False,
    ) -> dict[str, Any]:
        """Return the questions of one library, selected like those of ``questions``.

        Cention documents the filters for "GET all", and both endpoints are that.
        """
        query = _choice(toplist, phrase, search_in) | _flags(data_url=inline_images)
        return self._client.get("c3_libraries", library_id, below="questions", query=query)

    def probe(self) -> None:
        """Check that Cention is reachable and accepts the token, by fetching the top list."""
        self.questions(toplist=True)

    def question(self, question_id: int, *, inline_images: bool = False) -> dict[str, Any]:
        """Return one question and its files, without their contents."""
        query = _flags(data_url=inline_images)
        return self._client.get("c3_library_questions", question_id, query=query)

    def attachments_of(self, question_id: int, *, contents: bool = False) -> dict[str, Any]:
        """Return the files of a question; with ``contents`` as base64, all in one document."""
        query = _flags(without_content=not contents)
        return self._client.get(
            "c3_library_questions", question_id, below="attachments", query=query
        )

    def embedded_archives_of(self, question_id: int, *, contents: bool = False) -> dict[str, Any]:
        """Return the images in the HTML of a question; with ``contents`` as base64."""
        query = _flags(without_content=not contents)
        return self._client.get(
            "c3_library_questions", question_id, below="embedded_archives", query=query
        )

    def attachment(self, attachment_id: int) -> dict[str, Any]:
        """Return the name and type of a file of a question, without its content."""
        query = _flags(without_content=True)
        return self._client.get("c3_library_attachments", attachment_id, query=query)

    def archive(self, archive_id: int) -> dict[str, Any]:
        """Return the name and type of an image in a question's HTML, without its content."""
        return self._client.get("c3_area_archives", archive_id, query=_flags(without_content=True))

    def fetch_attachment(self, attachment_id: int, *, max_bytes: int) -> FetchedAttachment:
        """Return a file of a question with its content, as ``AttachmentsApi.fetch`` does."""
        return self._files.fetch("c3_library_attachments", attachment_id, max_bytes=max_bytes)

    def fetch_archive(self, archive_id: int, *, max_bytes: int) -> FetchedAttachment:
        """Return an image of the library with its content, as ``AttachmentsApi.fetch`` does."""
        return self._files.fetch("c3_area_archives", archive_id, max_bytes=max_bytes)


def _choice(toplist: bool, phrase: str | None, search_in: SearchIn) -> dict[str, str]:
    """Return query parameters that select questions. Raises ``ValueError``."""
    query = _flags(**{"filter[toplist]": toplist})
    if phrase is not None:
        words = " ".join(phrase.replace(",", " ").split())
        if not words:
            raise ValueError("a phrase needs a word")
        query |= {"q_filter[phrase]": words, "q_filter[option]": search_in}
    return query


def _flags(**flags: bool) -> dict[str, str]:
    """Return query parameters for the true flags; a missing one is false at Cention."""
    return {name: "true" for name, on in flags.items() if on}
