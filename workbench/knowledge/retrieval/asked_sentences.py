"""How far a sentence says what a question asks: the asked word, with an answer's form beside it.

A passage may have all words of a question, and a sentence most of them, and yet nobody says there
what is asked: *founded* with a year, *deep* with a number. So the word that `focus` finds is looked
for in each sentence, with something of the form that the answer has, that the question has not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.knowledge.words import FUNCTION_WORDS, MONTHS, word_set

from .asked_for import MEASURES
from .asked_words import ALIKE, FURTHER, RELATED, SAID, far_said
from .focus import Focus, read_focus
from .words import NUMBER_WORDS, content_stems, stem, stem_set, stems_of

_TOKEN = re.compile(r"\d[\d.,]*\d|[^\W_]+")
_YEAR = re.compile(r"\d{3,4}")
_PLAIN_YEAR = re.compile(r"1\d{3}|20[0-3]\d")
_ERA = word_set("bc ad bce ce")
_MONTHS = frozenset(map(str.casefold, MONTHS))
_NUMBERS = word_set(NUMBER_WORDS)
_SPAN = re.compile(
    r"\b\d{3,4}\s*(?:to|until|till|and|-|–)\s*(?:\d{3,4}|his|her|its|their|the)\b|\bsince \d{3,4}\b"
)
_LASTING = stem_set(
    "begin begins began start started break broke end ended last lasted rule ruled reign reigned "
    "persist persisted exist existed fall fell serve served operate operated fight fought power "
    "office emperor king president leader minister fire war occur take"
)
_DISTANCE = 6.0  # words
_LEAST_NEAR = 0.4


@dataclass(frozen=True)
class Asked:
    """How far one sentence says what is asked, each from 0 to 1.

    ``said`` the asked word; ``best`` with an answer's form in reach; ``near`` how near that is;
    ``kind`` the noun that the answer is called by; ``beside`` the other words of the main clause;
    ``named`` the question's names, with its title; ``years`` whether it has the clause's years.
    """

    said: float = 0.0
    best: float = 0.0
    near: float = 0.0
    kind: float = 0.0
    beside: float = 0.0
    named: float = 0.0
    years: float = 0.0

    @property
    def rest(self) -> float:
        """What there is beside the asked word and its answer, in one number."""
        kind, years = 0.5 + 0.5 * self.kind, 0.3 + 0.7 * self.years
        return kind * years * (0.6 + 0.4 * self.beside)

    @property
    def told(self) -> float:
        """All that it says of what is asked about what the question names."""
        return self.best * self.named**2 * self.rest


class AskedSentences:
    """Reads sentences for one question.

    Args:
        question: As it was asked.
    """

    def __init__(self, question: str) -> None:
        self.question = question
        self.focus: Focus = read_focus(question)
        self._own = stems_of(question)
        self._digits = frozenset(re.findall(r"\d+", question))
        shown = re.findall(r"[^\W_]+", question)[1:]
        self.names = tuple(content_stems(" ".join(each for each in shown if each[0].isupper())))
        measure = next((word for word in MEASURES if stem(word) == self.focus.word), "")
        self._measures = stem_set(MEASURES.get(measure, ""))

    def sentence(self, text: str, title: str) -> Asked:
        """One sentence, under its title."""
        shown = _TOKEN.findall(text)
        low = [word.casefold() for word in shown]
        stems = [stem(word) for word in low]
        titled = stems_of(title)
        focus = self.focus
        told = [(at, self._says(word)) for at, word in enumerate(stems)]
        # *official* asks for a language; beside *language* it is a word of its own.
        told = [
            (at, far)
            for at, far in told
            if far and (far == SAID or stems[at] not in self._own or stems[at] in self._measures)
        ]
        if focus.wanted == "time" and focus.word in _LASTING and _SPAN.search(text):
            told += [(at, RELATED) for at, word in enumerate(shown) if _YEAR.fullmatch(word)]
        if focus.kind and focus.wanted not in (
            "name",
            "time",
            "day",
        ):  # *on the banks of the river X*
            told += [(at, FURTHER) for at, word in enumerate(stems) if word == focus.kind]
        answers = self._answers(shown, low, stems, titled)
        best = near = 0.0
        for at, far in told:
            for place in answers:
                if place != at or far == RELATED:
                    close = math.exp(-abs(at - place) / _DISTANCE)
                    score = far * (_LEAST_NEAR + (1 - _LEAST_NEAR) * close)
                    if score > best:
                        best, near = score, close
        every = {*stems, *titled}
        return Asked(
            max((far for _, far in told), default=0.0),
            best,
            near,
            max((far_said(focus.kind, word) for word in every), default=0.0) if focus.kind else 1.0,
            _mean(
                [
                    max((far_said(word, each) for each in every), default=0.0)
                    for word in focus.beside
                ]
            ),
            _mean([float(word in every) for word in self.names]),
            float(all(year in low for year in focus.years)),
        )

    def _says(self, word: str) -> float:
        return max(far_said(self.focus.word, word), ALIKE if word in self._measures else 0.0)

    def _answers(
        self, shown: Sequence[str], low: Sequence[str], stems: Sequence[str], titled: frozenset[str]
    ) -> list[int]:
        """The places of what has the form of an answer and is not the question's."""
        wanted, places = self.focus.wanted, range(len(shown))
        if wanted == "day":
            return [at for at in places if low[at] in _MONTHS and shown[at][0].isupper()]
        if wanted == "time":
            return [at for at in places if self._is_time(shown, low, at)]
        if wanted == "number":
            return [at for at in places if self._is_number(shown[at], low[at])]
        new = [
            at
            for at in places
            if low[at] not in FUNCTION_WORDS and stems[at] not in self._own | titled
        ]
        if wanted in ("name", "place") or self.focus.kind:
            return [at for at in new if shown[at][0].isupper()]
        return new

    def _is_time(self, shown: Sequence[str], low: Sequence[str], at: int) -> bool:
        word = shown[at]
        if word in self._digits:
            return False
        before_era = word.isdigit() and at + 1 < len(low) and low[at + 1] in _ERA
        return before_era or low[at] == "century" or bool(_YEAR.fullmatch(word))

    def _is_number(self, word: str, low: str) -> bool:
        if low in _NUMBERS:
            return True
        return word[0].isdigit() and word not in self._digits and not _PLAIN_YEAR.fullmatch(word)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0
