"""Who logs in, by the lines of a log: accounts are called after their owners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_classes, read_lexicon

from .capitals import name_evidence, words_of

_LINE = re.compile(
    r"(?i)\b(?:accepted|failed|publickey|password|session|login|logged|authenticated|authentication|user|peer|su|sudo|uid)\b[^\n]{0,40}?"
    r"\b(?:for|user|by)[ =]\"?(?P<who>(?-i:[^\W\d_][^\W_]{2,}(?:[._-][^\W\d_]+)?))\"?(?= (?:from|by|on|assigned|port|via|at)\b)"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Accounts that are no machine's and no everyday word."""
    lexicon = read_lexicon()
    for hit in _LINE.finditer(text):
        low = hit["who"].lower()
        words = words_of(low.replace(".", " ").replace("_", " "))
        if low in read_classes("nobodies.txt")["account"] or not words:
            continue
        if any(name_evidence(lexicon, word) or not is_english(word.lower) for word in words):
            yield Found(*hit.span("who"), "PERSON", 0.65, "logins", "who logs in")
