"""Finds a person in texts, by address and names, in every spelling that documents use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

import idna

from workers.privacy.rules.decoded_text import decoded, fold

ERASED = "[erased]"
MIN_NAME_CHARACTERS = 2  # one letter is not a name
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_NEVER = re.compile(r"(?!)")
# An address begins after a character that cannot be part of one. An apostrophe may be a quotation
# mark, so it counts as part of an address only within a word.
_NOT_WITHIN = r"(?<![\w.+-])(?<!\w')"
_NOT_CONTINUED = r"(?!\w|[.-]\w)"


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
        self._address = _either(map(_address_pattern, filter(None, (self.address, number))))
        self._names = _either(map(_name_pattern, sorted(self.names)))

    def with_names(self, names: Iterable[str | None]) -> PersonMatcher:
        """Return a matcher of the same person, with more names."""
        more = [name for name in names if name]
        if not more:
            return self
        return PersonMatcher(self.address, self.names | set(more), number=self.number)

    def matches(self, value: object) -> bool:
        """Return whether a value is the address or the number, in any spelling."""
        if not isinstance(value, str) or self._address is _NEVER:
            return False
        return any(_fullmatch(self._address, one.text.strip()) for one in decoded(value.strip()))

    def has_address(self, text: str) -> bool:
        """Return whether a text contains the address."""
        return any(True for _ in _places(text, self._address))

    def has_address_or_name(self, text: str) -> bool:
        """Return whether a text contains the address or a name."""
        return any(True for _ in _places(text, self._address, self._names))

    def redact(self, text: str, *, names: bool = True) -> str:
        """Return the text with ``[erased]`` for the address and, with ``names``, for every name."""
        patterns = (self._address, self._names) if names else (self._address,)
        shown: list[str] = []
        done = 0
        for begin, end in sorted(set(_places(text, *patterns)), key=lambda one: (one[0], -one[1])):
            if begin >= done:
                shown += (text[done:begin], ERASED)
            done = max(done, end)
        return "".join(shown) + text[done:] if shown else text

    @property
    def spellings(self) -> list[str]:
        """The address in lower case, with each form of its domain and letters, and the number."""
        local, at, domain = self.address.rpartition("@")
        found = {self.number} if self.number else set()
        for one in _domains(domain) if at else [domain]:
            for form in ("NFC", "NFD"):
                found.add(unicodedata.normalize(form, f"{local}{at}{one}").lower())
        return sorted(found - {""})

    @property
    def ascii_words(self) -> list[list[str]]:
        """The letters and digits that every text with the address has, and those of the number.

        In order, but perhaps with others between them.
        """
        local, at, domain = self.address.rpartition("@")
        texts = [f"{local}{at}{_as_unicode(domain)}", self.number or ""]
        return [_ASCII_WORD.findall(unicodedata.normalize("NFC", one)) for one in texts if one]


def _places(text: str, *patterns: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where patterns match the decoded text, as places in the text itself."""
    wanted = [pattern for pattern in patterns if pattern is not _NEVER]
    if not wanted:
        return
    for one in decoded(text):
        for pattern in wanted:
            for found in pattern.finditer(one.text):
                yield one.place(*found.span())


def _fullmatch(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.search(text)
    return found is not None and found.span() == (0, len(text))


def _either(patterns: Iterable[str]) -> re.Pattern[str]:
    either = "|".join(patterns)
    return re.compile(either) if either else _NEVER


def _address_pattern(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at:
        return rf"\A\s*{re.escape(fold(address))}\s*\Z"
    domains = "|".join(re.escape(fold(one)) for one in _domains(domain))
    return rf"{_NOT_WITHIN}{re.escape(fold(local))}\s*@\s*(?:{domains}){_NOT_CONTINUED}"


def _domains(domain: str) -> set[str]:
    """Return the forms of a domain: as it is, with its letters, and as DNS has it."""
    return {domain, _as_unicode(domain), _as_ascii(domain)}


def _as_unicode(domain: str) -> str:
    try:
        return idna.decode(domain, uts46=True)
    except (idna.IDNAError, UnicodeError):
        return domain


def _as_ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return domain


def _name_pattern(name: str) -> str:
    words = (r"\s+".join(map(re.escape, one.split())) for one in sorted(set(_spellings(name))))
    return rf"(?<!\w)(?:{'|'.join(words)})(?!\w)"


def _spellings(name: str) -> Iterator[str]:
    """Yield a name as it is, and with its last word first."""
    folded = fold(name)
    yield folded
    first, space, last = folded.rpartition(" ")
    if space and "," not in folded:
        yield f"{last}, {first}"
        yield f"{last} {first}"
    elif folded.count(",") == 1:
        last, _, first = folded.partition(",")
        yield f"{first.strip()} {last.strip()}"
