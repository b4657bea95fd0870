"""Telephone numbers that are reserved for fiction, and the notations in which people write them.

Sweden reserves 070-174 06 05 to 99 (PTS), and North America 555-0100 to 0199 of every area code.
The British range, 07700 900xxx, is left out: it counts as invalid.
"""

from __future__ import annotations

SWEDISH = 95
AREA_CODES = (
    *("202", "206", "207", "208", "209", "212", "213", "214", "215", "216"),
    *("303", "304", "305", "307", "309", "310", "312", "313", "314", "315"),
    *("401", "402", "404", "405", "406", "407", "408", "410", "412", "413"),
    *("501", "502", "503", "504", "505", "507", "508", "509", "510", "512"),
)
PER_AREA_CODE = 100
CAPACITY = SWEDISH + PER_AREA_CODE * len(AREA_CODES)


def spellings(index: int) -> tuple[str, ...]:
    """Return every notation of one number; the first is E.164. The first ``SWEDISH`` are Swedish.

    Swedish ones are understood with Sweden as the country of numbers without a prefix.
    """
    if index < SWEDISH:
        return _swedish(f"{605 + index:04}")
    code, last = divmod(index - SWEDISH, PER_AREA_CODE)
    return _american(AREA_CODES[code], f"01{last:02}")


def _swedish(last: str) -> tuple[str, ...]:
    first, second = last[:2], last[2:]
    return (
        f"+4670174{last}",
        f"+46 70 174 {first} {second}",
        f"+46 (0)70-174 {first} {second}",
        f"004670174{last}",
        f"0046 70 174 {first} {second}",
        f"070174{last}",
        f"070-174 {first} {second}",
        f"070 174 {first} {second}",
        f"(070) 174 {first}{second}",
        f"070/174.{first}.{second}",
    )


def _american(code: str, last: str) -> tuple[str, ...]:
    return (
        f"+1{code}555{last}",
        f"+1 {code} 555 {last}",
        f"+1 ({code}) 555-{last}",
        f"+1-{code}-555-{last}",
        f"001{code}555{last}",
        f"001 {code} 555 {last}",
    )
