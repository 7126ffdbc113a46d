"""Which communities of a graph a global question is about, and what they say in their own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .asked_for import read_asked_for
from .communities import Community
from .passage_graph import PassageGraph
from .related_words import related
from .signals import Corpus, Signals
from .strategies import SURVEYING, asks_of_all
from .words import stem, stem_set

_COMMUNITIES = 3
_MOST_AT_LARGE = 5
_LEAST_WORDS = 4  # that a sentence has which tells what a community is about
_FROM_EACH = 10
_RANK_OFFSET = 10
_SAY_NOTHING = frozenset(map(stem, SURVEYING)) | stem_set("give show know known said")
_LEAST_SAID = 0.25  # of the weight of a question's telling words


@dataclass(frozen=True)
class Overview:
    """A community that bears on a question: its entities and the passages nearest to the question.

    ``extract`` are sentences of these by passage and number, the one of each that says most of the
    question; ``score`` is how much of what was found lies in it. ``at_large``: nothing in
    particular is asked for, and ``extract`` is more than will be told: of it the first that can
    stand alone.
    """

    entities: tuple[str, ...]
    titles: tuple[str, ...]
    passages: tuple[int, ...]
    extract: tuple[tuple[int, int], ...]
    size: int
    score: float
    at_large: bool = False


def look_over(
    signals: Signals, corpus: Corpus, communities: Sequence[Community]
) -> tuple[Overview, ...]:
    """The communities that hold most of what was found for a question, the best first.

    The largest, where the question is about all documents and nothing in particular.

    Args:
        signals: What was found for it.
        corpus: What was searched.
        communities: All there are.
    """
    if asks_of_all(signals.question.text):
        return tuple(_at_large(each, corpus.graph) for each in communities[:_MOST_AT_LARGE])
    owner = {
        passage: number for number, each in enumerate(communities) for passage in each.passages
    }
    scores: dict[int, float] = {}
    for name in ("meaning", "words"):
        for rank, passage in enumerate(signals.rankings[name], start=1):
            if passage in owner:
                place = owner[passage]
                scores[place] = scores.get(place, 0.0) + 1 / (_RANK_OFFSET + rank)
    best = sorted(scores, key=lambda each: (-scores[each], each))[:_COMMUNITIES]
    return tuple(_seen(communities[each], scores[each], signals, corpus) for each in best)


def is_thin(
    signals: Signals, corpus: Corpus, overviews: Sequence[Overview], best: Sequence[int]
) -> bool:
    """Whether what would be told has nothing to do with a question.

    It has where one of its passages says a name of the question in whole, if it has one, and all
    together at least a quarter of its telling words, each weighed by how rare it is; words that
    begin alike or ask for the same count. A question about everything, without a telling word, is
    answered by any community.

    Args:
        signals: What was found for it.
        corpus: What was searched.
        overviews: The communities that would be told of.
        best: The passages that would be.
    """
    question, graph = signals.question, corpus.graph
    if asks_of_all(question.text):
        return not overviews
    stems = dict.fromkeys(map(stem, question.telling))
    every_word = zip(question.stems, question.weights, stems, strict=True)
    words = [each for each in every_word if each[2] not in _SAY_NOTHING]
    if not words:
        return not overviews
    runs = read_asked_for(question.text).names
    names = [frozenset(graph.words.numbers_of(name)) for name in runs]
    told = {*best, *(passage for each in overviews for passage in each.passages)}
    every = frozenset[int]().union(*(_stems_of(passage, graph) for passage in told))
    said = {number for number, _, each in words if every & related(each, graph.words).keys()}
    if names and not any(name <= _stems_of(passage, graph) for passage in told for name in names):
        return True
    weight = sum(each for number, each, _ in words if number in said)
    return weight < _LEAST_SAID * sum(each for _, each, _ in words)


def _at_large(community: Community, graph: PassageGraph) -> Overview:
    passages = community.passages[:_FROM_EACH]
    extract = [
        (passage, number)
        for passage in passages
        for number, words in enumerate(graph.words.sentences(passage))
        if number and len(words) >= _LEAST_WORDS
    ]
    return Overview(
        tuple(graph.entities[entity] for entity in community.entities),
        tuple(dict.fromkeys(graph.titles[passage] for passage in passages)),
        passages,
        tuple(extract),
        len(community.passages),
        1.0,
        at_large=True,
    )


def _stems_of(passage: int, graph: PassageGraph) -> frozenset[int]:
    return frozenset[int]().union(*graph.words.sentences(passage))


def _seen(community: Community, score: float, signals: Signals, corpus: Corpus) -> Overview:
    graph = corpus.graph
    cosines = corpus.vectors_of(community.passages) @ signals.vector
    near = sorted(
        range(len(community.passages)), key=lambda each: (-cosines[each], community.passages[each])
    )
    passages = tuple(community.passages[each] for each in near[:_FROM_EACH])
    return Overview(
        tuple(graph.entities[entity] for entity in community.entities),
        tuple(dict.fromkeys(graph.titles[passage] for passage in passages)),
        passages,
        tuple(_extract(passages, dict(community.extract), signals, graph)),
        len(community.passages),
        score,
    )


def _extract(
    passages: Sequence[int], central: Mapping[int, int], signals: Signals, graph: PassageGraph
) -> Iterator[tuple[int, int]]:
    """A sentence of each passage, one a title: that which covers most of the question.

    Where none covers any of it, the one by which the community is told, or the first.
    """
    titles: set[str] = set()
    for passage in passages:
        sentences = graph.words.sentences(passage)
        if graph.titles[passage] in titles or len(sentences) < 2:  # a heading says nothing
            continue
        titles.add(graph.titles[passage])
        shares = [signals.question.coverage(sentence) for sentence in sentences]
        best = max(range(1, len(sentences)), key=lambda each: (shares[each], -each))
        yield passage, best if shares[best] > 0 else central.get(passage, 1)
