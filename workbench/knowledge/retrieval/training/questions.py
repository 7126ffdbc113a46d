"""Questions over the Wikipedia leads with the passages that answer them.

Those to learn from are the frozen development and training sets, and the ones in
``frozen/made_questions.jsonl``, ``made_for_abstention.jsonl`` and ``made_near_misses.jsonl``, which
were written for this purpose from leads that no frozen set named when they were.
``unanswerable_held_out`` was measured on twice, and the second held-out sets twice; they are learnt
from since the third ones took their place.
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
_NEAR_MISS_WEIGHT = 0.6  # there are more of them than of all others, by one hand and of one style
_STRATEGIES: Mapping[str, Strategy] = {
    "bridge": "multi-hop",
    "comparison": "comparison",
    "single": "fact",
    "unanswerable": "fact",
    "absent_second": "multi-hop",
    "absent_bridge": "multi-hop",
    "absent_side": "comparison",
}


@dataclass(frozen=True)
class Labelled:
    """A question, its kind, and the passages that hold its answer: none, one or two.

    ``detail`` is the kind that its set calls it, such as ``absent_second``; ``weight`` what it
    counts when lines are fitted. Questions of one ``group`` are about the same articles: none of
    them is judged by lines that learnt from another.
    """

    id: str
    question: str
    kind: Kind
    strategy: Strategy
    gold: tuple[int, ...] = ()
    detail: str = ""
    weight: float = 1.0
    group: str = ""

    @property
    def two_hops(self) -> bool:
        """Whether it needs two passages, also where it has none."""
        return self.strategy in ("multi-hop", "comparison")


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
        strategy = _STRATEGIES.get(row["kind"], _STRATEGIES[kind])
        found.append(Labelled(row["id"], row["question"], kind, strategy, supports, row["kind"]))
    return found


def made_questions(
    gold: GoldPassages, name: str = "made_questions", *, weight: float = 1.0
) -> list[Labelled]:
    """The questions of one set that were made to learn from.

    Args:
        gold: Finds their passages.
        name: Of the set.
        weight: What each of them counts.
    """
    found = []
    for number, row in enumerate(read_frozen_lines(PACKAGE, name, SETS), start=1):
        passages = tuple(gold.of(title) for title in row["titles"])
        strategy: Strategy = row.get("strategy") or _STRATEGIES[row["kind"]]
        group = f"{name}-{row['group']}" if "group" in row else ""
        found.append(
            Labelled(
                f"made-{number:03}",
                row["question"],
                row["kind"],
                strategy,
                passages,
                weight=weight,
                group=group,
            )
        )
    return found


def development_questions(gold: GoldPassages) -> list[Labelled]:
    """The frozen development sets: two hops, single facts, unanswerable."""
    names = ("two_hop", "single_fact", "unanswerable")
    return [
        each for name in names for each in labelled(read_knowledge_set(f"{name}_development"), gold)
    ]


def abstention_questions(gold: GoldPassages) -> list[Labelled]:
    """What abstention alone learns from, beside the others: no ranking was fitted to them."""
    names = (
        *("answerable_second_training", "unanswerable_second_training", "unanswerable_held_out"),
        *("answerable_second_held_out", "unanswerable_second_held_out"),
    )
    frozen = [each for name in names for each in labelled(read_knowledge_set(name), gold)]
    near_misses = made_questions(gold, "made_near_misses", weight=_NEAR_MISS_WEIGHT)
    return [*frozen, *made_questions(gold, "made_for_abstention"), *near_misses]
