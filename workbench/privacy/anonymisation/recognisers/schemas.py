"""Records whose form says what each value is: rows of SQL, visiting cards (vCard), lists below a key.

The names of columns stand in an INSERT's head, the places of an address in RFC 6350's order, and
the lines of an address below ``address:`` in YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon

from .fields import kind_of

_INSERT = re.compile(
    r"(?i)\binsert\s+into\s+[\w.\"`\[\]]+\s*\((?P<columns>[^()]{3,400})\)\s*values\s*"
)
_ROW = re.compile(r"\s*,?\s*\((?P<values>(?:[^()']|'(?:[^']|'')*')*)\)")
_VALUE = re.compile(r"\s*(?:'(?P<said>(?:[^']|'')*)'|(?P<bare>[^,']+?))\s*(?:,|$)")
_ADR = re.compile(r"(?mi)^(?:item\d+\.)?ADR(?:;[^:\n]*)?:(?P<parts>[^\n]+)$")
_N = re.compile(r"(?mi)^(?:item\d+\.)?N(?:;[^:\n]*)?:(?P<parts>[^\n]+)$")
_LISTED = re.compile(
    r"(?im)^(?P<indent>[ \t]*)(?:- )?(?:home_?|postal_?|mailing_?)?address(?:_lines?)?:[ \t]*\n(?P<lines>(?:(?P=indent)[ \t]*- [^\n]+\n?){2,6})"
)
_LINE = re.compile(r"(?m)^[ \t]*- [\"']?(?P<said>[^\n:]+?)[\"']?[ \t]*$")
_KINDS = frozenset(("PERSON", "LOCATION", "ID", "BIRTH_DATE", "PHONE"))
_NAME_CHARS = re.compile(r"[^\W\d_][^\d\n@]*")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """The values that are personal by the name of their column or their place."""
    if "(" in text:
        yield from _in_inserts(text)
    yield from _on_cards(text)
    for hit in _LISTED.finditer(text):
        for line in _LINE.finditer(text, *hit.span("lines")):
            yield Found(*line.span("said"), "LOCATION", 0.75, "schemas", "a line of an address")


def _in_inserts(text: str) -> Iterator[Found]:
    for head in _INSERT.finditer(text):
        columns = [name.strip(' \t\n"`[]') for name in head["columns"].split(",")]
        kinds = [kind_of(name) for name in columns]
        if not set(kinds) & _KINDS:
            continue
        at = head.end()
        while row := _ROW.match(text, at):
            values = list(_VALUE.finditer(text, *row.span("values")))
            if len(values) == len(kinds):
                for kind, value in zip(kinds, values, strict=True):
                    yield from _of_a_column(text, kind, value)
            at = row.end()


def _of_a_column(text: str, kind: str, value: re.Match[str]) -> Iterator[Found]:
    said = value["said"]
    if kind not in _KINDS or not said or len(said) > 120:
        return
    digits = sum(char.isdigit() for char in said)
    fits = {
        "PERSON": bool(_NAME_CHARS.fullmatch(said)) and said.lower() not in read_lexicon().no_names,
        "LOCATION": any(map(str.isalnum, said)),
        "ID": digits >= 3,
        "BIRTH_DATE": digits >= 4,
        "PHONE": digits >= 6,
    }
    if fits[kind]:
        yield Found(*value.span("said"), kind, 0.75, "schemas", "the name of its column")


def _on_cards(text: str) -> Iterator[Found]:
    """The parts of an address and of a name on a visiting card."""
    if "vcard" not in text.lower():  # capitals of a whole line may have been made small
        return
    for pattern, kind in ((_ADR, "LOCATION"), (_N, "PERSON")):
        for hit in pattern.finditer(text):
            at = hit.start("parts")
            for place, part in enumerate(re.split(r"(?<!\\);", hit["parts"])):
                said = part.strip(" \r")
                title = kind == "PERSON" and place > 2  # prefixes and suffixes: Dr, Jr
                if len(said) > 1 and not title and any(map(str.isalnum, said)):
                    start = at + part.index(said)
                    yield Found(
                        start, start + len(said), kind, 0.75, "schemas", "its place on a card"
                    )
                at += len(part) + 1
