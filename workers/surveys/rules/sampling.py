"""Samples by a hash: the same errands on every run, and in the preview."""

from __future__ import annotations

import hashlib

_BITS = 64


def percentile(workspace: str, rule: str, errand_id: int) -> float:
    """Return where an errand lies in the samples of a rule: from 0 up to 100."""
    text = "\0".join((workspace, rule, str(errand_id)))
    digest = hashlib.blake2b(text.encode(), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest) / float(1 << _BITS) * 100
