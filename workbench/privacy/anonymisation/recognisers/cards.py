"""Payment cards: by the check digit of Luhn, or where a word says what the number is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.check_digits import digits_of, luhn
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_NUMBER = re.compile(r"(?<![\w+.])(?<!\d[-/])\d(?:[ \u00a0.\n-]?\d){11,18}(?![\w]|[.-]\d)")
_SAID = re.compile(
    r"\b(?:card|visa|master ?card|maestro|amex|american express|discover|diners|jcb|debit|credit|"
    r"union ?pay|pan|payment)\b[^\n]{0,40}$",
    re.IGNORECASE,
)
_MASKED = re.compile(r"(?<!\w)(?:[*xX•·]{4}[ -]?){1,3}\d{4}(?!\w)")
_FIRST = re.compile(r"[2-6]|1800|9792")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Numbers of 12 to 19 digits in the groups that cards have, in one run or with gaps."""
    for hit in _NUMBER.finditer(text):
        end = _end(hit)
        number = "".join(map(str, digits_of(text[hit.start() : end])))
        said = bool(_SAID.search(text, max(0, hit.start() - 60), hit.start()))
        if "\n" in text[hit.start() : end] and not said:
            continue
        sound = luhn(number)
        if sound and (said or _FIRST.match(number)) and (said or len(number) >= 13):
            yield Found(hit.start(), end, "CARD", 1.0, "cards", "its check digit is right")
        elif said and len(number) >= 12:
            yield Found(hit.start(), end, "CARD", 0.7, "cards", "a card is said before it")


def _end(hit: re.Match[str]) -> int:
    """Where the number ends: what stands behind a right check digit in groups of its own is another."""
    ends = [
        hit.end(),
        *(
            hit.start() + gap.start()
            for gap in re.finditer(r"[ \u00a0\n]\d{1,4}(?=[ \u00a0\n]|$)", hit.group())
        ),
    ]
    for end in sorted(ends, reverse=True):
        digits = "".join(map(str, digits_of(hit.string[hit.start() : end])))
        if len(digits) >= 13 and luhn(digits):
            return end
    return hit.end()
