"""Train the weights of retrieval again, and write them with their sha256.

    python tools/retrieval_weights.py GRAPH [--only-evidence]

With --only-evidence the rankings stay as they are, and abstention alone is trained. GRAPH is one of
the Wikipedia leads in this home, built with patterns as bench/knowledge_graph.py builds it. What is
read stands in ``workbench.knowledge.retrieval.training.questions``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.knowledge.graphs import open_graph
from workbench.knowledge.retrieval.plans import pair_scorer
from workbench.knowledge.retrieval.reranker import Reranker, kept_reranker
from workbench.knowledge.retrieval.retriever import Retriever, opened_retriever
from workbench.knowledge.retrieval.scorers import Scorer
from workbench.knowledge.retrieval.strategies import Strategy, strategy_scorers
from workbench.knowledge.retrieval.training import weights
from workbench.knowledge.retrieval.training.cloze import train_match
from workbench.knowledge.retrieval.training.evidence_lines import train_evidence
from workbench.knowledge.retrieval.training.questions import (
    GoldPassages,
    Labelled,
    abstention_questions,
    development_questions,
    made_questions,
)
from workbench.knowledge.searching import places_of
from workbench.knowledge.states import State

FOLDER = Path(__file__).parents[1] / "workbench" / "knowledge" / "retrieval"
CLOZE_PAIRS = 1000


Rankings = tuple[Reranker, Scorer, dict[Strategy, Scorer]]


def train(name: str, *, only_evidence: bool) -> dict[str, dict[str, Any]]:
    """The weights by file."""
    state = State(open_graph(name))
    with opened_retriever(state) as retriever:
        corpus, embed = retriever.corpus, retriever.embed_many
        gold = GoldPassages(state, corpus.graph)
        ranked = development_questions(gold) + made_questions(gold)
        questions = [each for each in ranked if each.kind != "strategy"]
        if only_evidence:
            rerank, pairs, lines = kept_reranker(), pair_scorer(), strategy_scorers()
        else:
            rerank, pairs, lines = train_rankings(state, retriever, ranked)
        asked = weights.ask(questions + abstention_questions(gold), corpus, embed)
        asked += weights.without_answers(asked)
    table = weights.evidence_table(asked, corpus, rerank=rerank, pair_line=pairs, lines=lines)
    enough = train_evidence(table, [each.labelled for each in asked])
    return weights.told(rerank.match, rerank.line, pairs, lines, enough)


def train_rankings(state: State, retriever: Retriever, questions: Sequence[Labelled]) -> Rankings:
    """The re-ranker, the line of pairs and those of strategies."""
    corpus, embed = retriever.corpus, retriever.embed_many
    _, known = places_of(state, corpus.graph.keys)
    texts = [known[key] for key in corpus.graph.keys]
    match = train_match(texts, corpus, embed, pairs=CLOZE_PAIRS)
    asked = weights.ask([each for each in questions if each.kind != "strategy"], corpus, embed)
    passages = weights.train_passages(asked, corpus, match)
    pairs = weights.train_pairs(asked, corpus)
    return Reranker(match, passages), pairs, weights.train_strategies(questions)


def write(found: dict[str, dict[str, Any]]) -> None:
    """Put the files and their digests in place."""
    lines = []
    for name, told in sorted(found.items()):
        content = json.dumps(told, indent=None, separators=(",", ":")).encode() + b"\n"
        (FOLDER / "frozen" / f"{name}.json").write_bytes(content)
        lines.append(f'    "{name}": "{hashlib.sha256(content).hexdigest()}",\n')
    path = FOLDER / "digests.py"
    body = "WEIGHTS: Mapping[str, str] = {\n" + "".join(lines) + "}\n"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"WEIGHTS: Mapping\[str, str\] = \{.*?\}\n", body, text, flags=re.DOTALL),
        encoding="utf-8",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph")
    parser.add_argument("--only-evidence", action="store_true")
    asked = parser.parse_args()
    write(train(asked.graph, only_evidence=asked.only_evidence))
    sys.stdout.write(f"written to {FOLDER / 'frozen'}\n")
