"""Finds a person in texts, by address and names, in every encoding that documents use."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable
from html.entities import html5

ERASED = "[erased]"
MIN_NAME_CHARACTERS = 2  # one letter is not a name

_ENTITIES: defaultdict[str, list[str]] = defaultdict(list)
for _name, _text in html5.items():
    if _name.endswith(";"):
        _ENTITIES[_text].append(_name)
_NOT_ASCII_WORD = re.compile(r"[^0-9A-Za-z]+")


class PersonMatcher:
    """Matches one person by an address, and by names that were found next to it.

    An address with an ``@`` matches anywhere in a text, but not within a longer address. One
    without, as in chat channels, matches only the whole text. So does ``number``, the address in
    E.164 if it is a telephone number.
    """

    def __init__(
        self, address: str, names: Iterable[str | None] = (), *, number: str | None = None
    ) -> None:
        self.address = address.strip().lower()
        self.number = number
        stripped = (name.strip() for name in names if name)
        self.names = frozenset(name for name in stripped if len(name) >= MIN_NAME_CHARACTERS)
        self._address = _either(*map(_address_pattern, filter(None, (self.address, number))))
        self._anything = _either(self._address, *map(_name_pattern, sorted(self.names)))

    def with_names(self, names: Iterable[str | None]) -> PersonMatcher:
        """Return a matcher of the same person, with more names."""
        more = [name for name in names if name]
        if not more:
            return self
        return PersonMatcher(self.address, self.names | set(more), number=self.number)

    def matches(self, value: object) -> bool:
        """Return whether a value is the address or the number."""
        text = value.strip().lower() if isinstance(value, str) else ""
        return text != "" and text in (self.address, self.number)

    def has_address(self, text: str) -> bool:
        """Return whether a text contains the address."""
        return self._address.search(text) is not None

    def has_address_or_name(self, text: str) -> bool:
        """Return whether a text contains the address or a name."""
        return self._anything.search(text) is not None

    def redact(self, text: str, *, names: bool = True) -> str:
        """Return the text with ``[erased]`` for the address and, with ``names``, for every name."""
        return (self._anything if names else self._address).sub(ERASED, text)

    @property
    def ilike_patterns(self) -> list[str]:
        """Patterns for ILIKE of which one matches every text with the address, and some others."""
        notations = [self.address, *([self.number] if self.number else [])]
        words = [filter(None, _NOT_ASCII_WORD.split(notation)) for notation in notations]
        return [f"%{'%'.join(some)}%" for some in words]


def _address_pattern(address: str) -> re.Pattern[str]:
    spelled = "".join(map(_spellings, address))
    if "@" not in address:
        return re.compile(rf"\A\s*{spelled}\s*\Z", re.IGNORECASE)
    return re.compile(f"{_NOT_WITHIN}{spelled}(?!{_CONTINUES_ADDRESS})", re.IGNORECASE)


def _spellings(character: str) -> str:
    """Return a pattern for a character as itself, URL-encoded, and as an HTML entity."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    return f"(?:{'|'.join([*_encoded(character), f'&#0+{code};', f'&#x0+{code:x};'])})"


def _encoded(character: str) -> list[str]:
    code = ord(character)
    encoded = [
        re.escape(character),
        "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass")),
        f"&#{code};",
        f"&#x{code:x};",
    ]
    return [*encoded, *(re.escape(f"&{name}") for name in _ENTITIES.get(character, ()))]


def _name_pattern(name: str) -> re.Pattern[str]:
    spellings = {name, html.escape(name)}
    alternatives = "|".join(r"\s+".join(map(re.escape, one.split())) for one in sorted(spellings))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)


def _either(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    if not patterns:
        return re.compile(r"(?!)")
    return re.compile("|".join(f"(?:{p.pattern})" for p in patterns), re.IGNORECASE)


# An address begins after a character that cannot be part of one, or after a URL-encoded character.
# An apostrophe may be a quotation mark, so it counts as part of an address only within a word.
_NOT_WITHIN = "".join(
    (
        r"(?:(?<![\w.+-])|(?<=%[0-9A-F]{2}))",
        *(f"(?<!{spelling})" for letter in ".+-_" for spelling in _encoded(letter)[1:]),
        *(rf"(?<!\w{spelling})" for spelling in _encoded("'")),
    )
)
_CONTINUES_ADDRESS = rf"\w|(?:{'|'.join([*_encoded('.'), *_encoded('-')])})\w"
