"""E-mail addresses, by their form alone: no list of domains is asked, so no network is either."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w!#$%&'*+/=?^`{|}~-](?:[\w!#$%&'*+/=?^`{|}~.-]*[\w+-])?@"
    r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_](?![\w])"
)
# As a web address carries it in its query: maria%40example.org.
_IN_A_QUERY = re.compile(
    r"(?<![\w.%+-])(?:\w|%2B)(?:[\w.+-]|%2B)*%40(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?!\w)",
    re.IGNORECASE,
)
# As people write them so that no program reads them: maria (at) example (dot) org.
_SPELT = re.compile(
    r"(?<![\w.+-])[\w+-]+(?:(?:\.| ?[\[(] ?dot ?[\])] ?| dot )[\w+-]+)*"
    r"(?: ?[\[({] ?at ?[\])}] ?| at (?=[\w-]+ dot ))"
    r"[\w-]+(?:(?:\.| ?[\[({] ?dot ?[\])}] ?| dot )[\w-]+)+",
    re.IGNORECASE,
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Addresses of RFC 5322's plain form, international ones too, and those that are spelt out."""
    for hit in _EMAIL.finditer(text):
        yield Found(hit.start(), hit.end(), "EMAIL", 1.0, "emails", "the form of an address")
    for hit in _IN_A_QUERY.finditer(text):
        yield Found(hit.start(), hit.end(), "EMAIL", 1.0, "emails", "an address in a query")
    for hit in _SPELT.finditer(text):
        yield Found(hit.start(), hit.end(), "EMAIL", 0.8, "emails", "an address that is spelt out")
