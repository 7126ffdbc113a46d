"""Numbers of persons that a word beside them names: passports, licences, staff, members, patients.

The nearest label decides (see ``id_labels``), so that an order's number behind a passport's stays.
A number in one line with a birth, of a kind that things have no birth for, is a person's too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import NOTHING_READ, Reading
from workbench.privacy.anonymisation.words import read_classes

from .birth_dates import find as find_births
from .date_forms import is_written_date
from .fields import cells_in
from .id_labels import among, is_label, is_tax_code, label_before, label_behind

# Groups of letters and digits; from the second on each group holds a digit or is one or two capitals.
_NUMBER = re.compile(
    r"(?<![\w@.+/-])(?:[A-Za-z]{1,7}[/-]?(?=\d)|[A-Z]{1,3} (?=\d))?[A-Za-z0-9]*\d[A-Za-z0-9]*"
    r"(?:[ ./-](?:[A-Za-z]{0,3}\d[A-Za-z0-9]*|[A-Z]{1,2}(?![\w'’]|[ ][a-z])|(?<=[/-])[A-Z]{1,3}(?!\w)))*(?![\w@]|[.-]\w)"
)
_LEAST_DIGITS = 4
_SHORT_CODE = re.compile(r"[A-Z]{2,5}[-/]\d{3}")
# Letters and few digits, as passports and cards of several countries are numbered: X4RTBPFW4. A
# letter stands behind a digit, which no word with a number at its end has: OFFICE24.
_DOCUMENT_CODE = re.compile(
    r"(?=[A-Z]*\d+[A-Z])(?=(?:[A-Z]*\d){2})(?=(?:\d*[A-Z]){3})[A-Z0-9]{8,10}"
)
_DOCUMENT = re.compile(r"(?i)pass|paspoort|ausweis|paszport|pašovi|útlevél|identi|id\b|id card")
_LEAST_CHARS = 5
_MOST_CHARS = 26
# A clock's time or a year; dates of a day are told by ``is_written_date``, so that 52-44-85 is none.
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?|(?:19|20)\d{2}")
# A date with the hour of a clock behind it.
_DATED = re.compile(r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})(?: \d{1,2}(?!\d)|T\d)")
_NAMED = re.compile(
    r"[^\W\d_a-zß-ÿ][\w'’.-]* (?:[a-z]{1,3} ){0,2}[^\W\d_a-zß-ÿ][\w'’-]+,? \((?:(?:our |your )?(?:no|nr|num|number|ref|id|#)\.?:? ?)?$"
)
_CURRENCIES = r"(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|KES|NGN|INR|JPY|AUD|CAD|ZAR|kr|zł|Rs|euros?|dollars?|pounds?)"
_CURRENCY_BEFORE = re.compile(rf"(?:[$£€₹¥₦₩]|\b{_CURRENCIES}\.?) ?$")
_CURRENCY_BEHIND = re.compile(rf" ?(?:[$£€₹¥₦₩%]|{_CURRENCIES}\b)")
_SUM = re.compile(
    r"(?:[A-Z]{3} )?\d{1,3}(?:[ .,]\d{3})*[.,]\d{2}|\d+[.,]\d{2}|v?\d+(?:\.\d{1,2}){1,3}(?:-rc\d)?"
)
_AND_ANOTHER = re.compile(
    r"(?: \([^)\n]{1,12}\))?(?:, | and |; | / )(?:(?:and )?[^\W\d_a-zß-ÿ][\w'’-]+ (?:[^\W\d_a-zß-ÿ][\w'’-]+ )?)?"
)
_IN_A_NAME = re.compile(
    r"\b(?:name|Mr|Mrs|Ms|Miss|Dr|client|customer|patient|pupil|tenant|member)\.?:? \"?(?-i:[^\W\d_a-zß-ÿ][\w'’-]+(?: [^\W\d_a-zß-ÿ][\w'’-]+){0,3})\"? \($",
    re.I,
)
_FILE = re.compile(
    r"\b(?:client|patient|customer|employee|member|pupil|student)\b[^\n(]{2,40}\((?:file|no\.?|ref\.?|record) $",
    re.I,
)
_STAFF = re.compile(
    r"[a-z]\d{6,8}|[A-Z]{1,4}[-/]?\d{3,9}(?:[-/]?[A-Z\d]{1,3})?|\d{5,10}|\d{3,6}/\d{2,4}"
)
# A number of one kind alone: letters and digits, no sum and no date.
_CODE = re.compile(
    r"(?=.*\d{3})[A-Z]{1,4}[-/]?\d[\dA-Z/-]{3,}|\d{6,14}[A-Z]?|\d{2,}-\d{4,}(?:-\d+)?|\d{2,3}(?:-\d{2,3}){2}"
)
# A number of a card that pays nothing: overdue on card 2100424735.
_CARD = re.compile(
    r"(?i)(?<!gift )(?<!bank )(?<!credit )(?<!debit )(?<!sim )(?<!sd )(?<!video )(?<!charge )(?<!payment )(?<!report )(?<!post)\bcard(?: no\.?| number| nr\.?)?:? $"
)
_PAID = re.compile(
    r"(?i)\b(?:paid|pay|payment|visa|mastercard|amex|debit|credit|charged?|refund\w*|purchase|gift|top-?up)\b"
)
# A constable's number; the end of a number that is asked for to be sure of somebody.
_RANKED = re.compile(
    r"\b(?:PC|Pc|PS|DC|DS|WPC|PCSO|Sgt|Sergeant|Const|Constable|Cst|Officer|Garda|Trooper|Agent)\.? (?:no\.? ?|#)?(?P<number>\d{3,6}[A-Z]{0,2})(?= [A-ZÀ-Þ]|[,.;)\n]|$)"
)
_LAST_FOUR = re.compile(
    r"(?i)\blast (?:four|4|3|three)(?: digits)?(?: of)?(?: (?:my|his|her|the|your|their))? (?:ssn|social|nino?|passport|licen[cs]e|id)(?: security)?(?: number| no\.?)?(?: is| are|:|,)? (?P<number>\d{3,4})\b"
)
# A number behind somebody's sex and age: Doe, Ann F 54 Z449120.
_AGED = re.compile(
    r"(?<![^\W_])(?:(?:[MF]|[Mm]ale|[Ff]emale)[ ,/]{1,2}\d{1,3} ?(?:y|yo|yrs?)?|\d{1,3} ?(?:y|yo|yrs?)? ?[MF])(?:[,;|/]? {1,3}| - )(?:[Nn]o\.? |#)?"
    r"(?P<number>[A-Z]{1,3}-?\d{4,9}|\d{6,10})(?![\w@]|[.,/-]\d)"
)
_NUMBERED = re.compile(r"(?i)\b(?:no|nr|number|id|num)\.?:? ?#?$|#$")
_MARKS = (",", ";", "\t", "|")
_LEAST_MARKS = 2
_MOST_TO_A_BIRTH = 80
_OWNER = re.compile(
    r"\b(?:employee|patient|customer|client|student|staff|member|holder|insured|pupil)\b", re.I
)
_SIBLING = re.compile(
    r"\"(?:\w*(?:type|scheme|kind|document|name|system|label|code|use))\"\s*:\s*\"(?P<label>[^\"\n]{2,30})\"[^{}]{0,80}?"
    r"\"(?:\w*(?:number|value|no|id|code))\"\s*:\s*\"(?P<number>[^\"\n]{4,30})\""
)
# A door's log: badge=E8841 holder="Doe, Ann".
_BADGE = re.compile(
    r"\b(?:badge|card|tag|fob|pass|key)(?:_?(?:id|no|number))?=\"?(?P<number>[A-Za-z]{0,4}[-/]?\d{3,10}[A-Z]?)\"?[ ,;]{1,2}"
    r"(?:holder|name|user|employee|owner|member)(?:_?name)?="
)
_OWNED = re.compile(
    r"\"(?:employee|patient|customer|client|student|staff|member|insured|person)\"\s*:\s*\{[^{}]{0,60}?"
    r"\"(?:no|nr|number|id|code)\"\s*:\s*\"?(?P<number>[\w /-]{4,24})\"?"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """What stands behind such a word, in brackets before it, or beside it in a record."""
    last, last_label = -1, ""
    numbers: list[tuple[int, int]] = []
    for hit in _NUMBER.finditer(text):
        start, said = _without_label(text, hit)
        short = (
            said.isdigit() and len(said) == 3 and _NUMBERED.search(text, max(0, start - 9), start)
        )
        code = not _may_be(said) and bool(_DOCUMENT_CODE.fullmatch(said))
        if not (_may_be(said) or short or code) or _is_sum(text, start, hit.end()):
            continue
        label = label_before(text, start) or label_behind(text, hit.end())
        if code and not _DOCUMENT.match(label):
            continue
        if label == "badge" and not _STAFF.fullmatch(said):
            label = ""  # a visitor's badge hangs at the door: 6W-21262
        if not label and last >= 0 and _AND_ANOTHER.fullmatch(text, last, start):
            label = last_label
        label = label or _beside_somebody(text, start, hit.end(), said)
        if label.startswith("tax") and is_tax_code(said):
            continue
        if label:
            last, last_label = hit.end(), label
            yield Found(start, hit.end(), "ID", 0.75, "stated_ids", f"{label} names it")
        elif not short:
            numbers.append((start, hit.end()))
    yield from _in_records(text)
    for pattern in (_RANKED, _LAST_FOUR, _AGED):
        for hit in pattern.finditer(text):
            yield Found(*hit.span("number"), "ID", 0.7, "stated_ids", "whose number it is is said")
    for hit in _BADGE.finditer(text):
        yield Found(*hit.span("number"), "ID", 0.75, "stated_ids", "its holder stands beside it")
    if numbers:
        yield from _beside_births(text, numbers)


def _without_label(text: str, hit: re.Match[str]) -> tuple[int, str]:
    """Where a number begins: behind a short label in capitals, if no other label is before it."""
    said = hit.group()
    prefix = re.match(r"([A-Z]{2,3}) (?=\d)", said)
    labelled = prefix and (among(prefix[1].lower(), "sure") or prefix[1] == "ID")
    if (
        prefix
        and not label_before(text, hit.start())
        and (labelled or label_before(text, hit.start() + prefix.end()))
    ):
        return hit.start() + prefix.end(), said[prefix.end() :]
    return hit.start(), said


def _is_sum(text: str, start: int, end: int) -> bool:
    """Whether money is told: a sign or a currency beside the number."""
    if _CURRENCY_BEFORE.search(text, max(0, start - 5), start):
        return True
    return bool(_CURRENCY_BEHIND.match(text, end)) or bool(_SUM.fullmatch(text, start, end))


def _may_be(said: str) -> bool:
    digits = sum(char.isdigit() for char in said)
    if digits < _LEAST_DIGITS and not _SHORT_CODE.fullmatch(said):
        return False
    if not _LEAST_CHARS <= len(said) + 1 <= _MOST_CHARS:
        return False
    return not (is_written_date(said) or _TIME.fullmatch(said) or _DATED.match(said))


def _beside_somebody(text: str, start: int, end: int, said: str) -> str:
    """Whose number it is by what stands around it: a name before its bracket, an owner's line."""
    if _FILE.search(text, max(0, start - 60), start):
        return "file"
    bracket = text[end : end + 1] in (")", ",", ";")
    named = _NAMED.search(text, max(0, start - 40), start) or _IN_A_NAME.search(
        text, max(0, start - 48), start
    )
    if bracket and named and _STAFF.fullmatch(said):
        return "a name"
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if said.isdigit() and 7 <= len(said) <= 12 and _CARD.search(line) and not _PAID.search(line):
        return "card"
    if re.search(r"\b[Nn]o\.?:? *$", line) and _OWNER.search(line):
        return "no"
    return ""


def _in_records(text: str) -> Iterator[Found]:
    for pattern in (_SIBLING, _OWNED):
        for hit in pattern.finditer(text):
            if pattern is _SIBLING and not is_label(hit["label"]):
                continue
            if sum(char.isdigit() for char in hit["number"]) >= _LEAST_DIGITS:
                yield Found(*hit.span("number"), "ID", 0.75, "stated_ids", "its record names it")


def _beside_births(text: str, numbers: list[tuple[int, int]]) -> Iterator[Found]:
    """Numbers in a line that tells a birth, unless a thing's word stands before them."""
    births = [(each.start, each.end) for each in find_births(text, NOTHING_READ)]
    for start, end in numbers:
        begin, stop = _line_around(text, start, end)
        near = [
            at for at, to in births if begin <= at and to <= stop and not (at < end and start < to)
        ]
        if not near or min(abs(at - start) for at in near) > _MOST_TO_A_BIRTH:
            continue
        head = _head_above(text, start)
        if _CODE.fullmatch(text, start, end) and not (
            _of_a_thing(text[max(0, start - 28) : start]) or _of_a_thing(head)
        ):
            yield Found(start, end, "ID", 0.6, "stated_ids", "in a line with a birth")


def _head_above(text: str, start: int) -> str:
    """The head of the column that a number stands in, in small letters; empty where there is none."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[begin : len(text) if stop < 0 else stop]
    mark = next((mark for mark in _MARKS if line.count(mark) >= _LEAST_MARKS), "")
    if not mark:
        return ""
    cells = cells_in(line, mark)
    at = max((n for n, (to, _) in enumerate(cells) if to <= start - begin), default=-1)
    for head in reversed(text[:begin].split("\n")[:-1]):
        names = cells_in(head, mark)
        if abs(len(names) - len(cells)) > 1:
            return ""
        if not any(map(str.isdigit, head)):
            # A name that nobody quoted may have made a cell too many before it.
            at -= len(cells) - len(names)
            return names[at][1].lower() if 0 <= at < len(names) else ""
    return ""


def _line_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The line of a number; where it stands there alone, with the lines above and below."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if text[begin:start].strip(" \t#*-") or text[end:stop].strip():
        return begin, stop
    above = text.rfind("\n", 0, max(0, begin - 1)) + 1
    below = text.find("\n", stop + 1)
    return above, len(text) if below < 0 else below


def _of_a_thing(before: str) -> bool:
    """Whether the last words before a number are a thing's, a sum's or a telephone's."""
    words = re.findall(r"[^\W\d_]+", before.lower())[-3:]
    other = read_classes("id_labels.txt")["other"] | {"tel", "phone", "mobile", "fax", "ext"}
    return any(word in other for word in words) or bool(re.search(r"[$£€@]\s?$", before))
