"""Who a person is in texts: an address and names, in every spelling that documents use."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable
from html.entities import html5

ERASED = "[erased]"
SHORTEST_NAME = 2  # a letter alone is no name

_ENTITIES: defaultdict[str, list[str]] = defaultdict(list)
for _name, _text in html5.items():
    if _name.endswith(";"):
        _ENTITIES[_text].append(_name)
_NOT_ASCII_WORD = re.compile(r"[^0-9A-Za-z]+")


class Person:
    """One person, known by an address, and by names that were found beside it.

    An address with an ``@`` is found anywhere in a text, but not within a longer address. One
    without, as chat channels have, is found only where it is the whole text.
    """

    def __init__(self, address: str, names: Iterable[str | None] = ()) -> None:
        self.address = address.strip().lower()
        self.names = frozenset(n.strip() for n in names if n and len(n.strip()) >= SHORTEST_NAME)
        self._address = _address_pattern(self.address)
        self._anything = _either(self._address, *map(_name_pattern, sorted(self.names)))

    def known_as(self, names: Iterable[str | None]) -> Person:
        """Return the same person, known by more names."""
        more = [name for name in names if name]
        return Person(self.address, self.names | set(more)) if more else self

    def is_(self, value: object) -> bool:
        """Tell whether a value is the address."""
        return isinstance(value, str) and value.strip().lower() == self.address != ""

    def mentioned_in(self, text: str) -> bool:
        """Tell whether a text has the address in it."""
        return self._address.search(text) is not None

    def named_in(self, text: str) -> bool:
        """Tell whether a text has the address or a name in it."""
        return self._anything.search(text) is not None

    def erased_from(self, text: str, *, names: bool = True) -> str:
        """Return the text with ``[erased]`` for every address and, if wished, every name."""
        return (self._anything if names else self._address).sub(ERASED, text)

    @property
    def like(self) -> str:
        """A pattern for ILIKE that finds every text with the address in it, and some more."""
        words = [word for word in _NOT_ASCII_WORD.split(self.address) if word]
        return f"%{'%'.join(words)}%"


def _address_pattern(address: str) -> re.Pattern[str]:
    if not address:
        return re.compile(r"(?!)")
    spelled = "".join(map(_spellings, address))
    if "@" not in address:
        return re.compile(rf"\A\s*{spelled}\s*\Z", re.IGNORECASE)
    return re.compile(f"{_NOT_WITHIN}{spelled}(?!{_GOES_ON})", re.IGNORECASE)


def _spellings(character: str) -> str:
    """Return a pattern for a character as it is, in a URL, and in HTML."""
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
    told = "|".join(r"\s+".join(map(re.escape, one.split())) for one in sorted(spellings))
    return re.compile(rf"(?<!\w)(?:{told})(?!\w)", re.IGNORECASE)


def _either(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p.pattern})" for p in patterns), re.IGNORECASE)


# An address begins after what is no letter of an address, or after a character spelled as in a URL;
# an apostrophe may also be a quotation mark, so that it counts only within a word.
_NOT_WITHIN = "".join(
    (
        r"(?:(?<![\w.+-])|(?<=%[0-9A-F]{2}))",
        *(f"(?<!{spelling})" for letter in ".+-_" for spelling in _encoded(letter)[1:]),
        *(rf"(?<!\w{spelling})" for spelling in _encoded("'")),
    )
)
_GOES_ON = rf"\w|(?:{'|'.join([*_encoded('.'), *_encoded('-')])})\w"
