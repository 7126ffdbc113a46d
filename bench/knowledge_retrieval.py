"""Retrieval over the graph of 10,033 leads of Wikipedia, on frozen questions.

The peer is dense retrieval alone: the same passages, the same embedding model, nothing held back.
Issue 9 asks that both supports of a question of two hops stand among the first five passages at
least 1.5 times as often, and that .8 of the unanswerable questions are passed over where a
twentieth of the others are. Every ranker is told with its interval, and two broken variants.
Abstention is measured on the third sets (`answerable_third_held_out` and the other), whose
questions without an answer have one hop or two; the ones before have been learnt from since.

    python bench/knowledge_retrieval.py HOME development   # or held_out

HOME has a graph `leads`, as bench/knowledge_graph.py builds it; without it `measure` builds one.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import abstention_figures
import knowledge_graph
from shape import Benchmark, Figure

ASKED_RATIO, ASKED_ABSTAINED = 1.5, 0.8
FIRST = 5
FIRST_SETS = ("two_hop", "single_fact", "unanswerable")
ABSTAINED_ON = {
    "held_out": ("answerable_third_held_out", "unanswerable_third_held_out"),
    "development": ("answerable_second_training", "unanswerable_second_training"),
}
Rankings = dict[str, list[int]]


def build(home: Path) -> None:
    """The graph of the leads in a home, with its indexes."""
    from workbench.knowledge.building import build_graph
    from workbench.knowledge.extraction.patterns import PatternExtractor
    from workbench.knowledge.graphs import Graph

    folder = home / "documents"
    folder.mkdir()
    knowledge_graph.write_leads(folder)
    build_graph(Graph("leads", home=home), [folder], extractors=[PatternExtractor()])


class Bench:
    """The questions of one part of the frozen sets, each with all its rankings."""

    def __init__(self, home: Path, part: str) -> None:
        from workbench.evaluation.knowledge_sets import read_knowledge_set
        from workbench.knowledge.graphs import Graph
        from workbench.knowledge.retrieval.retriever import Retriever, read_kept
        from workbench.knowledge.retrieval.training.questions import GoldPassages, labelled
        from workbench.knowledge.states import State
        from workbench.models.loading import load

        self.part, state = part, State(Graph("leads", home=home))
        self.model = load("minilm-l6-v2")
        self.retriever = Retriever(state, self.model.embed, read=read_kept)
        self.corpus = self.retriever.corpus
        self.gold = GoldPassages(state, self.corpus.graph)
        self.sets = {
            name: labelled(read_knowledge_set(f"{name}_{part}"), self.gold) for name in FIRST_SETS
        }
        for name in ABSTAINED_ON[part]:
            self.sets[name] = labelled(read_knowledge_set(name), self.gold)
        self.wall_s: list[float] = []
        self.cpu_s: list[float] = []
        self.ranked = {
            name: [self._rank(each) for each in rows] for name, rows in self.sets.items()
        }

    def _rank(self, asked: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        found = self.retriever.rank(asked.question)
        self.wall_s.append(time.perf_counter() - wall)
        self.cpu_s.append(time.process_time() - cpu)
        return found

    def rankings(self, name: str) -> list[Rankings]:
        """Each question's lists, with the final one and the broken variants."""
        from workbench.knowledge.retrieval.plans import make_plan
        from workbench.knowledge.retrieval.walking import walk

        steps, found = self._shuffled_steps(), []
        for each in self.ranked[name]:
            lists: Rankings = {**each.lists, "final": list(each.best)}
            hits = self.corpus.text.search(each.signals.question.text, limit=50, snippets=False)
            lists["BM25 of all words"] = [self.corpus.graph.numbers[hit.id] for hit in hits]
            seeds = {key: each.lists[key] for key in ("words", "meaning")}
            near = walk(each.signals.question, self.corpus.graph, steps, rankings=seeds)
            lists["graph, edges shuffled"] = (-near).argsort(kind="stable")[:50].tolist()
            alone = make_plan(each.signals, self.corpus, second_hop=False)
            lists["plan without a second hop"] = alone.passages(20)
            found.append(lists)
        return found

    def _shuffled_steps(self) -> Any:
        """A walk over a graph with as many edges at each passage, that lead to other entities."""
        import numpy as np

        from workbench.knowledge.retrieval.walking import graph_steps

        drawn, graph = np.random.default_rng(9), self.corpus.graph
        mixed = {}
        for name in ("mentions", "about"):
            matrix = getattr(graph, name).copy()
            matrix.indices = drawn.permutation(graph.mentions.shape[1])[matrix.indices]
            matrix.sort_indices()
            mixed[name] = matrix
        return graph_steps(dataclasses.replace(graph, **mixed))


def supports(bench: Bench, name: str, first: int = FIRST) -> dict[str, dict[str, Any]]:
    """By ranker: how often all supports are among the first, and their mean share; beside dense."""
    import numpy as np

    from workbench.evaluation.bootstrap import bootstrap_interval

    rows, lists = bench.sets[name], bench.rankings(name)
    found: dict[str, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for ranker in lists[0]:
        inside = [
            [passage in each.get(ranker, [])[:first] for passage in row.gold]
            for row, each in zip(rows, lists, strict=True)
        ]
        whole[ranker] = np.array([all(each) for each in inside], dtype=float)
        share = np.array([sum(each) / len(each) for each in inside])
        found[ranker] = {"all": float(whole[ranker].mean()), "mean": float(share.mean())}
        found[ranker]["all_95"] = abstention_figures.mean_interval(whole[ranker])
        found[ranker]["mean_95"] = abstention_figures.mean_interval(share)
    dense = whole["meaning"]
    for ranker, told in found.items():
        told["wins"] = int(((whole[ranker] == 1) & (dense == 0)).sum())
        told["losses"] = int(((whole[ranker] == 0) & (dense == 1)).sum())
        told["ratio"] = told["all"] / dense.mean() if dense.any() else None
        if dense.any() and whole[ranker].any():
            interval = bootstrap_interval(
                lambda one, other, axis: one.mean(axis=axis) / other.mean(axis=axis),
                whole[ranker], dense, method="percentile",
            )  # fmt: skip
            told["ratio_95"] = [interval.low, interval.high]
        for kind in ("bridge", "comparison"):
            chosen = [number for number, row in enumerate(rows) if row.kind == kind]
            if chosen:
                told[kind] = float(whole[ranker][chosen].mean())
    return found


def abstention(bench: Bench) -> dict[str, Any]:
    """Who is passed over, at the bound that is kept and where a twentieth of the others is lost.

    Beside it the best cosine alone (dense), and the chance of two hops alone, which is the shape
    of a question: what it tells of an answer is owed to who wrote the questions.
    """
    import numpy as np

    names = ABSTAINED_ON[bench.part]
    asked = [each for name in names for each in bench.sets[name]]
    ranked = [each for name in names for each in bench.ranked[name]]
    marks = {
        "evidence": np.array([each.chance for each in ranked]),
        "dense": np.array([_best_cosine(bench, each) for each in ranked]),
        "shape": np.array([each.choice.chances["fact"] * -1.0 for each in ranked]),
    }
    bound = bench.retriever.bound
    told: dict[str, Any] = {"bound": bound}
    told["at_bound"] = abstention_figures.at_bound(asked, marks["evidence"], bound)
    for name, values in marks.items():
        told[name] = abstention_figures.at_a_twentieth(asked, values)
    told["chance_without_gold"] = _without_gold(bench)
    first = {name: [each.chance for each in bench.ranked[name]] for name in FIRST_SETS}
    told["below_bound_first_sets"] = {
        name: [int((np.array(values) < bound).sum()), len(values)] for name, values in first.items()
    }
    return told


def _best_cosine(bench: Bench, ranked: Any) -> float:
    best = ranked.signals.rankings["meaning"][:1]
    return float((bench.corpus.vectors_of(best) @ ranked.signals.vector).max(initial=0.0))


def _without_gold(bench: Bench) -> dict[str, float]:
    """How often a question is passed over once the last passage that answers it is taken away."""
    found = {}
    for name in ("two_hop", "single_fact", ABSTAINED_ON[bench.part][0]):
        pairs = zip(bench.sets[name], bench.ranked[name], strict=True)
        judged = [
            bench.retriever.judge(each.signals.without(row.gold[-1:]), each.choice)
            for row, each in pairs
        ]
        found[name] = sum(each.abstained for each in judged) / len(judged)
    return found


def overview(bench: Bench, first: int = 20) -> dict[str, float]:
    """The share of the points of global questions of which an article is among the first."""
    from workbench.evaluation.knowledge_sets import read_knowledge_set

    graph, found = bench.corpus.graph, dict.fromkeys(("meaning", "fused", "overview"), 0.0)
    rows = read_knowledge_set("overview")
    for row in rows:
        ranked = bench.retriever.rank(row["question"], strategy="overview", limit=first)
        for name in found:
            listed = ranked.best if name == "overview" else ranked.lists[name][:first]
            titles = {graph.titles[passage] for passage in listed}
            hit = [bool(titles.intersection(point["titles"])) for point in row["points"]]
            found[name] += sum(hit) / len(hit) / len(rows)
    return found


def strategies(bench: Bench) -> dict[str, Any]:
    """How often the strategy is the one of the set: confusions by what it should be."""
    from collections import Counter

    from workbench.evaluation.knowledge_sets import read_knowledge_set
    from workbench.knowledge.retrieval.strategies import choose_strategy

    seen = [
        (row.strategy, each.choice.strategy)
        for name in FIRST_SETS
        for row, each in zip(bench.sets[name], bench.ranked[name], strict=True)
    ]
    seen += [
        ("overview", choose_strategy(row["question"]).strategy)
        for row in read_knowledge_set("overview")
    ]
    right = sum(one == other for one, other in seen) / len(seen)
    counts = {f"{one} as {other}": count for (one, other), count in sorted(Counter(seen).items())}
    return {"right": right, "counts": counts}


def times(bench: Bench) -> dict[str, float]:
    """Milliseconds a question, embedding and all, and of the walks in the graph alone."""
    import numpy as np

    from workbench.knowledge.retrieval.walking import walk

    walks = []
    for each in bench.ranked["two_hop"]:
        started = time.process_time()
        seeds = {key: each.lists[key] for key in ("words", "meaning")}
        walk(each.signals.question, bench.corpus.graph, bench.corpus.steps, rankings=seeds)
        walks.append(time.process_time() - started)

    def told(name: str, values: Sequence[float]) -> dict[str, float]:
        return {f"{name}_p{each}_ms": float(np.percentile(values, each)) * 1e3 for each in (50, 95)}

    return {**told("wall", bench.wall_s), **told("cpu", bench.cpu_s), **told("walk_cpu", walks)}


def go_through(home: Path, part: str) -> dict[str, Any]:
    """All figures of one part."""
    bench = Bench(home, part)
    measured: dict[str, Callable[[], Any]] = {
        "two_hop": lambda: supports(bench, "two_hop"),
        "two_hop_first_50": lambda: supports(bench, "two_hop", 50),
        "single_fact_first": lambda: supports(bench, "single_fact", 1),
        "single_fact": lambda: supports(bench, "single_fact"),
        "abstention": lambda: abstention(bench),
        "strategies": lambda: strategies(bench),
        "overview": lambda: overview(bench),
        "times": lambda: times(bench),
    }
    return {"part": part, **{name: work() for name, work in measured.items()}}


def measure(rounds: int) -> list[Figure]:
    """What was asked beside what was found; the questions are the same each round, so one does."""
    with tempfile.TemporaryDirectory() as base:
        build(Path(base))
        told = go_through(Path(base), "held_out")
    two, judged, took = told["two_hop"], told["abstention"], told["times"]
    ours, theirs = two["final"]["all"], two["meaning"]["all"]
    apart = judged["evidence"]["abstained"]
    return [
        Figure(
            "two-hop questions with both supports in the first 5", "dense alone", "of them",
            (ours,), (theirs,), bound=ASKED_RATIO, details=told,
        ),
        Figure(
            "unanswerable questions passed over at 5% lost", "what issue 9 asks for", "of them",
            (apart,), (ASKED_ABSTAINED,), bound=1.0, details=judged,
        ),
        Figure(
            "a question, p50", "150 ms", "ms", (took["wall_p50_ms"],), (150.0,), better="lower",
            bound=1.0, details=took,
        ),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("knowledge_retrieval", measure),)

if __name__ == "__main__":
    sys.stdout.write(json.dumps(go_through(Path(sys.argv[1]), sys.argv[2]), indent=1) + "\n")
