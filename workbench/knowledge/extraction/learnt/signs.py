"""What can be told of a phrase, and of a pair of phrases, from the tree and the words: signs.

A sign is a short text; the network sums a vector for each. Strings are numbered by a hash into a
table of fixed size (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning").
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..dependency.reading import Passage, Topic, is_geographic_word, is_human_word
from ..dependency.tree import determiner, subject_of
from .phrases import Candidate

_WORDS = frozenset({"ADP", "VERB", "AUX", "PART", "CCONJ", "SCONJ"})
_CONTENT = frozenset({"NOUN", "ADJ"})
_VERB_CHILDREN = frozenset({"neg", "prt", "auxpass", "aux", "advmod"})
_FAR = 6  # words between that are looked at from either end


@functools.lru_cache(maxsize=200_000)
def number_of(sign: str, rows: int) -> int:
    """The row of a sign in a table of so many."""
    return zlib.crc32(sign.encode()) % rows


def word_class(lemma: str) -> str:
    """``place`` or ``person`` for the noun of one."""
    if is_geographic_word(lemma):
        return "place"
    return "person" if is_human_word(lemma) else ""


@dataclass(frozen=True)
class _Tree:
    """What stands between two words in the tree."""

    signs: tuple[str, ...]
    bare: str
    preps: str
    told: tuple[str, ...]


class Sentence:
    """A sentence's words and tree in plain lists, which are read many times over."""

    def __init__(self, passage: Passage, sentence: Any, candidates: Sequence[Candidate]) -> None:
        self.passage, self.candidates = passage, candidates
        self.start, self.length = sentence.start, len(sentence)
        self.lower = [each.lower_ for each in sentence]
        self.lemma = [each.lemma_.lower() for each in sentence]
        self.dep = [each.dep_ for each in sentence]
        self.pos = [each.pos_ for each in sentence]
        self.tag = [each.tag_ for each in sentence]
        heads = [each.head.i - self.start for each in sentence]
        self.head = [h if 0 <= h < self.length else i for i, h in enumerate(heads)]
        self.lexeme = [self._lexeme(at) for at in range(self.length)]
        self._up = [self._above(at) for at in range(self.length)]
        self._first = [self._first_of_list(at) for at in range(self.length)]
        self._subject = self._subjects(sentence)
        self._verb_signs = [self._verb(each) for each in sentence]
        self._trees: dict[tuple[int, int], _Tree] = {}
        self.heads = [each.phrase.head.i - self.start for each in candidates]
        self.spans = [
            (each.phrase.start - self.start, each.phrase.end - self.start) for each in candidates
        ]
        self.names = [_name_kind(each) for each in candidates]
        self.short = [
            f"{each.kind[:2]}{name[:3]}" for each, name in zip(candidates, self.names, strict=True)
        ]

    def _lexeme(self, at: int) -> str:
        known = self.pos[at] in _WORDS or self.pos[at] in _CONTENT
        return self.lemma[at] if known else self.pos[at]

    def _above(self, at: int) -> list[int]:
        found = [at]
        while self.head[at] != at and len(found) < 30:
            at = self.head[at]
            found.append(at)
        return found

    def _first_of_list(self, at: int) -> int:
        while self.dep[at] == "conj" and self.head[at] < at:
            at = self.head[at]
        return at

    def _subjects(self, sentence: Any) -> dict[int, int]:
        found = {}
        for each in sentence:
            if each.pos_ in {"VERB", "AUX"}:
                subject = subject_of(each)
                if subject is not None and 0 <= subject.i - self.start < self.length:
                    found[each.i - self.start] = self._first[subject.i - self.start]
        return found

    @staticmethod
    def _verb(token: Any) -> list[str]:
        if token.pos_ not in {"VERB", "AUX"}:
            return []
        said = [f"vc={each.lower_}" for each in token.children if each.dep_ in _VERB_CHILDREN]
        return [f"v={token.lemma_.lower()}", f"vt={token.tag_}", *said]

    def of_phrase(self, which: int) -> list[str]:
        """The signs of one candidate."""
        candidate = self.candidates[which]
        phrase, at = candidate.phrase, self.heads[which]
        start, end = phrase.start - self.start, phrase.end - self.start
        lemma, name = self.lemma[at], self.names[which]
        signs = [
            f"k={candidate.kind}", f"n={name}", f"t={self.tag[at]}", f"d={self.dep[at]}",
            f"det={determiner(phrase.head)}", f"hd={self.lexeme[self.head[at]]}",
            f"kn={candidate.kind}{name}", f"first={start <= 1}",
            f"p={self.lower[start - 1] if start else '^'}",
            f"x={self.lower[end] if end < self.length else '$'}",
            f"px={self.pos[start - 1] if start else '^'}",
            f"words={min(4, end - start)}",
        ]  # fmt: skip
        if candidate.kind in {"noun", "topic", "pronoun"}:
            signs += [f"l={lemma}", f"s={lemma[-3:]}", f"c={word_class(lemma)}"]
        signs += _topic_signs(self.passage.topic, self.passage, candidate)
        return signs

    def of_pair(self, one: int, two: int) -> list[str]:
        """The signs of an ordered pair: the first is the subject."""
        a, b = self.heads[one], self.heads[two]
        ca, cb = self._first[a], self._first[b]
        listed = ca == cb
        if listed:
            ca, cb = a, b
        tree = self._trees.get((ca, cb))
        if tree is None:
            tree = self._trees[ca, cb] = self._tree(ca, cb)
        kinds, names = self.short[one] + self.short[two], self.names[one] + "|" + self.names[two]
        signs = [
            *tree.signs, f"KP={kinds}{tree.bare}", f"K={kinds}", f"N={names}",
            f"Np={names}{tree.preps}", *(f"S{each}n={self.short[two]}" for each in tree.told),
        ]  # fmt: skip
        if listed:
            signs.append("list")
        if (a, b) != (ca, cb):
            left, right, _ = self._path(a, b)
            signs.append(f"R={self._bare(left, right)}")
        return signs + self._between(one, two, kinds)

    def _tree(self, ca: int, cb: int) -> _Tree:
        """What the tree says between two words; the same for all members of two lists."""
        left, right, top = self._path(ca, cb)
        bare = self._bare(left, right)
        signs = [
            f"P={bare}", f"L={self._worded(left, right, top, ca, cb)}",
            f"len={min(8, len(left) + len(right))}", f"T={self.lexeme[top]}", f"TP={self.pos[top]}",
        ]  # fmt: skip
        preps, verbs, told = [], [], []
        for each in (*left[1:], *right[1:], top):
            if each in (ca, cb):
                continue
            signs.append(f"I={self.lexeme[each]}")
            if self.pos[each] == "ADP":
                preps.append(self.lower[each])
            elif self.pos[each] in {"VERB", "AUX", "NOUN"}:
                verbs.append(self.lemma[each])
            signs += self._verb_signs[each]
            subject = self._subject.get(each)
            if subject is not None and subject in (ca, cb):
                side = "A" if subject == ca else "B"
                down, up, _ = self._path(each, cb if subject == ca else ca)
                signs += [
                    f"S{side}", f"S{side}={self.lemma[each]}", f"S{side}>{self._bare(down, up)}"
                ]  # fmt: skip
                told.append(f"{side}{self.lemma[each]}")
        joined = "_".join(preps)
        if verbs:
            signs.append(f"V={verbs[0]}_{joined}")
        return _Tree(tuple(signs), bare, joined, tuple(told))

    def _between(self, one: int, two: int, kinds: str) -> list[str]:
        a, b = self.candidates[one].phrase, self.candidates[two].phrase
        order = "<" if a.start < b.start else ">"
        low, high = (a, b) if a.start < b.start else (b, a)
        start, end = low.end - self.start, high.start - self.start
        if start > end:
            return [f"over{order}{kinds}"]
        words = self.lower[start:end]
        count = len(words)
        signs = [f"o{order}", f"g{order}{count if count < 3 else min(8, 3 + count // 4)}"]
        near = words if count <= 2 * _FAR else words[:_FAR] + words[-_FAR:]
        signs += [f"m{order}{each}" for each in near]
        tags = self.pos[start:end]
        signs.append(f"q{order}{' '.join(tags[:6])}{'+' if count > 6 else ''}")
        if count <= 4:
            text = " ".join(words)
            signs += [f"w{order}{text}", f"kw{order}{kinds}{text}"]
        else:
            signs += [
                f"w1{order}{words[0]} {words[1]}", f"w2{order}{words[-2]} {words[-1]}",
                f"kw2{order}{kinds}{words[-1]}",
            ]  # fmt: skip
        return signs

    def _path(self, a: int, b: int) -> tuple[list[int], list[int], int]:
        """From each side up to below where they meet, and where that is."""
        up_a, up_b = self._up[a], self._up[b]
        places = {each: place for place, each in enumerate(up_b)}
        for place, each in enumerate(up_a):
            if each in places:
                return up_a[:place], up_b[: places[each]], each
        return up_a, up_b, up_a[-1]

    def _bare(self, left: list[int], right: list[int]) -> str:
        up = "<".join(self.dep[each] for each in left)
        return up + "^" + ">".join(self.dep[each] for each in reversed(right))

    def _worded(self, left: list[int], right: list[int], top: int, ca: int, cb: int) -> str:
        up = "<".join(self.dep[x] + ("" if x == ca else self.lexeme[x]) for x in left)
        down = ">".join(self.dep[x] + ("" if x == cb else self.lexeme[x]) for x in reversed(right))
        middle = "A" if top == ca else "B" if top == cb else self.lexeme[top]
        return f"{up}^{middle}^{down}"


def _name_kind(candidate: Candidate) -> str:
    """spaCy's label of its head, or of any word of it."""
    phrase = candidate.phrase
    if phrase.head.ent_type_:
        return str(phrase.head.ent_type_)
    labels = (each.ent_type_ for each in phrase.head.doc[phrase.start : phrase.end])
    return next((each for each in labels if each), "")


def _topic_signs(topic: Topic | None, passage: Passage, candidate: Candidate) -> list[str]:
    phrase = candidate.phrase
    if topic is None:
        return ["no topic"]
    head = phrase.head
    named = topic.phrase.start <= head.i < topic.phrase.end or passage.names_topic(head)
    if not (phrase.is_topic or named):
        return ["other"]
    classes = sorted(topic.classes)
    kinds = sorted({word_class(each) for each in classes} - {""})
    return [
        "topic", f"tp={topic.is_person}",
        *(f"tc={each}" for each in classes), *(f"tk={each}" for each in kinds),
    ]  # fmt: skip
