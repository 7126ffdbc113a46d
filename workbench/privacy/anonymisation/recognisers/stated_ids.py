"""Numbers of persons that a word beside them names: passports, licences, staff, members, patients.

From a number one reads back over small words to what names it: the nearest label decides, so that
an order's number behind a passport's stays. Labels are known with one typing error too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_classes

# Groups of letters and digits; from the second on each group holds a digit or is one or two capitals.
_NUMBER = re.compile(
    r"(?<![\w@.+/-])(?:[A-Za-z]{1,7}[/-]?(?=\d)|[A-Z]{1,3} (?=\d))?[A-Za-z0-9]*\d[A-Za-z0-9]*"
    r"(?:[ ./-](?:[A-Za-z]{0,3}\d[A-Za-z0-9]*|[A-Z]{1,2}(?![\w'’]|[ ][a-z])))*(?![\w@]|[.-]\w)"
)
_LEAST_DIGITS = 4
_LEAST_CHARS = 5
_MOST_CHARS = 26
_MOST_WORDS_BETWEEN = 5
_DATE = re.compile(
    r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[:.]\d{2}(?:[:.]\d{2})?|(?:19|20)\d{2}"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*|[#№]")
_BEHIND = re.compile(r"^ ?\((?P<label>[^)\n]{2,30})\)")
_NAMED = re.compile(r"[^\W\d_a-zß-ÿ][^\W\d_]+ [^\W\d_a-zß-ÿ][\w'’-]+ \($")
_AND_ANOTHER = re.compile(r"(?: \([^)\n]{1,12}\))?(?:, | and |; | / )")
_FILE = re.compile(
    r"\b(?:client|patient|customer|employee|member|pupil|student)\b[^\n(]{2,40}\((?:file|no\.?|ref\.?|record) $",
    re.I,
)
_STAFF = re.compile(r"[A-Z]-?\d{4,8}|\d{5,8}")
_OWNER = re.compile(
    r"\b(?:employee|patient|customer|client|student|staff|member|holder|insured|pupil)\b", re.I
)
_SIBLING = re.compile(
    r"\"(?:\w*(?:type|scheme|kind|document|name))\"\s*:\s*\"(?P<label>[^\"\n]{2,30})\"[^{}]{0,80}?"
    r"\"(?:\w*(?:number|value|no|id|code))\"\s*:\s*\"(?P<number>[^\"\n]{4,30})\""
)
_OWNED = re.compile(
    r"\"(?:employee|patient|customer|client|student|staff|member|insured|person)\"\s*:\s*\{[^{}]{0,60}?"
    r"\"(?:no|nr|number|id|code)\"\s*:\s*\"?(?P<number>[\w /-]{4,24})\"?"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """What stands behind such a word, in brackets before it, or beside it in a record."""
    last, last_label = -1, ""
    for hit in _NUMBER.finditer(text):
        start, said = hit.start(), hit.group()
        prefix = re.match(r"([A-Z]{2,3}) (?=\d)", said)
        if prefix and (_among(prefix[1].lower(), "sure") or prefix[1] == "ID"):
            start, said = start + prefix.end(), said[prefix.end() :]
        digits = sum(char.isdigit() for char in said)
        if digits < _LEAST_DIGITS or not _LEAST_CHARS <= len(said) + 1 <= _MOST_CHARS:
            continue
        if _DATE.fullmatch(said):
            continue
        label = _label_before(text, start) or _label_behind(text, hit.end())
        if not label and last >= 0 and _AND_ANOTHER.fullmatch(text, last, start):
            label = last_label
        if not label and _FILE.search(text, max(0, start - 60), start):
            label = "file"
        named = _NAMED.search(text, max(0, start - 40), start)
        if not label and named and text[hit.end() : hit.end() + 1] == ")":
            label = "a name" if _STAFF.fullmatch(said) else ""
        if label:
            last, last_label = hit.end(), label
            yield Found(start, hit.end(), "ID", 0.75, "stated_ids", f"{label} names it")
    for pattern in (_SIBLING, _OWNED):
        for hit in pattern.finditer(text):
            if pattern is _SIBLING and not _is_label(hit["label"]):
                continue
            if sum(char.isdigit() for char in hit["number"]) >= _LEAST_DIGITS:
                yield Found(*hit.span("number"), "ID", 0.75, "stated_ids", "its record names it")


def _label_before(text: str, start: int) -> str:
    """The label that a number belongs to, empty where the words before it name none."""
    before = text[max(0, start - 72) : start]
    before = re.sub(r"\?\s*\n[^\n:]{1,32}:[^\n:]*$", " ", before)  # asked by one, told by the other
    kinds = read_classes("id_labels.txt")
    numbered = False
    words = list(_WORD.finditer(before))
    end = len(before)
    for count, word in enumerate(reversed(words)):
        between = before[word.end() : end]
        if (
            count
            and re.search(r"[;!?\d]|\n[ \t]*\n", between)
            and not re.fullmatch(r"[^\d;!?]*\(?", between)
        ):
            return ""
        if re.search(r"\d|\. [A-Z]", between):
            return ""
        low = word.group().lower().strip(".")
        if low in kinds["number"] and low not in ("id", "pin"):
            numbered, end = True, word.start()
            continue
        if _among(low, "sure"):
            return low if _is_a_label(text, start, low, numbered) else ""
        if _among(low, "with"):
            if numbered:
                return low
            end = word.start()
            if ":" in between:
                return low
            continue
        if low in kinds["filler"] and count < _MOST_WORDS_BETWEEN:
            end = word.start()
            continue
        break
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if re.search(r"\b[Nn]o\.?: *$", line) and _OWNER.search(line):
        return "no"
    return ""


def _is_a_label(text: str, start: int, low: str, numbered: bool) -> bool:
    """Whether a word stands as a label here: behind a visa stands a passport's number or a card's."""
    if low == "visa":
        return (
            numbered
            or not text[start : start + 19].replace(" ", "").replace("-", "")[:15].isdigit()
        )
    return True


def _label_behind(text: str, end: int) -> str:
    hit = _BEHIND.match(text[end : end + 36])
    return hit["label"] if hit and _is_label(hit["label"]) else ""


def _is_label(said: str) -> bool:
    words = [word.lower() for word in re.findall(r"[^\W\d_]+(?:['’.][^\W\d_]+)*", said)]
    kinds = read_classes("id_labels.txt")
    sure = any(_among(word, "sure") for word in words)
    return sure or (
        any(_among(word, "with") for word in words) and bool(kinds["number"] & set(words))
    )


@functools.lru_cache(maxsize=4096)
def _among(low: str, kind: str) -> bool:
    """Whether a word is of a class; a long one may have a typing error."""
    words = read_classes("id_labels.txt")[kind]
    if low in words:
        return True
    if len(low) < 6:
        return False
    return any(
        abs(len(word) - len(low)) <= 1 and len(word) >= 6 and _is_near(low, word) for word in words
    )


def _is_near(said: str, meant: str) -> bool:
    """Whether one letter is missing, doubled or changed, or two neighbours are exchanged."""
    if len(said) == len(meant):
        apart = [at for at in range(len(said)) if said[at] != meant[at]]
        if len(apart) == 2 and apart[1] == apart[0] + 1:
            return said[apart[0]] == meant[apart[1]] and said[apart[1]] == meant[apart[0]]
        return len(apart) == 1
    long, short = (said, meant) if len(said) > len(meant) else (meant, said)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
