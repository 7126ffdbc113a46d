"""A retrieval as it is told: passages with places, ranks and scores, path and judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from workbench.core.viewers import Viewable
from workbench.knowledge.searching import Place, places_of
from workbench.knowledge.states import State

from .lines import stands_alone
from .overviews import Overview
from .passage_graph import PassageGraph
from .plans import Plan, Step
from .signals import Signals
from .strategies import Choice, Strategy
from .words import sentences_of

_SHOWN_SHARE = 0.5  # of the best community's score, under which one is not told of
_LIKELY_HOPS = 0.25  # from here on a path is shown, though one fact is likelier


@dataclass(frozen=True)
class Ranked:
    """All rankings of one question, as numbers of passages, the best first."""

    signals: Signals
    choice: Choice
    reranked: dict[int, float]
    plan: Plan
    overviews: tuple[Overview, ...]
    lists: dict[str, list[int]] = field(hash=False)
    best: tuple[int, ...] = ()
    chance: float = 0.0
    abstained: bool = False


@dataclass(frozen=True)
class RetrievedPassage:
    """One passage, with its rank from 1 by each ranker that has it, and scores."""

    text: str
    title: str
    places: tuple[Place, ...]
    ranks: dict[str, int]
    scores: dict[str, float]


@dataclass(frozen=True)
class PathStep:
    """One step of a path: a passage's title and first place; ``bridge`` is what leads there."""

    title: str
    place: Place
    by: str
    bridge: str | None = None


@dataclass(frozen=True)
class Sentence:
    """A sentence in a document: characters ``start`` to ``end`` of its normalised text."""

    text: str
    document: str
    start: int
    end: int


@dataclass(frozen=True)
class RetrievedCommunity:
    """A part of the graph that a global question is about, in its documents' own sentences.

    ``titles`` are of the passages nearest to the question; ``passages`` counts all it has.
    """

    entities: tuple[str, ...]
    titles: tuple[str, ...]
    summary: tuple[Sentence, ...]
    passages: int


@dataclass(frozen=True)
class Retrieval(Viewable):
    """What was found for a question, the best first.

    ``chance`` is that of an answer being there (calibrated on questions of one kind, see the
    documentation); ``abstained`` whether it is under the bound. ``strategy_chances`` are those of
    each strategy; of one that was asked for it is 1. ``notes`` say what was not as asked.
    """

    name: str
    question: str
    strategy: Strategy
    strategy_chances: dict[str, float]
    passages: tuple[RetrievedPassage, ...]
    path: tuple[PathStep, ...]
    chance: float
    abstained: bool
    communities: tuple[RetrievedCommunity, ...] = ()
    notes: tuple[str, ...] = ()


def tell(ranked: Ranked, state: State, graph: PassageGraph, *, question: str) -> Retrieval:
    """What was found, with texts and places.

    Args:
        ranked: The rankings.
        state: Where the passages stand.
        graph: The graph of that state.
        question: As it was asked.
    """
    steps = ranked.plan.path(graph) if _has_path(ranked.choice) else ()
    least = max((each.score for each in ranked.overviews), default=0.0) * _SHOWN_SHARE
    shown = [each for each in ranked.overviews if each.score >= least]
    spoken = [passage for each in shown for passage, _ in each.extract]
    wanted = dict.fromkeys([*ranked.best, *(step.passage for step in steps), *spoken])
    known = places_of(state, [graph.keys[each] for each in wanted])
    teller = _Teller(ranked, graph, *known)
    return Retrieval(
        state.graph.name,
        question,
        ranked.choice.strategy,
        {name: round(chance, 4) for name, chance in ranked.choice.chances.items()},
        tuple(teller.passage(*each) for each in enumerate(ranked.best, start=1)),
        tuple(teller.step(each) for each in steps),
        ranked.chance,
        ranked.abstained,
        tuple(teller.community(each) for each in shown),
        tuple(_notes(ranked)),
    )


def _has_path(choice: Choice) -> bool:
    if choice.strategy in ("overview", "none"):
        return False
    return choice.chances["multi-hop"] + choice.chances["comparison"] >= _LIKELY_HOPS


@dataclass(frozen=True)
class _Teller:
    """Turns numbers of passages into what a reader can use."""

    ranked: Ranked
    graph: PassageGraph
    places: Mapping[str, Sequence[Place]]
    texts: Mapping[str, str]

    def passage(self, place: int, passage: int) -> RetrievedPassage:
        key, ranked = self.graph.keys[passage], self.ranked
        ranks = {
            name: each.index(passage) + 1 for name, each in ranked.lists.items() if passage in each
        }
        scores = {"nearness": float(ranked.signals.nearness[passage])}
        for name, found in (("bm25", ranked.signals.bm25), ("reranked", ranked.reranked)):
            if passage in found:
                scores[name] = found[passage]
        return RetrievedPassage(
            self.texts[key], self.graph.titles[passage], tuple(self.places[key]), ranks, scores
        )

    def step(self, step: Step) -> PathStep:
        where = self.places[self.graph.keys[step.passage]][0]
        return PathStep(self.graph.titles[step.passage], where, step.by, step.bridge)

    def community(self, found: Overview) -> RetrievedCommunity:
        told = self._sentences(found.extract)
        if found.at_large:
            told = islice((each for each in told if stands_alone(each.text)), 1)
        return RetrievedCommunity(found.entities, found.titles, tuple(told), found.size)

    def _sentences(self, extract: Sequence[tuple[int, int]]) -> Iterator[Sentence]:
        for passage, number in extract:
            key = self.graph.keys[passage]
            where, text = self.places[key][0], self.texts[key]
            start, end = sentences_of(text)[number]
            yield Sentence(text[start:end], where.document, where.start + start, where.start + end)


def _notes(ranked: Ranked) -> Iterator[str]:
    question = ranked.signals.question
    if question.cut:
        yield f"the question is long: its first {len(question.words)} words were read"
    if ranked.choice.strategy == "overview":
        yield "the chance is of a single answer; whether an overview is whole is not judged"
    if ranked.choice.strategy == "none":
        yield "the text asks nothing of the documents: nothing was looked for"
    elif not any(stem >= 0 for stem in question.stems):
        yield "no passage has a word of the question: only its meaning was looked for"
