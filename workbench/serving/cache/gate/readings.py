"""What a request says, taken apart: what each rule looks at, and nothing else of it.

A reading is made once for a request and compared with many; it holds the request's words, so it is
kept where they may be kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from .closed_words import (
    DROPPED,
    JOINED,
    LINKS,
    MODALS,
    NEGATORS,
    PERSONS,
    QUANTIFIERS,
    SCOPES,
    TENSES,
    TIMES,
)
from .frames import rewrite
from .language import is_english
from .lemmas import form_of
from .lines import spelling, to_line
from .numbers import unit_names
from .possessives import put_owner_behind
from .strict import strict_words
from .synonyms import head_of
from .tokens import Token, fold, has_no_case, split

MOST_WORDS = 80  # a longer request is compared word for word
_AUXILIARIES = frozenset((*MODALS, *TENSES, "is", "are", "am", "do", "does", "be"))
_PRESENT_BE = frozenset(("is", "are", "am", "be"))
_MARKS = frozenset(",;:()")
Scoped = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Negation:
    """A negator and what it is about.

    ``about`` is the next content word, or ``*`` for that of a question that begins with it ("Why
    don't cats ..."). ``before`` is the content word before it, ``link`` where ``about`` stands.
    """

    word: str
    about: str
    before: str = ""
    link: str = ""


@dataclass(slots=True)
class Reading:
    """A request's parts.

    ``strict`` are its words with their case, for comparison word for word. A pair's second part is
    the content word that it belongs to; a number has the link before it as well. ``firsts`` are
    words that begin a sentence: what their capital means is not known. ``manners`` are notes on
    what is asked, as ``best`` of the best way: two that differ do not agree, none agrees with all.
    ``segments`` are, by sentence, the words in their order behind each link (``from``, ``in``, ...;
    empty for what stands before the first).
    """

    text: str
    english: bool = False
    strict: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    content: list[str] = field(default_factory=list)
    surfaces: dict[str, str] = field(default_factory=dict)
    numbers: list[tuple[str, str, str]] = field(default_factory=list)
    negations: list[Negation] = field(default_factory=list)
    quantifiers: list[Scoped] = field(default_factory=list)
    degrees: list[Scoped] = field(default_factory=list)
    tenses: list[str] = field(default_factory=list)
    modals: list[str] = field(default_factory=list)
    times: list[Scoped] = field(default_factory=list)
    scopes: list[Scoped] = field(default_factory=list)
    persons: list[str] = field(default_factory=list)
    plurals: set[str] = field(default_factory=set)
    capitals: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)
    has_case: bool = True
    relatives: int = 0
    manners: set[str] = field(default_factory=set)
    commas: set[Scoped] = field(default_factory=set)
    segments: list[list[tuple[str, tuple[str, ...]]]] = field(default_factory=list)

    def parts(self) -> dict[str, str]:
        """What each rule looks at, in words for people; what is empty is left out."""
        pairs = ("numbers", "quantifiers", "degrees", "times", "scopes")
        told = {name: ", ".join(" ".join(each) for each in getattr(self, name)) for name in pairs}
        told["asked"] = ", ".join(intent or "(a statement or a wish)" for intent in self.intents)
        told["content"] = ", ".join(self.content)
        told["negations"] = ", ".join(f"{each.word} {each.about}" for each in self.negations)
        told["names"] = ", ".join(sorted(self.capitals))
        told |= {name: ", ".join(getattr(self, name)) for name in ("literals", "modals", "tenses")}
        told["persons"] = ", ".join(self.persons)
        told["order"] = " / ".join(
            " ".join(filter(None, (link, *behind)))
            for each in self.segments
            for link, behind in each
        )
        if not self.english:
            told["compared"] = "word for word: " + " ".join(self.strict)
        return {name: value for name, value in told.items() if value}


@functools.lru_cache(maxsize=2048)
def read(text: str) -> Reading:
    """Take a request apart."""
    folded = fold(text)
    sentences = split(folded)
    length = sum(len(sentence) for sentence in sentences)
    reading = Reading(text, strict=strict_words(folded))
    reading.has_case = not has_no_case(folded)
    reading.english = 0 < length <= MOST_WORDS and is_english(sentences)
    if not reading.english:
        return reading
    literals: list[str] = []
    intents: list[str] = []
    for sentence in sentences:
        reading.capitals |= _capitals(sentence)
        reading.firsts.add(spelling(sentence[0].text))
        owned = put_owner_behind(to_line(sentence, literals))
        intent, words_left = _intent(rewrite(" ".join(("", *owned, ""))).split())
        if intent == "" and not any(word[0].isalnum() or word[0] in "#~" for word in words_left):
            continue
        intents.append(intent)
        _Sentence(reading, intent).read(words_left)
    reading.literals, reading.intents = tuple(literals), tuple(intents)
    return reading


def _capitals(sentence: list[Token]) -> set[str]:
    """Words with a capital; a unit behind its number (5 A, 20 °C) is no name."""
    return {
        spelling(token.text)
        for before, token in pairwise(sentence)
        if token.capital and before.kind != "number" and before.text != "°"
    }


def _intent(line: list[str]) -> tuple[str, list[str]]:
    """What is asked, and the words behind it."""
    if not line or line[0][0] != "@" or line[0] == "@become":
        return "", line
    intent, rest = line[0], line[1:]
    if intent in ("@made", "@maker") and rest:
        return f"@maker {_MAKERS.get(rest[0], rest[0])}", rest[1:]
    return intent, rest


_MAKERS = {
    "wrote": "author",
    "written": "author",
    "writer": "author",
    "invented": "inventor",
    "discovered": "discoverer",
    "painted": "painter",
    "composed": "composer",
    "created": "creator",
    "founded": "founder",
}


class _Sentence:
    """Reads one rewritten sentence into a reading."""

    def __init__(self, reading: Reading, intent: str) -> None:
        self._reading, self._intent = reading, intent
        self._link = ""
        self._words: list[str] = []
        self._segments: list[tuple[str, tuple[str, ...]]] = []
        # What waits for the next content word, to be told of it.
        self._open: list[Callable[[str], None]] = []
        self._comma = False
        self._last = ""
        self._seen_be = False
        self._only_year = False

    def read(self, line: list[str]) -> None:
        """Read all of it."""
        for place, word in enumerate(line):
            self._read_word(word, line[place - 1] if place else "", place)
        self._tell("")
        self._end_segment()
        self._reading.segments.append(self._segments)

    def _read_word(self, word: str, before: str, place: int) -> None:
        reading = self._reading
        if word in _MARKS:
            self._comma = True
        elif word[0] == "#":
            self._number(word)
        elif word[0] == "=" and (word[1:].isalpha() or not place):
            reading.manners |= {word[1:]} - {""}
        elif word[0] == "~" and word[1:].isdigit():
            self._add(word)
        elif word in NEGATORS:
            self._negate(word, before, place)
        elif word in MODALS:
            reading.modals.append(MODALS[word])
        elif word in TENSES:
            reading.tenses.append(TENSES[word])
        elif word in QUANTIFIERS:
            self._quantify(word)
        elif word in PERSONS:
            self._person(PERSONS[word])
        elif word in DROPPED:
            self._seen_be = self._seen_be or word in _PRESENT_BE
            reading.relatives += word in ("that", "which") and bool(self._last)
        elif word in LINKS:
            self._begin_segment(word)
        elif word in JOINED:
            self._words.append(word)
        else:
            self._read_content(word)

    def _number(self, word: str) -> None:
        # A year says when, wherever it stands: "the 2018 final", "the final in 2018".
        year = word[1:].isdigit() and 1000 <= int(word[1:]) <= 2100
        link = self._link if not self._words else ""
        if year and link in ("", "in", "of", "for"):
            self._reading.numbers.append((word, "", "year"))
            self._only_year = not self._words
            return
        target = self._reading.numbers
        self._open.append(lambda about: target.append((word, link, about)))

    def _person(self, person: str) -> None:
        self._reading.persons.append(person)
        # How something is done is the same whoever does it, and whosever it is.
        if not (self._intent == "@how" and person == "1"):
            self._words.append(f"<{person}>")

    def _negate(self, word: str, before: str, place: int) -> None:
        if word in LINKS:
            self._begin_segment(word)
        negations, last = self._reading.negations, self._last
        # "Why don't cats ...": it belongs to the verb, wherever that stands.
        if word == "not" and before in _AUXILIARIES and place <= 1 and self._intent:
            negations.append(Negation(word, "*"))
        else:
            self._open.append(
                lambda about: negations.append(Negation(word, about, last, self._link))
            )

    def _quantify(self, word: str) -> None:
        kind = QUANTIFIERS[word]
        target = self._reading.degrees if kind in _DEGREES else self._reading.quantifiers
        if word == "as" and self._link != "as":
            self._begin_segment("as")
        self._wait(target, kind)

    def _wait(self, target: list[Scoped], own: str) -> None:
        """Put a word among its kind once it is known what it is about."""
        self._open.append(lambda about: target.append((own, about)))

    def _tell(self, about: str) -> None:
        waiting, self._open = self._open, []
        for each in waiting:
            each(about)

    def _read_content(self, word: str) -> None:
        reading = self._reading
        form = form_of(word)
        lemma = head_of(spelling(form.lemma))
        if form.tense:
            reading.tenses.append(form.tense)
        if form.doing and self._seen_be:
            reading.tenses.append("doing")
        if form.plural and lemma not in _UNITS:
            reading.plurals.add(lemma)
        if form.degree:
            reading.degrees.append((form.degree, lemma))
        if word in TIMES:
            self._wait(reading.times, word)
        if word in SCOPES:
            self._wait(reading.scopes, word)
        if word in TIMES or word in SCOPES:
            self._words.append(word)
            return
        reading.surfaces.setdefault(lemma, word)
        self._add(lemma)

    def _add(self, lemma: str) -> None:
        self._tell(lemma)
        if self._comma and self._last:
            self._reading.commas.add((self._last, lemma))
        self._comma, self._last = False, lemma
        self._reading.content.append(lemma)
        self._words.append(lemma)

    def _begin_segment(self, link: str) -> None:
        self._end_segment()
        self._link = link
        if link in TIMES:
            self._wait(self._reading.times, link)
        if link in SCOPES:
            self._wait(self._reading.scopes, link)

    def _end_segment(self) -> None:
        if self._words or (self._link and not self._only_year):
            self._segments.append((self._link, tuple(self._words)))
        self._words, self._only_year = [], False


_UNITS = frozenset(unit_names())
_DEGREES = frozenset(("more", "less", "most", "least", "fewer", "too", "very", "as", "so", "quite"))
