"""What sentences say of what is asked: of the first passages alone, and of pairs across a bridge.

For one hop a sentence must name what the question names. For two, a sentence of the first passage
says what the question describes and names the second, and that one says what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.knowledge.sentences import split_sentences

from .asked_sentences import Asked, AskedSentences
from .asked_words import most_said
from .comparing import read_comparison, sides_of
from .lines import lines_of
from .names import without_qualifier
from .plans import Plan
from .said import Said
from .words import content_stems, stem_set, stems_of

ASKED_FEATURES = (
    *("asked_told", "asked_said", "asked_best", "asked_near", "asked_named", "asked_kind"),
    *("asked_beside", "asked_years"),
    *("bridge_told", "bridge_best", "bridge_link", "bridge_head", "bridge_kind", "bridge_years"),
    *("best_link", "told_at_best_link", "asks_nothing", "side_missing"),
    "told_by_hops",
)
"""Of the first passages' sentence that says most of what is asked, and of pairs of passages.

``asked_told`` is all of it together. For a pair it is what the second passage says of what is
asked, as far as a sentence of one names the other and says what the question describes
(``bridge_link``), and the second is of the kind that is described (``bridge_head``).
``told_at_best_link`` is that of the pair that is linked best: a second passage that is there and
silent has little. Further whether no word was found that is asked for, and whether a side of a
comparison has no sentence."""

PAIRS = 4
"""How many pairs are looked at, the likeliest first."""

_BACK = 0.8  # of a link that only the second passage has
_ELSEWHERE = 0.4  # of a word that only the rest of a passage has
_ENOUGH = 0.5  # of a second passage that is not said to be of the kind that is described
_NAME_WEIGHT = 2.0
_SMALL = 0.6  # of a title that stands as a common noun, or within a longer name
_GOES_ON = re.compile(r"(?:\s|-)[A-Z]\w")
_COMES_FROM = re.compile(r"\w [A-Z][\w.]+\s$")
_ASKING = stem_set("year date day time century many much how what which name number called")


@dataclass(frozen=True)
class _Read:
    """A passage: its best sentences, alone and as a second one, and what each has."""

    asked: Asked
    second: Asked
    parts: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    title: frozenset[str]
    every: frozenset[str]
    name: str

    def named_in(self, text: str) -> float:
        """How far a sentence names its title: as a name of its own, in small letters, or not."""
        for found in re.finditer(rf"\b{re.escape(self.name)}\b", text):
            after, before = text[found.end() :], text[: found.start()]
            longer = _GOES_ON.match(after) or _COMES_FROM.search(before)
            if " " in self.name or not longer:
                return 1.0
        if re.search(rf"\b{re.escape(self.name)}", text, re.I):
            return _SMALL
        return _SMALL if self.title <= stems_of(text) and len(self.title) > 1 else 0.0


@dataclass(frozen=True)
class _Bridge:
    """Two passages, the second with the answer: how well they are linked, and what that says."""

    second: Asked
    link: float = 0.0
    head: float = 0.0

    @property
    def told(self) -> float:
        """What the second says of what is asked, as far as it is the one that is described."""
        return self.second.best * self.second.rest * self.link * self.head


class _Bridges:
    """Reads passages and what leads from one to another, for one question."""

    def __init__(self, sentences: AskedSentences) -> None:
        self._sentences = sentences
        focus = sentences.focus
        self._heads = focus.beside[-1:]
        self._describing = {
            word: _NAME_WEIGHT if word in sentences.names else 1.0
            for word in content_stems(sentences.question)
            if word not in (focus.word, focus.kind, *_ASKING)
        }

    def read(self, text: str, title: str) -> _Read:
        """A passage's sentences, without its title where that is one."""
        parts = [text[start:end] for start, end in split_sentences(text)]
        if len(parts) > 1 and parts[0].strip("# ") == title:
            parts = parts[1:]
        found = [self._sentences.sentence(each, title) for each in parts]
        stems = tuple(map(stems_of, parts))
        titled = frozenset(content_stems(without_qualifier(title)))
        return _Read(
            max(found, key=lambda each: (each.told, each.best, each.said), default=Asked()),
            max(found, key=lambda each: (each.best * each.rest, each.said), default=Asked()),
            tuple(parts),
            stems,
            titled,
            frozenset().union(titled, *stems),
            without_qualifier(title),
        )

    def bridge(self, first: _Read, second: _Read) -> _Bridge:
        """How well the first passage leads to the second by what the question describes."""
        if first is second or not first.title or not second.title:
            return _Bridge(Asked())
        back = max((first.named_in(each) for each in second.parts), default=0.0)
        link = 0.0
        for part, stems in zip(first.parts, first.stems, strict=True):
            led = max(second.named_in(part), _BACK * back)
            if led > link:
                link = max(link, led * self._described(stems | first.title, first.every))
        if not self._heads:
            return _Bridge(second.second, link, 1.0)
        head = max(most_said(word, second.every) for word in self._heads)
        return _Bridge(second.second, link, _ENOUGH + (1 - _ENOUGH) * head)

    def _described(self, stems: frozenset[str], anywhere: frozenset[str]) -> float:
        """The share of what the question describes that a sentence has, or its passage."""
        total = said = 0.0
        for word, weight in self._describing.items():
            total += weight
            said += weight * max(most_said(word, stems), _ELSEWHERE * most_said(word, anywhere))
        return said / total if total else 1.0


def asked_features(
    question: str,
    first: Sequence[int],
    plan: Plan,
    *,
    hops: float,
    texts: Mapping[int, str],
    titles: Mapping[int, str],
) -> list[float]:
    """In the order of ``ASKED_FEATURES``.

    Args:
        question: As it was asked.
        first: The first passages, the best first.
        plan: Pairs of passages.
        hops: The chance that the question needs two of them.
        texts: Of all passages that are looked at.
        titles: Of the same.
    """
    sentences = AskedSentences(question)
    reader = _Bridges(sentences)
    read = {each: reader.read(text, titles[each]) for each, text in texts.items()}
    single = max((read[each].asked for each in first), default=Asked(), key=lambda each: each.told)
    best = at_link = _Bridge(Asked())
    for pair in plan.pairs[:PAIRS]:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            bridge = reader.bridge(read[one], read[other])
            best = max(best, bridge, key=lambda each: each.told)
            at_link = max(at_link, bridge, key=lambda each: (each.link * each.head, each.told))
    sides = _sides_told(question, texts, titles, read)
    told = [single.told, best.told, at_link.told]
    if sides is not None:
        told = [sides] * 3
    return [
        *(told[0], single.said, single.best, single.near, single.named, single.kind),
        *(single.beside, single.years),
        *(told[1], best.second.best, best.link, best.head, best.second.kind, best.second.years),
        *(at_link.link * at_link.head, told[2]),
        float(not sentences.focus.word),
        float(sides is not None and sides < 1),
        (1 - hops) * told[0] + hops * told[1],
    ]


def _sides_told(
    question: str,
    texts: Mapping[int, str],
    titles: Mapping[int, str],
    read: Mapping[int, _Read],
) -> float | None:
    """The share of the sides of a comparison of which a sentence tells; None of another question.

    Where any year will do for *first*, what is done first must be said of the side as well.
    """
    compared = read_comparison(question)
    if compared is None:
        return None
    lines = [
        Said(line, passage, titles[passage])
        for passage, text in texts.items()
        for line in lines_of(text, titles[passage])
    ]
    told = 0
    for side, line in zip(compared.sides, sides_of(compared, lines), strict=True):
        name = frozenset(content_stems(side))
        done = bool(compared.measures) or any(
            each.asked.best > 0 for each in read.values() if each.title <= name
        )
        told += line is not None and done
    return told / 2
