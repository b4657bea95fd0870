"""Links to our pages: the secret in the link of an invitation, and the addresses made of it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

TOKEN_BYTES = 16
_PURPOSE = b"survey link\0"  # the same key serves the hashes of persons


def token_of(key: bytes, reference: str) -> str:
    """Return the secret of an invitation's link, by the workspace's key of persons.

    It is the same whenever it is asked for: it need not be stored, and a link can be shown again.
    """
    digest = hmac.digest(key, _PURPOSE + reference.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def digest_of(token: str) -> bytes:
    """Return what is stored of a token, and searched for; any text has one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def link_of(public_url: str, token: str) -> str:
    """Return the address of the survey; ``public_url`` is that of the receiver's pages."""
    return f"{public_url.rstrip('/')}/s/{token}"


def stop_link_of(public_url: str, token: str) -> str:
    """Return the address at which the person objects to further invitations."""
    return f"{link_of(public_url, token)}/stop"
