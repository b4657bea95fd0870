"""Attachments of answers and of the library, and area archives.

Source: Cention Callback. Claim: "get attachment". A file arrives as base64 within a JSON
document, which is split while it arrives: no file is ever completely in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, BinaryIO, Self

from schemas import strict_json
from workers.clients import errors
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi
from workers.clients.json_bodies import failure_texts, read_json
from workers.clients.streaming.base64_stream import NotBase64
from workers.clients.streaming.decoded_file import ContentTooLarge, DecodedFile
from workers.clients.streaming.json_string_splitter import (
    MAX_DOCUMENT_BYTES,
    DocumentTooLarge,
    LongStringSplitter,
    NotAnObject,
    SecondLongString,
    UnescapedQuote,
)

WHOLE = frozenset({"name", "content_type"})  # an attachment with them lacks nothing but a content


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedAttachment:
    """An attachment and its content; a context manager that deletes the content."""

    document: dict[str, Any] = field(repr=False)  # unchanged, but with null for the content
    content: BinaryIO = field(repr=False)  # at its beginning; on disk above 256 KiB
    size_bytes: int
    sha256: bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the content."""
        self.content.close()


class AttachmentsApi:
    """The API of the claim "get attachment"."""

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def fetch(self, resource_type: str, attachment_id: int, *, max_bytes: int) -> FetchedAttachment:
        """Return one attachment, for instance of ``c3_response_attachments``; close it after use.

        Fetching has no side effect at Cention. Besides the errors of every call, raises
        ``TooLarge`` if the content is larger than ``max_bytes`` or the rest of the document larger
        than 256 KiB, ``BadContent`` if the content is not strict base64 (white space in it is
        ignored), ``TooDeep`` with the document if it has too many levels (with null for a long
        content), ``NotFound`` also for a document without data. A file whose content is "", or is
        left out where name and type are given, is empty: Go leaves out what is empty.
        """
        content = DecodedFile(max_bytes=max_bytes)
        try:
            return self._fetched(resource_type, attachment_id, content, max_bytes)
        except BaseException:
            content.close()
            raise

    def _fetched(
        self, resource_type: str, attachment_id: int, content: DecodedFile, max_bytes: int
    ) -> FetchedAttachment:
        body_bytes = max_body_bytes(max_bytes)
        with self._client.stream(resource_type, attachment_id, max_bytes=body_bytes) as (
            status,
            chunks,
        ):
            try:
                document = _split(chunks, content)
                file = content.finish()
            except (ContentTooLarge, DocumentTooLarge):
                raise self._error(errors.TooLarge, "too large", status) from None
            except _Failure as failure:
                raise self._client.failure(failure.texts, status) from None
            except _NoData:
                raise self._error(errors.NotFound, "no data", status) from None
            except (NotBase64, UnescapedQuote, SecondLongString, _NoContent):
                raise self._error(
                    errors.BadContent, "the file is missing or is not valid Base64", status
                ) from None
            except _Deep as deep:
                raise errors.TooDeep(
                    f"attachment: the document {strict_json.TOO_DEEP}",
                    api=self._client.name,
                    status=status,
                    body=deep.body,
                ) from None
            except ValueError:
                raise self._error(
                    errors.InvalidResponse, "the answer is not a JSON object", status
                ) from None
        return FetchedAttachment(
            document=document,
            content=file,
            size_bytes=content.size_bytes,
            sha256=content.sha256(),
        )

    def _error(self, kind: type[errors.ApiError], what: str, status: int) -> errors.ApiError:
        return kind(f"attachment: {what}", api=self._client.name, status=status)


def max_body_bytes(max_bytes: int) -> int:
    """Return the largest size of a document with a file of ``max_bytes``.

    Base64 makes 4 bytes of 3; a quarter more allows for line breaks and escapes.
    """
    return max_bytes * 5 // 3 + MAX_DOCUMENT_BYTES


class _Failure(ValueError):
    def __init__(self, texts: tuple[str, ...]) -> None:
        super().__init__()
        self.texts = texts


class _Deep(ValueError):
    def __init__(self, body: str) -> None:
        super().__init__()
        self.body = body


class _NoData(ValueError):
    pass


class _NoContent(ValueError):
    pass


def _split(chunks: Iterator[bytes], content: DecodedFile) -> dict[str, Any]:
    splitter = LongStringSplitter(content.feed_escaped)
    for chunk in chunks:
        splitter.feed(chunk)
    text = splitter.finish()
    try:
        document = read_json(text)
    except strict_json.TooDeep:
        body = text.decode(errors="replace")
        raise _Deep(body.replace(f'"{splitter.placeholder}"', "null")) from None
    attachment = _attachment(document)
    found = attachment.get("content")
    if splitter.diverted:
        # The long string stands elsewhere, or a second "content" overrides it.
        if found != splitter.placeholder:
            raise _NoContent
    elif isinstance(found, str) and found.isascii():
        content.feed(found.encode("ascii"))
    elif "content" in attachment or not attachment.keys() >= WHOLE:
        raise _NoContent
    attachment["content"] = None
    return dict(document)


def _attachment(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise NotAnObject
    if (texts := failure_texts(document)) is not None:
        raise _Failure(texts)
    if "data" in document and document["data"] is None:
        raise _NoData
    found: Any = document
    for member in ("data", "attributes", "attachment"):
        found = found.get(member)
        if not isinstance(found, dict):
            raise _NoContent
    attachment: dict[str, Any] = found
    return attachment
