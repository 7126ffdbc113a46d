"""Retrieval for a question: every ranker is asked, and the strategy says whose word counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from workbench.core.errors import InputError
from workbench.knowledge.indexes import EMBEDDER, index_text, index_vectors, text_stamp
from workbench.knowledge.searching import places_of
from workbench.knowledge.states import State
from workbench.models.loading import load
from workbench.models.plain_encoder import find_plain_encoder

from .communities import Community
from .evidence import Answerable, EvidenceLines, evidence_features, kept_evidence_lines
from .fusion import fuse_ranks
from .keeping import keep_communities, keep_passage_graph
from .lines import lines_of
from .overviews import Overview, is_thin, look_over
from .plans import Plan, make_plan, pair_scorer
from .questions import read_question
from .reader import MODEL, kept_reader
from .reading import READ_FEATURES, Read, read_features
from .reranker import Reranker, kept_reranker
from .said import Said
from .scorers import Scorer
from .signals import Corpus, Signals, find_signals
from .strategies import Choice, Strategy, choose_strategy, strategy_scorers
from .telling import Ranked, Retrieval, tell
from .told_outright import told_outright
from .walking import graph_steps

if TYPE_CHECKING:
    import numpy as np

Asked = Literal["auto", "fact", "comparison", "multi-hop", "overview", "none"]
_POOL = 20  # passages of each way that the final list is drawn from
_TOP_OFFSET = 1  # of the ranks that the final list is fused by: its first places count
_READ = 10  # passages whose sentences are read, as many as answers are made of
OUTRIGHT_CHANCE = 0.9
"""Of an answer where one or two sentences say it outright: of 747 questions over the leads, half of
them without an answer, 105 were said outright by the first rules, and 98 of these had one."""
_COMMUNITIES_WEIGHT = 0.3  # of their passages beside those that were found for the question


class Retriever:
    """Answers many questions on one state; what they need is loaded once.

    Args:
        state: The graph as it is to be searched.
        embed: Gives the vectors of texts, shape (texts, dimensions), length 1.
        embedder: The name of the model that does.
        read: Says whether sentences say what a question asks; without it words alone tell.
    """

    def __init__(
        self,
        state: State,
        embed: Callable[[Sequence[str]], np.ndarray],
        *,
        embedder: str = EMBEDDER,
        read: Read | None = None,
    ) -> None:
        self.state, self.embed_many, self.read = state, embed, read
        graph = keep_passage_graph(state)
        text, vectors = index_text(state), index_vectors(state, embedder=embedder)
        self._text_stamp = text_stamp(state)  # the file may be another process's by now
        self.corpus = Corpus(graph, text, vectors, graph_steps(graph), self._read)

    def _read(self, passages: Sequence[int]) -> dict[int, str]:
        """The texts of passages."""
        keys = self.corpus.graph.keys
        _, texts = places_of(self.state, [keys[each] for each in passages])
        return {each: texts[keys[each]] for each in passages}

    @cached_property
    def communities(self) -> list[Community]:
        """Those of the graph, found when they are first needed."""
        return keep_communities(self.state, self.corpus.graph)

    @cached_property
    def _kept(self) -> tuple[Reranker, Scorer, EvidenceLines, dict[Strategy, Scorer]]:
        evidence = kept_evidence_lines(READ_FEATURES if self.read else ())
        return kept_reranker(), pair_scorer(), evidence, strategy_scorers()

    def rank(self, question: str, *, strategy: Asked = "auto", limit: int = 10) -> Ranked:
        """All rankings for a question, and the final one by its strategy.

        Raises:
            InputError: The question is empty, or less than one passage is asked for.
        """
        if limit < 1:
            raise InputError(f"limit is {limit}; it must be at least 1", hint="limit=10")
        read = read_question(question, self.corpus.graph)
        reranker, pairs, _, lines = self._kept
        choice = _chosen(question, strategy, lines)
        signals = find_signals(read, self.embed_many([read.text])[0], self.corpus)
        reranked = reranker.rerank(signals, self.corpus)
        plan = make_plan(signals, self.corpus, scorer=pairs)
        judged = self.judge(signals, choice, reranked=reranked, plan=plan)
        overviews: tuple[Overview, ...] = ()
        lists = {**signals.rankings, "fused": list(signals.fused), "reranked": list(reranked)}
        lists["plan"] = plan.passages(_POOL)
        if choice.strategy == "overview":
            overviews = look_over(signals, self.corpus, self.communities)
            lists["communities"] = [each for found in overviews for each in found.passages]
        best = _final(choice, lists)[:limit] if choice.strategy != "none" else []
        return Ranked(
            *(signals, choice, reranked, plan, overviews, lists, tuple(best)),
            judged.chance,
            self._abstains(choice.strategy, judged, signals, overviews, best),
        )

    def _abstains(
        self,
        strategy: Strategy,
        judged: Answerable,
        signals: Signals,
        overviews: Sequence[Overview],
        best: Sequence[int],
    ) -> bool:
        """Whether nothing should be answered."""
        if strategy == "overview":
            return is_thin(signals, self.corpus, overviews, best)
        return strategy != "none" and judged.abstained

    def judge(
        self,
        signals: Signals,
        choice: Choice,
        *,
        reranked: dict[int, float] | None = None,
        plan: Plan | None = None,
    ) -> Answerable:
        """The chance that what was found holds an answer; what is not given is made."""
        reranker, pairs, evidence, _ = self._kept
        if reranked is None:
            reranked = reranker.rerank(signals, self.corpus)
        if plan is None:
            plan = make_plan(signals, self.corpus, scorer=pairs)
        hops = choice.chances["multi-hop"] + choice.chances["comparison"]
        told = evidence_features(signals, self.corpus, reranked=reranked, plan=plan, hops=hops)
        if self.read is not None:
            told += read_features(signals, self.corpus, self.read, reranked=reranked, plan=plan)
        judged = evidence.judge(told)
        if not judged.abstained or choice.strategy in ("overview", "none"):
            return judged
        lists = {"plan": plan.passages(_POOL), "reranked": list(reranked)}
        if self._said_outright(signals, _final(choice, lists)[:_READ]):
            return Answerable(max(judged.chance, OUTRIGHT_CHANCE), judged.bound)
        return judged

    def _said_outright(self, signals: Signals, passages: Sequence[int]) -> bool:
        """Whether a sentence of some passages answers by its words, or two do together.

        The lines were learnt from an encyclopaedia, where a word is rare that a small base has
        in each document, and a lead is long: what a short note says outright looks thin to them.
        """
        titles = self.corpus.graph.titles
        lines = [
            Said(line, passage, titles[passage])
            for passage, text in self._read(passages).items()
            for line in lines_of(text, titles[passage])
        ]
        return told_outright(signals.question.text, lines).whole

    @property
    def bound(self) -> float:
        """The chance under which it abstains."""
        return self._kept[2].bound

    def retrieve(self, question: str, *, strategy: Asked = "auto", limit: int = 10) -> Retrieval:
        """Find the passages that bear on a question, with places, scores, path and judgement.

        Args:
            question: In words.
            strategy: ``auto`` tells it from the question.
            limit: At most so many passages.

        Raises:
            InputError: The question is empty, or less than one passage is asked for.
        """
        with self.state.frozen():
            if self.corpus.text.stamp() != self._text_stamp:  # another process wrote its own
                index_text(self.state)
            ranked = self.rank(question, strategy=strategy, limit=limit)
            return tell(ranked, self.state, self.corpus.graph, question=question)


@contextmanager
def opened_retriever(state: State, *, embedder: str = EMBEDDER) -> Iterator[Retriever]:
    """A retriever with its embedding model, for as long as it is needed.

    Raises:
        NotFoundError, FetchError: The embedder cannot be brought.
    """
    plain = find_plain_encoder(embedder)
    read = read_kept if embedder == MODEL else None
    if plain is not None:
        yield Retriever(state, plain.embed, embedder=embedder, read=read)
        return
    with load(embedder) as model:
        yield Retriever(state, model.embed, embedder=embedder, read=read)


def read_kept(question: str, sentences: Sequence[str]) -> np.ndarray:
    """The log odds that sentences say what is asked, by the reader that is kept.

    It is loaded at the first question: its model is the embedder's, which is there by then.
    """
    return kept_reader().read(question, sentences)


def _chosen(question: str, asked: Asked, lines: dict[Strategy, Scorer]) -> Choice:
    if asked == "auto":
        return choose_strategy(question, scorers=lines)
    return Choice(asked, {each: float(each == asked) for each in lines})


def _final(choice: Choice, lists: dict[str, list[int]]) -> list[int]:
    """The final ranking: that of the strategy, with the others as far as they may be meant.

    A question of two hops that is taken for one fact is so still answered by the plan's pair.
    """
    if choice.strategy == "overview":
        chosen = {name: lists[name][:_POOL] for name in ("communities", "meaning", "fused")}
        return list(fuse_ranks(chosen, weights={"communities": _COMMUNITIES_WEIGHT}))
    hops = choice.chances["multi-hop"] + choice.chances["comparison"]
    chosen = {name: lists[name][:_POOL] for name in ("plan", "reranked")}
    weights = {"plan": (1 + hops) / 2, "reranked": 1 - hops}
    return list(fuse_ranks(chosen, weights=weights, offset=_TOP_OFFSET))
