"""What Cention can answer to: the address of a sender."""

from __future__ import annotations

import re

_FORMS = (
    # An e-mail address alone: no name, no list, no scheme.
    re.compile(
        r"""(?:"[^"]*"|(?=[^@]*\w)[^\s@<>,;:"\\]+)"""
        r"""@(?=[^@]*\w)[^\s@<>,;:"\\.]+(?:\.[^\s@<>,;:"\\.]+)*"""
    ),
    re.compile(r"\+?(?:[ ()./-]*[0-9]){3,20}"),  # of SMS, WhatsApp or a call
    re.compile(r"cention(?:vk|line)-\S+"),  # as Cention itself names senders of these channels
)
NO_ADDRESS = (
    "is no address: give the address or number alone, such as ann@customer.example or +46701234567"
)


def is_address(text: str) -> bool:
    """Return whether an answer can be sent to ``text``."""
    return text.isprintable() and any(form.fullmatch(text) for form in _FORMS)
