"""A question as retrieval sees it: its telling words, what it names and what it asks for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from workbench.core.errors import InputError

from .asked_for import acronyms_in
from .asking_forms import put_plainly
from .names import NamedSpan, words_of
from .passage_graph import PassageGraph
from .words import content_stems, content_words, stem

MOST_WORDS = 256  # what the embedder reads; a question that is longer is read up to there
_SHOWN_WORD = re.compile(r"\w+")
# What the fitted lines know of a question's kind, at any place in it; what a single sentence must
# hold to answer it is told more closely, by its form, in `asked_for`.
_YEAR = re.compile(r"\b(?:year|when|century|date|decade)\b")
_NUMBER = re.compile(
    r"\b(?:how (?:many|much|long|high|deep|wide|large|tall|far|old|big|fast|heavy)|population|"
    r"number|inhabitants|percent|distance|height|length|area)\b"
)


@dataclass(frozen=True)
class Question:
    """What a question says.

    ``stems`` are the numbers of its telling words in order and ``weights`` how rare each is;
    ``entities`` what it names, with how telling that is; ``spans`` where the names stand;
    ``names`` the stems of capitalised words. ``cut`` says that it was too long to be read whole;
    ``telling`` are its telling words in order, *who* among them where it is written *WHO*.
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[int, ...]
    weights: tuple[float, ...]
    entities: dict[int, float] = field(hash=False)
    spans: tuple[NamedSpan, ...]
    names: frozenset[int] = frozenset()
    cut: bool = False
    telling: tuple[str, ...] = ()

    @property
    def asks_year(self) -> bool:
        """Whether a time is asked for."""
        return bool(_YEAR.search(" ".join(self.words)))

    @property
    def asks_number(self) -> bool:
        """Whether a number is asked for."""
        return bool(_NUMBER.search(" ".join(self.words)))

    @cached_property
    def total(self) -> float:
        """All its weights together, at least a little."""
        return sum(self.weights) or 1.0

    def coverage(self, stems: Iterable[int] | frozenset[int]) -> float:
        """The share of its weight that some words cover, 0 to 1."""
        have = stems if isinstance(stems, frozenset) else frozenset(stems)
        pairs = zip(self.stems, self.weights, strict=True)
        return sum(weight for word, weight in pairs if word in have) / self.total

    def titled(self, title: frozenset[int], graph: PassageGraph) -> float:
        """How far it says a title: the share of the title's weight that it has."""
        if not title:
            return 0.0
        said = frozenset(self.stems)
        weights = {word: graph.words.rarity_of(word) for word in title}
        return sum(weights[word] for word in title if word in said) / sum(weights.values())


def check_question(text: str) -> None:
    """Raise InputError if a question is empty."""
    if not text.strip():
        raise InputError("the question is empty", hint="ask something: 'Who founded Rome?'")


def read_question(text: str, graph: PassageGraph) -> Question:
    """Find the telling words of a question and link its names to entities.

    Raises:
        InputError: It is empty.
    """
    check_question(text)
    text = put_plainly(text)
    every = words_of(text)
    words = every[:MOST_WORDS]
    cut = len(words) < len(every)
    said = " ".join(words)
    telling = tuple(content_words(said, kept=acronyms_in(text)))
    stems = graph.words.numbers_of(dict.fromkeys(map(stem, telling)))
    spans = tuple(
        span
        for span in graph.name_table.find(words)
        if span.end - span.start > 1 or words[span.start] in telling
    )
    entities: dict[int, float] = defaultdict(float)
    for span in spans:
        for entity in span.entities:
            weight = float(graph.rarity[entity]) / len(span.entities)
            entities[entity] = max(entities[entity], weight)
    return Question(
        " ".join(text.split()[:MOST_WORDS]) if cut else text,
        words,
        tuple(stems),
        tuple(graph.words.rarity_of(word) for word in stems),
        dict(entities),
        spans,
        _capitalised(text, graph),
        cut,
        telling,
    )


def _capitalised(text: str, graph: PassageGraph) -> frozenset[int]:
    """The stems of words with a capital, but for the first, which always has one."""
    shown = _SHOWN_WORD.findall(text)[1:MOST_WORDS]
    named = " ".join(word for word in shown if word[0].isupper())
    return frozenset(graph.words.numbers_of(content_stems(named, kept=acronyms_in(text))))


def titles_named(question: Question, graph: PassageGraph) -> dict[int, float]:
    """The passages that are about what a question names, with how telling that is."""
    about, found = graph.about_entity, dict[int, float]()
    for entity, weight in question.entities.items():
        first, last = about.indptr[entity], about.indptr[entity + 1]
        passages = about.indices[first:last].tolist()
        for passage, share in zip(passages, about.data[first:last].tolist(), strict=True):
            found[passage] = max(found.get(passage, 0.0), weight * share)
    return found
