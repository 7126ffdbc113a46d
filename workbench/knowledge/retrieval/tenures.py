"""When somebody was what, as a sentence tells it, and whether that is over.

*From 1988 to 2004 Ida was mayor of Rome* does not say who is its mayor: it is asked who is, and
told who was. By the words' order alone, as all that is said outright: what stands by the noun that
is asked for (*is*, *was*, *has been*, *became*, *former*), and the years of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.knowledge.words import word_set

from .asked_for import AskedFor
from .related_words import say_alike
from .said import Said
from .words import stem_set

Tense = Literal["is", "was", "began", "lasted", ""]
_YEARS = re.compile(
    r"\b(?:(?:from|between)\s+)?(?:[a-z]+ )?(\d{4})\s*(?:to|until|till|through|and|-|–)\s*"
    r"(?:\w+ ){0,2}?(\d{4}|\d{2})\b",
    re.I,
)
_UNTIL = re.compile(r"(?<!not )\b(?:until|till|up to)\b(?:[^.;]{0,40}?\b(\d{4}))?", re.I)
_SINCE = re.compile(r"\bsince (?:[A-Z]\w+ )?(\d{4})\b", re.I)
_IN = re.compile(r"\b(?:in|on|by|during)\b (?:\d{1,2} )?(?:[A-Z]\w+ )?(\d{4})\b", re.I)
_GONE = re.compile(
    r",[^,]*,\s*(?:who\s+)?(?:died|retired|resigned|stepped down|left|was dismissed|was succeeded)"
    r"\b(?:[^.;]{0,40}?\b(\d{4}))?"
)
_LEFT = re.compile(r"\b(?:and|but) (?:then )?(?:died|retired|resigned|stepped down)\b")
_FORMER = word_set("former formerly ex previous previously erstwhile past late retired once then")
_STEPS = word_set("appointed elected named made chosen sworn crowned installed")
_BEGAN = word_set("became becomes become succeeded")
_DID = word_set("served worked acted reigned")
_REACH = 7  # words between the noun and its verb
# What somebody is for good, whatever the tense that it is told in.
_FOR_GOOD = stem_set("""
    author founder cofounder architect composer writer inventor discoverer designer builder creator
    painter sculptor father mother parent son daughter child brother sister sibling grandfather
    grandmother uncle aunt cousin ancestor winner victor maker killer murderer victim hero namesake
    translator originator developer
    """)


@dataclass(frozen=True)
class Tenure:
    """The first and last year that are told, None where they are not, and whether it is over."""

    first: int | None = None
    last: int | None = None
    over: bool = False

    def holds_in(self, year: int) -> bool | None:
        """Whether it held in a year; None where that is not told."""
        if self.first is None and self.last is None:
            return None
        if self.first is not None and year < self.first:
            return False
        if self.last is not None and year > self.last:
            return False
        return True if self.first is not None and (self.last or not self.over) else None

    def __str__(self) -> str:
        """In words, as *from 1988 to 2004*; nothing where no year is told."""
        if self.first is not None and self.first == self.last:
            return f"in {self.first}"
        if self.first is not None and self.last is not None:
            return f"from {self.first} to {self.last}"
        if self.last is not None:
            return f"until {self.last}"
        return f"from {self.first} on" if self.first is not None else ""


def read_tenure(asked: AskedFor, said: Said) -> Tenure:
    """When it held what a question asks for, as a sentence that answers tells it."""
    noun = asked.office
    if said.columns or (not noun and not asked.now) or noun in _FOR_GOOD:
        return Tenure()
    text = said.line.text
    tense, former = _by_noun(noun, said) if noun else (_by_verb(asked, said), False)
    if tense == "is" and not former:
        since = _SINCE.search(text)
        return Tenure(int(since[1]) if since else None)
    first, last, ends = _years(text)
    if first is None and last is None and (point := _IN.search(text)) and (noun or tense):
        year = int(point[1])
        if tense == "began":
            first = year
        elif tense == "was" and not ends and not former:
            first = last = year
    over = ends or former or last is not None or (tense == "was" and not _SINCE.search(text))
    return Tenure(first, last, over)


def in_time(asked: AskedFor, told: Sequence[Said]) -> list[Said]:
    """Of sentences that answer those that do so for the time that is asked.

    Where it is asked who is, those of who is no longer are left only if there are no others, and of
    several that began the last; where it is asked who was in a year, those that held then.
    """
    tenures = [read_tenure(asked, each) for each in told]
    pairs = list(zip(told, tenures, strict=True))
    if asked.year is not None:
        return [line for line, each in pairs if each.holds_in(asked.year) is not False]
    if not asked.now:
        return list(told)
    standing = [pair for pair in pairs if not pair[1].over]
    if standing:
        begun = max((each.first or 0 for _, each in standing), default=0)
        return [line for line, each in standing if each.first in (None, begun)]
    ended = max((each.last or 0 for each in tenures), default=0)
    return [line for line, each in pairs if each.last in (None, ended)]


def _years(text: str) -> tuple[int | None, int | None, bool]:
    """The first and the last year, and whether an end is told."""
    span = _YEARS.search(text)
    if span is not None:
        last = span[2] if len(span[2]) == 4 else span[1][:2] + span[2]
        return int(span[1]), int(last), True
    since = _SINCE.search(text)
    until = _UNTIL.search(text) or _GONE.search(text)
    last_year = int(until[1]) if until and until[1] else None
    first_year = int(since[1]) if since else None
    return first_year, last_year, until is not None or _LEFT.search(text) is not None


def _by_noun(noun: str, said: Said) -> tuple[Tense, bool]:
    """The tense of the verb next to a noun, and whether a *former* stands by it."""
    former, found = False, [at for at, word in enumerate(said.stems) if say_alike(noun, word)]
    tense: Tense = ""
    for at in found:
        former = former or bool(_FORMER & set(said.low[max(0, at - 4) : at]))
        before = range(at - 1, max(-1, at - _REACH - 1), -1)
        after = range(at + 1, min(len(said.low), at + _REACH + 1))
        tense = tense or _verb(said, before) or _verb(said, after)
    return tense, former


def _verb(said: Said, places: range) -> Tense:
    """The tense of the first verb in some places."""
    low = said.low
    for at in places:
        word, follows = low[at], low[at + 1 : at + 2]
        if word in ("is", "are", "remains", "serves"):
            return "is"
        if word in _BEGAN or word in _STEPS:
            return "began"
        if word == "been":
            return "was" if "had" in low[max(0, at - 2) : at] else "lasted"
        if word in ("was", "were"):
            return "began" if follows and follows[0] in _STEPS else "was"
        if word in _DID and follows == ["as"]:
            return "was"
    return ""


def _by_verb(asked: AskedFor, said: Said) -> Tense:
    """The tense of the verb that is asked for, where its form tells it: *plays*, *played*."""
    for at, word in enumerate(said.stems):
        if asked.relation.verb and say_alike(asked.relation.verb, word):
            shown = said.low[at]
            return "is" if shown.endswith("s") else ""
    return ""
