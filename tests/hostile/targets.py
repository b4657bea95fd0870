"""The targets of hostile bytes: each reads them completely, or refuses them with its own error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import orjson

from receiver import canonical_json
from receiver.authentication import Secrets
from schemas.cention.attachments import AttachmentKind, read_attachment
from schemas.cention.callbacks import read_callback
from schemas.cention.errand_reports import (
    action_offsets,
    read_changed_errands,
    read_errand_report,
)
from schemas.cention.facebook_ratings import read_changed_facebook_ratings, read_facebook_rating
from schemas.errors import DocumentError
from workers.clients.cention import attachments
from workers.clients.error_responses import error_for
from workers.clients.errors import ApiError
from workers.clients.json_bodies import read_json
from workers.clients.streaming.base64_stream import NotBase64
from workers.clients.streaming.decoded_file import ContentTooLarge, DecodedFile
from workers.database import json_text

SECRETS = Secrets(["1234567890123456"])
ZONE = ZoneInfo("Europe/Stockholm")
STATUSES = (301, 400, 401, 404, 410, 429, 500, 503)


def callback(data: bytes) -> None:
    """As the receiver: read, verify, canonicalise, parse; the stored text is canonical as well."""
    try:
        document = canonical_json.read_body(data)
        SECRETS.verify(document)
        canonical = canonical_json.canonicalise(document, SECRETS)
    except canonical_json.InvalidBody:
        return
    stored, text = json_text.storable(canonical.document)
    assert "1234567890123456" not in _texts(stored)
    assert canonical_json.canonicalise(orjson_or_json(text), SECRETS).document == stored
    _read(read_callback, stored)


def errand_report(data: bytes) -> None:
    """As a drain: every object can be stored, and is parsed or refused."""
    document = _landed(data)
    if document is not None:
        _read(lambda report: read_errand_report(report, zone=ZONE), document)
        _read(action_offsets, document)


def facebook_rating(data: bytes) -> None:
    document = _landed(data)
    if document is not None:
        _read(read_facebook_rating, document)


def changed_lists(data: bytes) -> None:
    document = _landed(data)
    if document is not None:
        _read(read_changed_errands, document)
        _read(read_changed_facebook_ratings, document)


def attachment(data: bytes) -> None:
    """The result is the same wherever the network cuts a file."""
    whole = _split([data])
    assert whole == _split([data[at : at + 1] for at in range(len(data))])
    assert whole == _split([data[: len(data) // 2], data[len(data) // 2 :]])
    if whole is not None:
        document, _ = json_text.storable(whole[0])
        for kind in AttachmentKind:
            _read(lambda one, kind=kind: read_attachment(one, kind), document)


def error_document(data: bytes) -> None:
    """As a client: the text of an error is one short line for any body."""
    for status in STATUSES:
        error = error_for(
            status,
            retry_after=data[:40].decode("latin-1"),
            body=data,
            api="cention",
            secrets=("s3cr3t-token",),
            now=datetime(2026, 1, 15, tzinfo=UTC),
        )
        assert isinstance(error, ApiError)
        assert len(str(error)) < 300
        assert str(error).isprintable()
        assert "s3cr3t-token" not in str(error)


TARGETS: Mapping[str, Callable[[bytes], None]] = MappingProxyType(
    {
        target.__name__: target
        for target in (
            callback,
            errand_report,
            facebook_rating,
            changed_lists,
            attachment,
            error_document,
        )
    }
)


def _landed(data: bytes) -> dict | None:
    try:
        document = read_json(data)
    except ValueError:
        return None
    return json_text.storable(document)[0] if isinstance(document, dict) else None


def _read(read: Callable, document: dict) -> None:
    try:
        record = read(document)
    except DocumentError as error:
        record = [str(fault) for fault in error.faults] or None
    assert orjson.dumps(record) != b"null"  # the record can be stored, or its faults can


def _split(pieces: list[bytes]) -> tuple[dict, bytes] | None:
    content = DecodedFile(max_bytes=300_000)
    try:
        document = attachments._split(iter(pieces), content)
        return document, content.finish().read()
    except (ValueError, NotBase64, ContentTooLarge):
        return None
    finally:
        content.close()


def orjson_or_json(text: str) -> dict:
    return canonical_json.read_body(text.encode())


def _texts(value: object) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found.update(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str):
            found.add(one)
    return found
