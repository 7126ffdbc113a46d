"""Whether one sentence answers a question outright, by its words; or two, one after the other.

A sentence does that says each telling word of the question, or one that asks and answers for the
same, that has something of the kind that is asked for, and neither denies it nor turns round who
did it. It holds in a base of any size: nothing is weighed by how rare a word is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.knowledge.words import FUNCTION_WORDS, MONTHS, word_set

from .asked_for import AskedFor
from .denials import denies
from .related_words import say_alike, share_class
from .said import Said
from .words import NUMBER_WORDS, stem

_YEAR = re.compile(r"\b\d{3,4}\b")
_SPAN = re.compile(r"\b(\d{3,4})\s*(?:to|until|till|and|-|–)\s*(\d{3,4})\b")
_SINCE = re.compile(r"\bsince (\d{3,4})\b")
_IN_YEAR = re.compile(r"\b(?:in|since|from|to|by|until|of|and) \d{4}\b|\(\d{4}\)")
_DAY = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:{'|'.join(MONTHS)})(?:,? \d{{4}})?\b|"
    rf"\b(?:{'|'.join(MONTHS)}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b"
)
_ORDINAL = re.compile(r"\b(?:second|third|\w+th)[- ](?:most|\w+est)\b")
_NUMBERS = word_set(f"{NUMBER_WORDS} seventy eighty ninety")
_BE = word_set("is are was were be been being")
_BESIDE = 4  # words
_BOTH_WAYS = word_set("marry marri wed meet met")
_OWN = word_set("his her its their")


def answers_outright(asked: AskedFor, said: Said) -> bool:
    """Whether a sentence answers a question by itself."""
    if asked.kind == "about":
        return any(map(said.begins_with, asked.names)) and not said.line.is_of_its_own
    if asked.compares or not asked.stems or not (asked.asked or asked.measures):
        return False
    if any(word.endswith("est") for word in asked.asked) and _ORDINAL.search(said.line.text):
        return False
    return (
        all(said.names(name) or _is_about(name, asked, said) for name in asked.names)
        and all(covers(word, asked, said) for word in asked.stems)
        and asked.small <= {word.casefold() for word in said.shown}
        and has_kind(asked, said)
        and same_doer(asked, said)
        and (asked.kind == "whether" or not is_denied(asked, said))
    )


def answers_by_two(asked: AskedFor, lines: Sequence[Said]) -> tuple[Said, Said] | None:
    """Two sentences that answer one after the other: the second tells of a name in the first.

    The first says all that the question names, and something of what is asked; the second begins
    with another name of the first and says the rest. A row of a table may be the first also where
    nothing is named (*the supplier that delivers pumps*): a cell of it says what is asked.
    """
    if asked.compares or not asked.nested or asked.kind == "whether":
        return None
    for first in lines:
        if not asked.names and not first.cells:
            continue
        named = all(first.names(name) or _is_about(name, asked, first) for name in asked.names)
        if not named or is_denied(asked, first):
            continue
        left = [word for word in asked.asked if not covers(word, asked, first)]
        bridges = [run for run in first.runs if not asked.named.issuperset(run)]
        if asked.names and first.cells:  # the manager, and not the mentor beside
            said = [word for word in asked.asked if word not in left]
            told = [
                pair
                for pair, _ in first.cells
                if any(say_alike(word, each) for word in said for each in pair)
            ]
            bridges = [run for run in bridges if any(pair.issuperset(run) for pair in told)]
        if not 0 < len(left) < len(asked.asked) or not bridges:
            continue
        for second in lines:
            led = any(second.begins_with(run) for run in bridges)
            if (
                led
                and asked.small <= {*first.low, *second.low}
                and all(covers(word, asked, second) for word in left)
                and has_kind(asked, second)
                and not is_denied(asked, second)
            ):
                return first, second
    return None


def covers(word: str, asked: AskedFor, said: Said) -> bool:
    """Whether a sentence says a stem of a question; a name to the letter, a year also by a span."""
    if word in said.stems or word in said.about:
        return True
    if word in asked.named:
        return False
    if word.isdigit():
        return _holds_year(int(word), said.line.text)
    return any(say_alike(word, each) for each in said.stems)


def may_say(word: str, said: Said) -> bool:
    """Whether it has a word that may say a stem, in the widest sense."""
    return any(
        say_alike(word, each) or share_class(word, each) for each in {*said.stems, *said.about}
    )


def is_denied(asked: AskedFor, said: Said) -> bool:
    """Whether it denies, supposes or only reports what is asked; a question may do so itself."""
    if asked.kind == "about" or asked.small & {"not", "never", "no", "without"}:
        return False
    words = asked.asked
    return denies(
        said.line.text,
        lambda word: not words or any(say_alike(each, stem(word.casefold())) for each in words),
    )


def values_of(asked: AskedFor, said: Said) -> frozenset[str]:
    """What a sentence answers with: its years, numbers or names that are not the question's."""
    own = set(asked.stems) | said.about
    if asked.kind == "time":
        return frozenset(_YEAR.findall(said.line.text)) - own
    if asked.kind == "number":
        numbers = re.findall(r"\d+(?:[.,]\d+)*", _IN_YEAR.sub("", said.line.text))
        return frozenset(each.replace(",", "") for each in numbers) - own
    return frozenset(word for word in said.capitalised if word not in own)


def has_kind(asked: AskedFor, said: Said) -> bool:
    """Whether it has something of the kind that is asked for, and that the question has not."""
    new = [word for word in said.stems if word not in asked.stems]
    if asked.kind == "time":
        years = set(_YEAR.findall(said.line.text)) - set(asked.stems)
        return bool(years) or "century" in new
    if asked.kind == "number":
        counted = has_number(said) and _counts(asked.counted, said)
        if not asked.measures or not asked.measures.issuperset(asked.asked):
            return counted and (not asked.measures or bool(asked.measures & set(said.stems)))
        # *How high is X?*: all that is said must be of X.
        told = any(map(said.begins_with, asked.names))
        return counted and told and bool(asked.measures & set(said.stems))
    if asked.kind in ("name", "place"):
        if any(word not in asked.stems for word in said.capitalised):
            return True
        return bool(said.about) and not said.about & asked.named
    if asked.kind == "thing":
        return any(
            word not in FUNCTION_WORDS and not any(say_alike(each, word) for each in asked.stems)
            for word in new
        )
    return True


def has_number(said: Said) -> bool:
    """Whether a sentence has a number that is no year."""
    return has_digits(said) or not _NUMBERS.isdisjoint(said.low)


def _counts(noun: str, said: Said) -> bool:
    """Whether a number stands by what is counted; any does where nothing is."""
    numbers = [
        at for at, word in enumerate(said.low) if word in _NUMBERS or any(map(str.isdigit, word))
    ]
    nouns = [at for at, word in enumerate(said.stems) if noun and say_alike(noun, word)]
    return not noun or any(abs(at - other) <= _BESIDE + 1 for at in numbers for other in nouns)


def has_digits(said: Said) -> bool:
    """Whether it has one in digits."""
    return any(map(str.isdigit, _IN_YEAR.sub("", _DAY.sub("", said.line.text))))


def has_year(said: Said) -> bool:
    """Whether it has a year or a century."""
    return bool(_YEAR.search(said.line.text)) or "century" in said.low


def _is_about(name: tuple[str, ...], asked: AskedFor, said: Said) -> bool:
    """Whether a pronoun stands for a name; *her pupil* only where the pupil is asked for."""
    if not said.about.issuperset(name):
        return False
    owned = said.stems[1:3]
    return not said.line.is_of_its_own or any(
        say_alike(word, each) for word in asked.asked for each in owned
    )


def _holds_year(year: int, text: str) -> bool:
    spans = [(int(first), int(last)) for first, last in _SPAN.findall(text)]
    return any(first <= year <= last for first, last in spans) or any(
        int(first) <= year for first in _SINCE.findall(text)
    )


def same_doer(asked: AskedFor, said: Said) -> bool:
    """Whether who does it is who is asked for, as far as the order of words tells."""
    relation = asked.relation
    if relation.of:
        return _is_of(relation.of, asked, said)
    if not relation.verb or relation.verb in _BOTH_WAYS:
        return True
    if said.pairs and not relation.named_does:
        return any(
            asked.named <= pair and any(say_alike(relation.verb, word) for word in pair)
            for pair in said.pairs
        )
    verbs = [at for at, word in enumerate(said.stems) if say_alike(relation.verb, word)]
    if not verbs:
        return False
    verb, low = verbs[0], said.low
    places = [at for name in asked.names for at in said.places(name)]
    beside = any(0 < verb - at <= _BESIDE for at in places)  # *Kestrel, founded by ...*
    passive = bool(_BE & set(low[max(0, verb - 2) : verb]))
    passive = passive or (beside and low[verb + 1 : verb + 2] == ["by"])
    by = any(at > verb and "by" in low[max(verb, at - 2) : at] for at in places)
    before = not places or places[0] < verb  # a name that only the pronoun stands for comes first
    if not (relation.named_does or relation.passive) and not _has_doer(asked, said, verb, passive):
        return False
    return (by if passive else before) == relation.named_does


def _has_doer(asked: AskedFor, said: Said, verb: int, passive: bool) -> bool:
    """Whether somebody else than who is named does it, to whom it is done."""
    if passive:
        after = said.low[verb + 1 :]
        return "by" in after or "to" in after[:2]  # *was sold to*
    other = any(word not in asked.named for word in said.capitalised_before(verb))
    return other or (bool(said.about) and not said.about & asked.named)


def _is_of(noun: str, asked: AskedFor, said: Said) -> bool:
    """Whether the sentence has *N of NAME*, *NAME's N* or *her N*, and not *N* of another."""
    for at, word in enumerate(said.stems):
        if not say_alike(noun, word):
            continue
        after = said.stems[at + 1 : at + 4]
        if after[:1] == ["of"] and asked.named & set(after[1:]):
            return True
        if asked.named & set(said.stems[max(0, at - 2) : at]) and after[:1] != ["of"]:
            return True
        if asked.named & said.about and _OWN & set(said.low[max(0, at - 2) : at]):
            return True
    return any(
        asked.named & pair and any(say_alike(noun, word) for word in pair) for pair in said.pairs
    )
