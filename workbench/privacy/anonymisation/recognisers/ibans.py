"""Account numbers of ISO 13616, with their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.check_digits import mod97
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0.\n-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])"
)
_START = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0.\n-]?[A-Z0-9]){11,30}")
_SAID = re.compile(r"\biban\b\W*(?:\w+\W+){0,1}$", re.IGNORECASE)
_LEAST_CHARS = 15
_GAP = re.compile(r"[ \u00a0.\n-]")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """A number whose remainder by 97 is 1; where IBAN is said before it, also one with an error.

    A run of words behind the number may be caught with it, so shorter ends are tried too.
    """
    for pattern in (_IBAN, _START):
        for hit in pattern.finditer(text):
            ends = [at for at in range(hit.end(), hit.start() + _LEAST_CHARS - 1, -1)
                    if at == len(text) or not text[at].isalnum()]  # fmt: skip
            for end in ends:
                if mod97(_GAP.sub("", text[hit.start() : end])):
                    yield Found(
                        hit.start(), end, "IBAN", 1.0, "ibans", "its check digits are right"
                    )
                    break
            else:
                before = text[max(0, hit.start() - 40) : hit.start()]
                if _SAID.search(before):
                    end = _end_of_number(text, hit.start(), hit.end())
                    yield Found(hit.start(), end, "IBAN", 0.7, "ibans", "IBAN is said before it")


def _end_of_number(text: str, start: int, end: int) -> int:
    """Where the groups end that hold a digit: the words behind them are no part of it."""
    said = text[start:end]
    groups = list(re.finditer(r"[A-Za-z0-9]+", said))
    while len(groups) > 1 and not any(char.isdigit() for char in groups[-1].group()):
        groups.pop()
    return start + groups[-1].end()
