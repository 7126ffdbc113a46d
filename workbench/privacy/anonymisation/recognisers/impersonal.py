"""Capitals that look like a name and are none by where they stand: heads of tables, programs with a
version, pieces of addresses of machines, labels of forms, books and films.
"""

from __future__ import annotations

import re

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.words import is_english, read_classes, read_lexicon

from .fields import cells_in, kind_of

_VERSION = re.compile(
    r" (?:to )?(?:version |ver\.? |release |v\.? ?)?(?P<number>(?:\d{1,2}|20\d\d)\.\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)(?![\d.-]\d|\d)"
    r"| (?:version |v)\d{1,4}\.\d"
)
_DATE = re.compile(r"(?:[0-2]?\d|3[01])\.(?:0?\d|1[0-2])\.(?:\d{4}|[3-9]\d|0\d)")
_MACHINE = re.compile(
    r"[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,}(?:%\w+)?|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{2,12}){3,4}|"
    r"[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){5}"
)
_JOINTS = (":", "-", "/", ".")
_TOKEN_ENDS = " \t\n,;|\"'<>()[]"
_WORK_BEHIND = re.compile(
    r" ?\((?:the )?(?:book|novel|film|movie|dvd|cd|album|musical|opera|play|game|paperback|series|audiobook|comic)\b",
    re.IGNORECASE,
)
_WORK_BEFORE = re.compile(
    r"\b(?:the|a|of|copy of|new) (?:film|movie|novel|musical|opera|ballet|album|boxset|paperback|audiobook) [\"“]?$|"
    r"\b(?:[Bb]ook|[Ff]ilm|[Nn]ovel|DVD|[Tt]itle): [\"“]?$"
)
_CLOSING = re.compile(r"(?m)^[ \t>]*(?:Best|Love|Darling|Dearest|Sweetheart|Cheers|Warmly|Yours)$")
# Q. And where, Mr Rossi? Y. But not there.
_LETTER_AND_WORD = re.compile(
    r"[QYN]\. (?:And|But|What|Where|When|Who|Whose|Why|How|Which|Did|Does|Is|Was|Were|Are|Not|Yes|So|The|"
    r"It|Or|Then|Can|Could|Would|Please|You|Your|We|They|That|This|There)"
)
_INITIAL_AND_WORD = re.compile(r"[A-Z]\. (?P<word>[A-Z][a-z]+)")
_LETTERED = re.compile(
    r"(?:\b(?:Hall|Room|Lot|Appendix|Group|Grade|Class|Plan|Type|Section|Part|Block|Vitamin|Hepatitis|Team|Gate|Zone|Option|"
    r"Schedule|Annex|Ward|Wing|Platform|Level|Figure|Table|Category|Phase|Stage)|\d ?°?) $"
)
_MOST_HEAD_CHARS = 26
_LEAST_HEAD_CELLS = 3
_HEAD_MARKS = (",", ";", "\t", "|", "  ")


def is_impersonal(text: str, each: Found, heads: list[tuple[int, int]]) -> bool:
    """Whether what was taken for a person or a place is nobody's by where it stands."""
    said = text[each.start : each.end]
    if _has_a_version(text, each.end) or _is_of_a_machine(text, each):
        return True
    if any(start <= each.start and each.end <= end for start, end in heads):
        words = re.findall(r"[^\W\d_]+", said.lower())
        return said.islower() or not set(words) & read_lexicon().curated
    if each.kind == "LOCATION":
        return False
    if each.by == "small_names" and (
        text[each.start - 1 : each.start].isdigit() or text[each.end : each.end + 1].isdigit()
    ):
        return True  # a piece of a code: 7cea8a8b
    if _lettered(text, each, said) or _is_an_abbreviation(text, each, said):
        return True
    if _LETTER_AND_WORD.fullmatch(said) or _is_a_label(text, each, said):
        return True
    if _WORK_BEHIND.match(text, each.end) or _WORK_BEFORE.search(text[: each.start][-32:]):
        return True
    line = text[text.rfind("\n", 0, each.start) + 1 : each.end]
    return bool(_CLOSING.fullmatch(line)) and text[each.end : each.end + 2] == ",\n"


def _lettered(text: str, each: Found, said: str) -> bool:
    """Whether the letter that begins a name is that of a hall or a scale: Hall B. Calculators."""
    hit = _INITIAL_AND_WORD.fullmatch(said)
    if hit is None:
        return False
    low = hit["word"].lower()
    if not is_english(low) or low in read_lexicon().given:
        return False
    return bool(_LETTERED.search(text[max(0, each.start - 16) : each.start]))


def _is_an_abbreviation(text: str, each: Found, said: str) -> bool:
    """Whether letters are a code's end (REF/5614/TR), a label (D.O.B.) or an answer's mark (FW:)."""
    before = text[max(0, each.start - 10) : each.start]
    flat = said.replace(".", "").lower()
    if len(flat) > 3 or " " in said:
        return False
    if re.search(r"\d/$", before) or (before.endswith("Subject: ") and text[each.end :][:1] == ":"):
        return True
    return "." in said and flat in ("dob", "aob", "cf", "pto", "eta", "ref", "tel", "asap")


def _has_a_version(text: str, end: int) -> bool:
    hit = _VERSION.match(text, end)
    return hit is not None and not (hit["number"] and _DATE.fullmatch(hit["number"]))


def _is_of_a_machine(text: str, each: Found) -> bool:
    """Whether a name is a piece of a MAC address, a UUID, or the path of a public web address."""
    start, end = each.start, each.end
    joined = text[start - 1 : start] in _JOINTS or text[end : end + 1] in _JOINTS
    if not joined and not any(char.isdigit() for char in text[max(0, start - 1) : end + 1]):
        return False
    while start > 0 and text[start - 1] not in _TOKEN_ENDS:
        start -= 1
    while end < len(text) and text[end] not in _TOKEN_ENDS:
        end += 1
    token = text[start:end]
    if "://" in token:
        return "@" not in token and "/home/" not in token
    return bool(_MACHINE.search(token)) and token.count(":") + token.count("-") >= 3


def _is_a_label(text: str, each: Found, said: str) -> bool:
    """Whether a word before a colon at the beginning of its line is a form's or a script's."""
    if text[each.end : each.end + 1] != ":" or " " in said:
        return False
    before = text[text.rfind("\n", 0, each.start) + 1 : each.start]
    if re.sub(r"\[?\(?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\)?\]?", "", before).strip(" \t>*-•[]"):
        return False
    words = re.findall(r"[^\W\d_]+", said.lower())
    if said.lower() in read_classes("nobodies.txt")["speaker"]:
        return True
    given = read_lexicon().given | read_lexicon().curated
    return all(
        (len(word) > 3 and is_english(word) and word not in given) or word in ("by", "of", "out")
        for word in words
    )


def heads_in(text: str) -> list[tuple[int, int]]:
    """Where the first line of a table names its columns: no digits in it, but in a column below.

    Its cells are labels, or words in small letters, or English; a line of persons' names is none.
    """
    lines = list(re.finditer(r"[^\n]+", text))
    found = []
    for at, head in enumerate(lines[:-1]):
        said = head.group()
        if len(said) < 8 or any(char.isdigit() or char in "@:=" for char in said):
            continue
        for mark in _HEAD_MARKS:
            if said.strip().count(mark) < _LEAST_HEAD_CELLS - 1:
                continue
            names = [name for _, name in cells_in(said, mark) if name]
            if len(names) >= _LEAST_HEAD_CELLS and _is_head(names, lines[at + 1 : at + 4], mark):
                found.append(head.span())
                break
    return found


def _is_head(names: list[str], below: list[re.Match[str]], mark: str) -> bool:
    if any(len(name) > _MOST_HEAD_CHARS for name in names):
        return False
    rows = [line.group() for line in below if set(line.group().strip()) - set("-|+: =")]
    if not rows:
        return False
    counts = [len([cell for _, cell in cells_in(row, mark) if cell]) for row in rows]
    near = [count for count in counts[:2] if abs(count - len(names)) <= 1]
    if not near or not any(char.isdigit() or char == "@" for char in rows[0]):
        return False
    if any(kind_of(name) for name in names) or all(name[0].islower() for name in names):
        return True
    lexicon = read_lexicon()
    words = [word for name in names for word in re.findall(r"[^\W\d_]+", name.lower())]
    return all((is_english(word) or word in lexicon.no_names) and word not in lexicon.curated
               for word in words)  # fmt: skip
