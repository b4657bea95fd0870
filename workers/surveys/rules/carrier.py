"""Who carries an invitation to the person: the vendor itself, or our mail server."""

from __future__ import annotations

from collections.abc import Collection

from schemas.surveys.rule import MAILED, Vendor

MAIL = "mail"


def carrier_of(vendor: str) -> str:
    """Return whose pace and pauses an invitation of a vendor is subject to."""
    return MAIL if vendor in MAILED else vendor


def cannot_invite(vendor: Vendor, paused: Collection[str]) -> bool:
    """Tell whether a vendor, or who carries its invitations, is among those that are paused."""
    return vendor in paused or carrier_of(vendor) in paused
