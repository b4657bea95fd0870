"""Calls ``capi/json`` of one workspace: JSON:API resources, addressed by type and id.

Links in documents are never followed, because the token would go to the host of the link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote, urlencode

from schemas.jsonapi import MEDIA_TYPE
from workers.clients import errors
from workers.clients.async_http import AsyncHttpApi
from workers.clients.http import Answer, HttpApi, json_object
from workers.clients.json_bodies import failure_texts, sanitise_for_log
from workers.clients.streaming.json_upload import encode

_FRESH = {"Cache-Control": "no-store"}


class JsonApiClient:
    """The requests common to all claims. The base URL of ``http`` ends with the workspace."""

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._http = http
        self._token = token
        self._headers = _headers(token)

    @property
    def name(self) -> str:
        """The name of the API in errors."""
        return self._http.name

    def get(
        self,
        resource_type: str,
        resource_id: int | None = None,
        *,
        below: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the document of one resource, of a relation ``below`` it, or of a whole type.

        Cention ignores a query parameter that it does not know. Raises ``ApiError``.
        """
        path = _path(resource_type, resource_id)
        if below is not None:
            path += f"/{below}"
        if query:
            path += f"?{urlencode(query)}"
        answer = self._http.request("GET", path, headers=self._fresh_headers())
        return self._object(answer)

    def stream(
        self, resource_type: str, resource_id: int, *, max_bytes: int
    ) -> AbstractContextManager[tuple[int, Iterator[bytes]]]:
        """Like ``HttpApi.stream``, for the document of one resource."""
        return self._http.stream(
            "GET",
            _path(resource_type, resource_id),
            headers=self._fresh_headers(),
            max_bytes=max_bytes,
        )

    def post(
        self,
        resource_type: str,
        attributes: Mapping[str, Any],
        *,
        relationships: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """Send one resource without an id; return the response's document, ``None`` if empty.

        Cention checks ``type`` only beside an ``id``, and answers 202 or 204 without a body.
        Raises ``ApiError``; after ``IncompleteResponse`` it is unknown whether it took effect.
        """
        answer = self.send(resource_type, attributes, relationships=relationships)
        return self.document(answer)

    def send(
        self,
        resource_type: str,
        attributes: Mapping[str, Any],
        *,
        relationships: Mapping[str, Any] | None = None,
        under: str | None = None,
    ) -> Answer:
        """Send one resource without an id, and return the response. Raises ``ApiError``.

        ``under``: the type in the path, if it is not the type of the resource. A ``Base64`` in
        ``attributes`` becomes a string while it is sent.
        """
        data: dict[str, Any] = {"type": resource_type, "attributes": dict(attributes)}
        if relationships:
            data["relationships"] = dict(relationships)
        path = _path(under or resource_type)
        return self._http.request("POST", path, headers=self._headers, body=encode({"data": data}))

    def document(self, answer: Answer) -> dict[str, Any] | None:
        """Return the document of a response, ``None`` if it is empty.

        Raises ``InvalidResponse``; ``IncompleteResponse`` if a 2xx answer holds an error.
        """
        return self._object(answer) if answer.body else None

    def _object(self, answer: Answer) -> dict[str, Any]:
        return _document(answer, api=self._http.name, token=self._token)

    def failure(self, texts: Sequence[str], status: int) -> errors.IncompleteResponse:
        """Return the error for a document with the errors ``texts``; it may be temporary."""
        return _failure(texts, status, api=self._http.name, token=self._token)

    def _fresh_headers(self) -> dict[str, str]:
        return {**self._headers, **_FRESH}


class AsyncJsonApiClient:
    """Like ``JsonApiClient``, for what is fetched on an event loop."""

    def __init__(self, http: AsyncHttpApi, *, token: str) -> None:
        self._http = http
        self._token = token
        self._headers = {**_headers(token), **_FRESH}

    async def get(self, resource_type: str, resource_id: int | None = None) -> dict[str, Any]:
        """Return the document of one resource, or of a whole type. Raises ``ApiError``."""
        answer = await self._http.get(_path(resource_type, resource_id), headers=self._headers)
        return _document(answer, api=self._http.name, token=self._token)


def _headers(token: str) -> dict[str, str]:
    return {
        "Accept": MEDIA_TYPE,
        # On GET too: Cention documents it for every call.
        "Content-Type": MEDIA_TYPE,
        "Authorization": bearer(token),
    }


def _document(answer: Answer, *, api: str, token: str) -> dict[str, Any]:
    document = json_object(answer, api=api)
    if (texts := failure_texts(document)) is not None:
        raise _failure(texts, answer.status, api=api, token=token)
    return document


def _failure(
    texts: Sequence[str], status: int, *, api: str, token: str
) -> errors.IncompleteResponse:
    detail = sanitise_for_log(": ".join(texts), secrets=(token,))
    message = f"failed on the server: {detail}" if detail else "failed on the server"
    return errors.IncompleteResponse(message, api=api, status=status)


def bearer(token: str) -> str:
    """Return the ``Authorization`` of a token. Raises ``ValueError`` if no header can carry it."""
    if not (token.isascii() and token.isprintable()) or " " in token or not token:
        raise ValueError("a token consists of printable ASCII characters without spaces")
    return f"Bearer {token}"


def _path(resource_type: str, resource_id: int | None = None) -> str:
    path = f"capi/json/{quote(resource_type, safe='')}"
    return path if resource_id is None else f"{path}/{resource_id:d}"
