"""Records of persons in YAML, JSON and XML: where a name or a birth stands, "id" numbers its owner.

A record is what stands between two braces, or lines of one indent below each other. Its plain "id",
"no" or "ref" says nothing by itself; beside "surname", "born" or "e-mail" it is a person's, beside
"price" or "version" a thing's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_BRACED = re.compile(r"\{[^{}]{6,600}\}")
_PAIR = re.compile(
    r"[\"'](?P<key>[\w .-]{1,30})[\"']\s*:\s*(?P<mark>[\"']?)(?P<value>[^\"'\n,{}\[\]]{1,80})(?P=mark)"
)
_LINE = re.compile(
    r"(?m)^(?P<indent>[ \t]*(?:- )?[ \t]*)(?P<key>[A-Za-z][\w.-]{0,29})[ \t]*:[ \t]+(?P<mark>[\"']?)(?P<value>[^\"'\n]{1,80}?)(?P=mark)[ \t]*$"
)
_NUMBER_KEY = re.compile(r"(?i)(?:id|no|nr|num|number|ref|reference|code|uid|key|pk)")
_VALUE = re.compile(r"[A-Za-z]{0,6}[-/ ]?\d[\dA-Za-z]*(?:[-/ .][\dA-Za-z]{1,6})*")
_LEAST_DIGITS = 3
_LEAST_CHARS = 4
_LEAST_PLAIN = 5  # digits alone: fewer may be a row of a table
_PERSONAL = re.compile(
    r"(?i)(?:given|first|last|family|middle|maiden|sur|fore|full)[ _-]?names?|names?|given|family|surname|born|dob|birth.*|date_?of_?birth|"
    r"e_?-?mail.*|(?:home_?|work_?)?(?:phone|mobile|tel|telephone|cell)|age|sex|gender|title|nationality|spouse|next_?of_?kin|address"
)
_THING = re.compile(
    r"(?i)(?:price|amount|total|qty|quantity|sku|product|item|items|brand|model|maker|version|release|build|host|port|image|url|status|"
    r"priority|currency|weight.*|isbn|serial|batch|lot|event|start|end|due|duration|summary|subject|message|level|type|sent|created|text|service)"
)
_LEAST_PERSONAL = 2


def find(text: str, reading: Reading) -> Iterator[Found]:
    """The plain numbers of records with two fields of a person and none of a thing."""
    yield from _in_tags(text)
    if "<" in text:
        yield from _in_elements(text)
    for record in (*_in_braces(text), *_in_lines(text)):
        keys = [key for key, _, _ in record]
        personal = {key.lower() for key in keys if _PERSONAL.fullmatch(key)}
        if len(personal) < _LEAST_PERSONAL or any(_THING.fullmatch(key) for key in keys):
            continue
        for key, start, end in record:
            said = text[start:end]
            if _NUMBER_KEY.fullmatch(key) and _may_be(said):
                yield Found(start, end, "ID", 0.7, "records", "in a record of a person")


_TAG = re.compile(r"<[A-Za-z][\w:.-]*(?P<attributes>(?:\s+[\w:.-]+=\"[^\"<>\n]{0,80}\"){2,})\s*/?>")
_ATTRIBUTE = re.compile(r"(?P<key>[\w.-]+)=\"(?P<value>[^\"]*)\"")
_TAG_NUMBER = re.compile(r"(?i)(?:id|no|nr|num|number|ref|code|uid|doc|document|passport|card|key)")


def _in_tags(text: str) -> Iterator[Found]:
    """Numbers among the attributes of an XML element that names somebody."""
    if '="' not in text:
        return
    for tag in _TAG.finditer(text):
        pairs = list(_ATTRIBUTE.finditer(text, *tag.span("attributes")))
        keys = [pair["key"].lower() for pair in pairs]
        named = sum(key in _TAG_NAMES or bool(_PERSONAL.fullmatch(key)) for key in keys)
        if named < _LEAST_PERSONAL or any(_THING.fullmatch(key) for key in keys):
            continue
        for pair in pairs:
            if _TAG_NUMBER.fullmatch(pair["key"]) and _may_be(pair["value"]):
                yield Found(*pair.span("value"), "ID", 0.7, "records", "in an element of a person")


# <person nr="8382"><n>...: the element says whose number it is, what is in it that somebody is told.
_OF_AN_OWNER = re.compile(
    r"(?i)<(?:\w+:)?(?:person|people|individual|employee|worker|staff|colleague|patient|member|customer|client|student|pupil|learner|tenant|guest|"
    r"resident|donor|volunteer|passenger|applicant|candidate|participant|subject|subscriber|insured|beneficiary|contact|user|citizen|"
    r"inmate|prisoner|officer|nurse|doctor|driver|player|borrower|reader|child|parent|attendee|delegate|supporter)"
    r"(?P<attributes>(?:\s+[\w:.-]+=[\"'][^\"'<>\n]{0,80}[\"'])+)\s*>(?=\s*<(?:\w+:)?(?P<inner>\w{1,14})[\s>])"
)
_QUOTED = re.compile(r"(?P<key>[\w.-]+)=[\"'](?P<value>[^\"']*)[\"']")
_INNER = frozenset(
    (
        "n",
        "nm",
        "fn",
        "ln",
        "tel",
        "phone",
        "email",
        "mail",
        "address",
        "born",
        "dob",
        "person",
        "displayname",
    )
)


def _in_elements(text: str) -> Iterator[Found]:
    """The number that an element of a person has as an attribute, where the next one tells of them."""
    for tag in _OF_AN_OWNER.finditer(text):
        if tag["inner"].lower() not in _INNER and not _PERSONAL.fullmatch(tag["inner"]):
            continue
        for pair in _QUOTED.finditer(text, *tag.span("attributes")):
            digits = sum(char.isdigit() for char in pair["value"])
            if _TAG_NUMBER.fullmatch(pair["key"]) and digits >= _LEAST_DIGITS:
                yield Found(*pair.span("value"), "ID", 0.7, "records", "in an element of a person")


_TAG_NAMES = frozenset(("first", "last", "given", "family", "middle"))


def values_of_things(text: str) -> Iterator[tuple[int, int]]:
    """Where the values of records stand that have two fields of a thing and none of a person."""
    if ":" not in text:
        return
    for record in (*_in_braces(text), *_in_lines(text)):
        keys = [key for key, _, _ in record]
        things = {key.lower() for key in keys if _THING.fullmatch(key)}
        plain = (key for key in keys if key.lower() not in ("name", "title", "address"))
        if len(things) >= _LEAST_PERSONAL and not any(_PERSONAL.fullmatch(key) for key in plain):
            yield from ((start, end) for _, start, end in record)


def _may_be(said: str) -> bool:
    digits = sum(char.isdigit() for char in said)
    least = _LEAST_PLAIN if said.isdigit() else _LEAST_DIGITS
    return digits >= least and len(said) >= _LEAST_CHARS and bool(_VALUE.fullmatch(said))


def _in_braces(text: str) -> Iterator[list[tuple[str, int, int]]]:
    for hit in _BRACED.finditer(text):
        yield [
            (pair["key"], *pair.span("value"))
            for pair in _PAIR.finditer(text, hit.start(), hit.end())
        ]


def _in_lines(text: str) -> Iterator[list[tuple[str, int, int]]]:
    """Lines right below each other whose keys stand in one column; a dash begins a record."""
    record: list[tuple[str, int, int]] = []
    column, last = -1, -1
    for hit in _LINE.finditer(text):
        at = len(hit["indent"].expandtabs(4))
        follows = hit.start() == last + 1 and at == column and "-" not in hit["indent"]
        if record and not follows:
            yield record
            record = []
        record.append((hit["key"], *hit.span("value")))
        column, last = at, hit.end()
    if record:
        yield record
