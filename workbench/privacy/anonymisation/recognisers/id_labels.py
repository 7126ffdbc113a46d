"""Which words before or behind a number say whose it is: a person's, or a thing's.

One reads back from a number, word by word, to the nearest label; what stands between must be small
words, and few. Labels are known with one typing error too.
"""

from __future__ import annotations

import functools
import re

from workbench.privacy.anonymisation.words import is_english, read_classes, read_phrases

from .date_forms import STAMP

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?|[#№]|n[º°]", re.IGNORECASE)
_MOST_CHARS = 110
_MOST_WORDS = 9
_MOST_STRANGERS = 4  # words that are on no list, between a label and its number
# Behind these a label no longer holds, unless what follows speaks of it ("; it reads").
_STOP = re.compile(
    r"(?:(?<!\bno)(?<!\bnr)(?<!\bn)(?<![A-Z])\. +(?!N[ro]\b|Num|ID\b|Ref\b)(?=[A-ZÀ-Þ])|[;!]\s+)(?![^\n\d]{0,28}\b(?:[Ii]t|[Ii]t's|[Tt]hat|[Ww]hich|form|reads|says|the number)\b)|"
    r"\n[ \t]*\n|(?:[,;|\t](?=\S)[^\n,;|\t]*){2,}\n|\"\s*,|[{}\]]|(?<=\S) {3,}(?=[^\W\d_])"
)
_DIGIT = re.compile(r"\d")
_ASKED = re.compile(rf"\?\s*\n(?:{STAMP})?[^\n:\d]{{0,40}}(?:[:>]|\bA\b)[ \t]*")
_ASIDE = re.compile(r" ?\([^()\n\d]{2,28}\) ?: *$")
_BEHIND = re.compile(
    r"^(?: ?\((?P<in>[^)\n]{2,34})\)| (?:is|was|as) (?:my|his|her|their|your|the|our) (?P<is>[^\n.,;]{2,30})|"
    r" ?[-–=] ?(?P<dash>[^\n.,;\d]{2,24}))"
)


def label_before(text: str, start: int) -> str:
    """The label that a number at ``start`` belongs to; empty where none says a person's."""
    before = text[max(0, start - _MOST_CHARS) : start]
    before = _ASIDE.sub(": ", before)  # Membership no. (office use): 1234
    before = _ASKED.sub(" is ", before)  # asked by one, told by the other
    stop = [hit.end() for hit in _STOP.finditer(before)]
    before = before[stop[-1] :] if stop else before
    kinds = read_classes("id_labels.txt")
    words = list(_WORD.finditer(before))[::-1]
    numbered, strangers, end = False, 0, len(before)
    for count, word in enumerate(words[:_MOST_WORDS]):
        if _DIGIT.search(before, word.end(), end):
            return ""
        low = word.group().lower().rstrip(".")
        found = _label_at(before, words, count, numbered)
        if found is not None:
            return found
        end = word.start()
        if low in kinds["number"]:
            numbered = True
        elif low not in kinds["filler"] and not among(low, "with"):
            strangers += 1
            if strangers > _MOST_STRANGERS:
                return ""
    return ""


def _label_at(before: str, words: list[re.Match[str]], count: int, numbered: bool) -> str | None:
    """The label that a word is, "" for a thing's; None where it is none and one reads on."""
    word = words[count]
    low = word.group().lower().rstrip(".")
    kinds = read_classes("id_labels.txt")
    phrase = _phrase_ending(before[: word.end()])
    if phrase:
        return phrase
    if low in kinds["other"]:
        return ""
    if low == "id":
        return low if _is_somebodys(before[: word.start()], word.group()) else None
    if low in kinds["number"]:
        return None
    if among(low, "sure") and _is_sure(word.group(), low, numbered=numbered, count=count):
        return "" if _is_things(before, words, count) else low
    near = all(each.group().lower() in ("is", "was", "#") for each in words[:count])
    numbered = numbered or _is_numbered_before(before, words, count)
    if among(low, "with") and (numbered or ":" in before[word.end() :]):
        return "" if _is_things(before, words, count) else low
    if near and low in kinds["owner"]:
        return "" if _is_things(before, words, count) else low
    return None


def _is_numbered_before(before: str, words: list[re.Match[str]], count: int) -> bool:
    """Whether "number" stands before a label that leads to it: n° adhérent 2210334."""
    word = words[count]
    if count > 1 or before[word.end() :].strip(" :.#") or not before[: word.start()].strip():
        return False
    kinds = read_classes("id_labels.txt")
    earlier = [each.group().lower().rstrip(".") for each in words[count + 1 : count + 3]]
    return earlier[:1] != [] and (
        earlier[0] in kinds["number"]
        or (earlier[0] in ("de", "di", "d") and earlier[-1] in kinds["number"])
    )


def _phrase_ending(before: str) -> str:
    """The phrase that the words end with."""
    flat = re.sub(r"[\s_]+", " ", before.lower().replace("’", "'")).rstrip(" .:")
    last = flat.rpartition(" ")[2]
    for phrase in read_phrases("id_labels.txt").get(last, ()):
        if flat.endswith(phrase) and not flat[-len(phrase) - 1 : -len(phrase)].isalpha():
            return phrase
    return ""


def _is_sure(said: str, low: str, *, numbered: bool, count: int) -> bool:
    """Whether a sure label is meant: short ones in capitals, a visa's number and no Visa card's."""
    if low == "visa":
        return numbered or count > 0
    return len(low) > 3 or said.isupper() or numbered or (count == 0 and not is_english(low))


def _is_somebodys(left: str, said: str) -> bool:
    """Whether "id" stands alone, or behind whose it is; "crash id" is a thing's."""
    left = left.rstrip(" \"'(-*").lower()
    if re.search(r"\b(?:my|his|her|their|your)$", left):
        return True
    return said.isupper() and bool(
        re.search(r"(?:\b(?:the|our|and|with)|['’]s|^|[\n|,;:/])$", left)
    )


def _is_things(before: str, words: list[re.Match[str]], count: int) -> bool:
    """Whether the word right before a label makes it a thing's: boarding pass, device id."""
    if count + 1 >= len(words) or before[words[count + 1].end() : words[count].start()] != " ":
        return False
    return words[count + 1].group().lower().rstrip(".") in read_classes("id_labels.txt")["other"]


def label_behind(text: str, end: int) -> str:
    """A label in brackets or as a sentence's end behind a number: 12345678Z (DNI)."""
    hit = _BEHIND.match(text[end : end + 48])
    if not hit:
        return ""
    said = hit["in"] or hit["is"] or hit["dash"]
    return said if is_label(said) else ""


def is_label(said: str) -> bool:
    """Whether words as a whole name a number of a person: a field's name, a column's head."""
    flat = re.sub(r"[\W_]+", " ", said.lower().replace("’", "'")).strip()
    words = re.findall(r"[^\W\d_]+(?:['’.][^\W\d_]+)*|#", flat)
    kinds = read_classes("id_labels.txt")
    if not words or any(word in kinds["other"] for word in words):
        return False
    phrases = read_phrases("id_labels.txt")
    if any(phrase in flat for word in words for phrase in phrases.get(word, ())):
        return True
    if any(among(word, "sure") and word not in ("id", "cc", "run", "fin") for word in words):
        return True
    return any(among(word, "with") for word in words) and bool(
        (kinds["number"] | {"id"}) & set(words)
    )


# What a British payroll deducts by, the same for millions: 1257L, K475.
_TAX_CODE = re.compile(r"[SC]?(?:\d{1,4}[LMNT]|K\d{1,4})(?: ?(?:W1|M1|X))?")


def is_tax_code(said: str) -> bool:
    """Whether it is a code of tax tables and no number of somebody."""
    return bool(_TAX_CODE.fullmatch(said))


@functools.lru_cache(maxsize=4096)
def among(low: str, kind: str) -> bool:
    """Whether a word is of a class; a long one may have a typing error."""
    words = read_classes("id_labels.txt")[kind]
    if low in words or re.sub(r"s?['’]?$", "", low) in words:  # patients' number
        return True
    if is_english(low):  # police is no policy
        return False
    if len(low) == 5:  # satff
        return any(
            len(word) == 5 and sorted(word) == sorted(low) and _is_near(low, word) for word in words
        )
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
