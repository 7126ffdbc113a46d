"""The fits of all lines, from labelled questions; what comes out is what is kept in the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.knowledge.retrieval import pairs, reranker, strategies
from workbench.knowledge.retrieval.evidence import EvidenceLines, evidence_features
from workbench.knowledge.retrieval.fitting import Choice, fit_choices, fit_logistic
from workbench.knowledge.retrieval.pairs import PairFeatures, candidate_pairs
from workbench.knowledge.retrieval.plans import make_plan
from workbench.knowledge.retrieval.questions import read_question
from workbench.knowledge.retrieval.reader import Reader
from workbench.knowledge.retrieval.reading import read_features
from workbench.knowledge.retrieval.reranker import Reranker
from workbench.knowledge.retrieval.scorers import Scorer
from workbench.knowledge.retrieval.signals import Corpus, Signals, find_signals
from workbench.knowledge.retrieval.strategies import STRATEGIES, Strategy, strategy_features

from .questions import Labelled

if TYPE_CHECKING:
    import numpy as np

_REMOVED_WEIGHT = 0.2
_L2_PAIRS, _L2_PASSAGES, _L2_STRATEGIES = 0.01, 0.01, 0.001


@dataclass(frozen=True)
class Asked:
    """A labelled question with what was found for it."""

    labelled: Labelled
    signals: Signals


def ask(
    questions: Sequence[Labelled],
    corpus: Corpus,
    embed: Callable[[Sequence[str]], np.ndarray],
) -> list[Asked]:
    """Find the signals of questions."""
    vectors = embed([each.question for each in questions])
    return [
        Asked(each, find_signals(read_question(each.question, corpus.graph), vector, corpus))
        for each, vector in zip(questions, vectors, strict=True)
    ]


def without_answers(asked: Sequence[Asked]) -> list[Asked]:
    """The questions with an answer as if the last passage that has it were not there.

    So there are as many more without one, and of two hops more than were written. They count less:
    what is left is easier to see through than a passage that is there and silent. Those of a
    group have such passages among them.
    """
    return [
        Asked(
            replace(each.labelled, gold=(), weight=_REMOVED_WEIGHT),
            each.signals.without(each.labelled.gold[-1:]),
        )
        for each in asked
        if each.labelled.gold and not each.labelled.group
    ]


def train_pairs(asked: Sequence[Asked], corpus: Corpus) -> Scorer:
    """The line over pairs, from questions that two passages answer."""
    import numpy as np

    choices = []
    for each in asked:
        gold = set(each.labelled.gold)
        if len(gold) != 2:
            continue
        looked = candidate_pairs(each.signals, corpus.graph)
        right = np.array([{pair.first, pair.second} == gold for pair in looked], dtype=bool)
        choices.append(Choice(PairFeatures(each.signals, corpus).table(looked), right))
    return fit_choices(choices, pairs.FEATURES, l2=_L2_PAIRS)


def train_passages(asked: Sequence[Asked], corpus: Corpus, match: Scorer) -> Scorer:
    """The line over passages, each question counting as much, whatever it has to rank."""
    import numpy as np

    empty = Reranker(match, Scorer(reranker.FEATURES, (0.0,) * len(reranker.FEATURES)))
    tables, rights, counts = [], [], []
    for each in asked:
        if not each.labelled.gold:
            continue
        passages = list(each.signals.fused)[: reranker.DEPTH]
        right = np.array([passage in each.labelled.gold for passage in passages])
        tables.append(empty.table(each.signals, corpus, passages))
        rights.append(right)
        counts.append(np.full(len(passages), 1 / len(passages)))
    return fit_logistic(
        np.vstack(tables),
        np.concatenate(rights),
        reranker.FEATURES,
        l2=_L2_PASSAGES,
        weights=np.concatenate(counts),
    )


def train_strategies(questions: Sequence[Labelled]) -> dict[Strategy, Scorer]:
    """One line a strategy, each against all others; all strategies count the same.

    So a strategy is told from what is said, not from how many of each there were to learn from.
    """
    import numpy as np

    table = np.array([strategy_features(each.question) for each in questions])
    counts = Counter(each.strategy for each in questions)
    balance = np.array([1 / counts[each.strategy] for each in questions])
    return {
        name: fit_logistic(
            table,
            np.array([each.strategy == name for each in questions]),
            strategies.FEATURES,
            l2=_L2_STRATEGIES,
            weights=balance,
        )
        for name in STRATEGIES
    }


def evidence_table(
    asked: Sequence[Asked],
    corpus: Corpus,
    *,
    rerank: Reranker,
    pair_line: Scorer,
    lines: dict[Strategy, Scorer],
) -> np.ndarray:
    """The features of evidence of each question, shape (questions, features)."""
    import numpy as np

    rows = []
    for each in asked:
        chances = strategies.choose_strategy(each.labelled.question, scorers=lines).chances
        rows.append(
            evidence_features(
                each.signals,
                corpus,
                reranked=rerank.rerank(each.signals, corpus),
                plan=make_plan(each.signals, corpus, scorer=pair_line),
                hops=chances["multi-hop"] + chances["comparison"],
            )
        )
    return np.array(rows)


def read_table(
    asked: Sequence[Asked],
    corpus: Corpus,
    *,
    rerank: Reranker,
    pair_line: Scorer,
    readers: Sequence[Reader],
    parts: Mapping[str, int],
) -> np.ndarray:
    """What is read for each question, shape (questions, features).

    Args:
        asked: The questions.
        corpus: What was searched.
        rerank: Ranks passages.
        pair_line: Scores pairs of passages.
        readers: The first learnt nothing of part 0, the second nothing of part 1.
        parts: Of the questions; one that has none was learnt by neither.
    """
    import numpy as np

    return np.array(
        [
            read_features(
                each.signals,
                corpus,
                readers[parts.get(each.labelled.question, 0)].read,
                reranked=rerank.rerank(each.signals, corpus),
                plan=make_plan(each.signals, corpus, scorer=pair_line),
            )
            for each in asked
        ]
    )


def told(
    match: Scorer,
    passages: Scorer,
    pair_line: Scorer,
    lines: Mapping[Strategy, Scorer],
    enough: EvidenceLines,
) -> dict[str, dict[str, Any]]:
    """The files of weights by name, as they are written down."""
    return {
        "pairs": pair_line.told(),
        "reranker": {"match": match.told(), "line": passages.told()},
        "strategies": {name: line.told() for name, line in lines.items()},
        "evidence": told_lines(enough),
    }


def told_lines(enough: EvidenceLines) -> dict[str, Any]:
    """The lines of evidence as they are written down."""
    return {
        "one": enough.one.told(),
        "two": enough.two.told(),
        "bound": round(enough.bound, 5),
    }
