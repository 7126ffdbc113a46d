"""Forms without colons: labels and values on lines of their own, two spaces or more between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon

from .capitals import name_evidence, words_of
from .fields import kind_of

_LINE = re.compile(
    r"(?m)^[ \t>]{0,8}(?P<key>[^\W\d_][\w ./'’-]{1,26}?)(?: {2,}|[ ]?\t+ ?|[ .]{3,} ?)(?P<value>\S[^\n\t]{0,90}?)[ \t]*$"
)
_LEAST_LINES = 3
_LEAST_KNOWN = 2
_CODE = re.compile(r"(?i)(?:post ?code|zip(?: code)?|postal code|eircode|plz|pin ?code)")
_PERSONAL = frozenset(("LOCATION", "ID", "BIRTH_DATE", "PHONE"))


def find(text: str, reading: Reading) -> Iterator[Found]:
    """The values of three such lines in a row and more, of which two labels are known."""
    for block in _blocks(list(_LINE.finditer(text)), text):
        kinds = [kind_of(hit["key"].strip(" .")) for hit in block]
        if len(block) < _LEAST_LINES or sum(map(bool, kinds)) < _LEAST_KNOWN:
            continue
        for hit, kind in zip(block, kinds, strict=True):
            if kind == "PERSON" and _is_a_name(hit["value"]):
                yield Found(*hit.span("value"), kind, 0.75, "aligned_fields", "the label beside it")
            if kind in _PERSONAL and _looks_like(kind, hit["key"], hit["value"]):
                yield Found(*hit.span("value"), kind, 0.75, "aligned_fields", "the label beside it")


def _blocks(hits: list[re.Match[str]], text: str) -> Iterator[list[re.Match[str]]]:
    """Lines that follow each other, with one other line between them at most."""
    block: list[re.Match[str]] = []
    for hit in hits:
        if block and text.count("\n", block[-1].end(), hit.start()) > 2:
            yield block
            block = []
        block.append(hit)
    yield block


_NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]+(?:,? (?:[a-z]{1,3} )?[^\W\d_a-zß-ÿ][\w'’.-]*){1,4}")


def _is_a_name(value: str) -> bool:
    """Whether a value is two to five words with capitals, of which a list knows one as a name."""
    if not _NAME.fullmatch(value):
        return False
    return any(name_evidence(read_lexicon(), word) for word in words_of(value))


def _looks_like(kind: str, key: str, value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    if kind == "LOCATION":
        return bool(_CODE.fullmatch(key.strip())) or any(char.isalpha() for char in value)
    return digits >= (4 if kind in ("BIRTH_DATE", "PHONE") else 3)
