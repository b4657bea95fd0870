"""Checks the secret of a callback, and redacts every secret from what is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workers.config.limits import MIN_SECRET_LENGTH

REDACTED = "[removed]"
SECRET_MEMBER = "api_secret"  # noqa: S105 - the name of the member, not a secret
LONG_SECRET = MIN_SECRET_LENGTH  # a shorter one may be a text, or part of one, by chance


class Secrets:
    """Secrets that are all valid at once: the callback secrets of a workspace, or of pushes."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._digests = tuple(_digest(secret) for secret in self._secrets)
        long = sorted((each for each in self._secrets if len(each) >= LONG_SECRET), key=len)
        self._long = re.compile("|".join(map(re.escape, reversed(long)))) if long else None
        # A JSON text that holds anything to redact contains at least one of these.
        within = (_as_json(secret)[1:-1] for secret in long)
        self._traces = (_as_json(SECRET_MEMBER), *within)

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def verify(self, document: Mapping[str, Any]) -> bool:
        """Return whether ``meta.api_secret`` is one of the secrets.

        Source: Cention Callback, "meta.api_secret".
        """
        meta = document.get("meta")
        given = meta.get(SECRET_MEMBER) if isinstance(meta, dict) else None
        return self.contain(given if isinstance(given, str) else "") and isinstance(given, str)

    def contain(self, given: str) -> bool:
        """Return whether ``given`` is one of the secrets.

        All secrets are compared, as digests, so the time depends neither on which one matches nor
        on whether one does.
        """
        digest = _digest(given)
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return any(matches)

    def may_contain_secret(self, text: bytes) -> bool:
        """Return false if a JSON text certainly holds nothing that ``redact`` would remove."""
        return any(trace in text for trace in self._traces)

    def redact(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy of ``document`` without any secret, wherever it stood.

        Members named ``api_secret`` are dropped. A secret of at least ``LONG_SECRET`` characters
        becomes ``[removed]`` in any name or text; a shorter one may be a word of a customer's.
        """
        return self._redact_members(document)

    def _redact(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redact_text(value)
        if isinstance(value, dict):
            return self._redact_members(value)
        if isinstance(value, list):
            return [self._redact(element) for element in value]
        return value

    def _redact_members(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            self._redact_text(name): self._redact(member)
            for name, member in value.items()
            if name != SECRET_MEMBER
        }

    def _redact_text(self, text: str) -> str:
        return self._long.sub(REDACTED, text) if self._long else text


def _as_json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
