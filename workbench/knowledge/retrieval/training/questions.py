"""Questions over the Wikipedia leads with the passages that answer them.

Those to learn from are the frozen development sets and the ones in ``frozen/made_questions.jsonl``,
which were written for this purpose from leads that no frozen set names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.frozen import read_frozen_lines
from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.knowledge.retrieval.digests import SETS
from workbench.knowledge.retrieval.passage_graph import PassageGraph
from workbench.knowledge.retrieval.scorers import PACKAGE
from workbench.knowledge.retrieval.strategies import Strategy
from workbench.knowledge.states import State

Kind = Literal["bridge", "comparison", "single", "unanswerable", "strategy"]
_STRATEGIES: Mapping[str, Strategy] = {
    "bridge": "multi-hop",
    "comparison": "comparison",
    "single": "fact",
    "unanswerable": "fact",
}


@dataclass(frozen=True)
class Labelled:
    """A question, its kind, and the passages that hold its answer: none, one or two."""

    id: str
    question: str
    kind: Kind
    strategy: Strategy
    gold: tuple[int, ...] = ()


class GoldPassages:
    """The passages of leads by title and character.

    Args:
        state: A graph of the leads, each a document that begins with its title as a heading.
        graph: The graph of its passages.
    """

    def __init__(self, state: State, graph: PassageGraph) -> None:
        self._spans: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for row in state.chunks():
            passage = graph.numbers[row["key"]]
            self._spans[graph.titles[passage]].append((row["start"], row["stop"], passage))

    def of(self, title: str, start: int = 0) -> int:
        """The passage of a lead that holds its character ``start``."""
        spans, at = sorted(self._spans[title]), start + len(title) + 2
        return next((passage for first, last, passage in spans if first <= at < last), spans[0][2])


def labelled(rows: Iterable[Mapping[str, Any]], gold: GoldPassages) -> list[Labelled]:
    """Rows of a frozen set of questions with their passages."""
    found = []
    for row in rows:
        kind: Kind = row["kind"] if row.get("supports") else "unanswerable"
        supports = tuple(gold.of(each["title"], each["start"]) for each in row.get("supports", ()))
        found.append(Labelled(row["id"], row["question"], kind, _STRATEGIES[kind], supports))
    return found


def made_questions(gold: GoldPassages) -> list[Labelled]:
    """The questions that were made to learn from."""
    found = []
    for number, row in enumerate(read_frozen_lines(PACKAGE, "made_questions", SETS), start=1):
        passages = tuple(gold.of(title) for title in row["titles"])
        strategy: Strategy = row.get("strategy") or _STRATEGIES[row["kind"]]
        found.append(
            Labelled(f"made-{number:03}", row["question"], row["kind"], strategy, passages)
        )
    return found


def development_questions(gold: GoldPassages) -> list[Labelled]:
    """The frozen development sets: two hops, single facts, unanswerable."""
    names = ("two_hop", "single_fact", "unanswerable")
    return [
        each for name in names for each in labelled(read_knowledge_set(f"{name}_development"), gold)
    ]
