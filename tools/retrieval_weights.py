"""Train the weights of retrieval again, and write them with their sha256.

    python tools/retrieval_weights.py GRAPH [--only-evidence] [--reader]

With --only-evidence the rankings stay as they are, and abstention alone is trained. With --reader
the reader is taught too (a quarter of an hour of a core), and the lines that go with it. GRAPH is
one of the Wikipedia leads in this home, built with patterns as bench/knowledge_graph.py builds it.
What is read stands in ``workbench.knowledge.retrieval.training.questions``.
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

import numpy as np

from workbench.data.loading import load
from workbench.knowledge.graphs import open_graph
from workbench.knowledge.retrieval.digests import WEIGHTS
from workbench.knowledge.retrieval.plans import pair_scorer
from workbench.knowledge.retrieval.reader import MODEL, Reader
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
from workbench.knowledge.retrieval.training.reader_fit import fit_reader
from workbench.knowledge.retrieval.training.reader_pairs import parts_of, read_pairs
from workbench.knowledge.searching import places_of
from workbench.knowledge.states import State
from workbench.models import catalogue
from workbench.models.loading import model_files

FOLDER = Path(__file__).parents[1] / "workbench" / "knowledge" / "retrieval"
CLOZE_PAIRS = 1000


Rankings = tuple[Reranker, Scorer, dict[Strategy, Scorer]]


def train(name: str, *, only_evidence: bool, reader: bool) -> dict[str, dict[str, Any]]:
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
    labels = [each.labelled for each in asked]
    found = weights.told(rerank.match, rerank.line, pairs, lines, train_evidence(table, labels))
    if reader:
        taught, halves, parts = teach_readers()
        read = weights.read_table(
            asked, corpus, rerank=rerank, pair_line=pairs, readers=halves, parts=parts
        )
        found["reader"] = taught
        enough = train_evidence(np.hstack([table, read]), labels)
        found["evidence_read"] = weights.told_lines(enough)
    return found


def teach_readers() -> tuple[dict[str, Any], list[Reader], dict[str, int]]:
    """What was taught of all pairs; readers that learnt nothing of a part; the part of questions.

    The lines are fitted to what a reader makes of questions that it has not seen.
    """
    folder = model_files(catalogue.find(MODEL)).folder
    assert folder is not None
    pairs = read_pairs({row["title"]: row["text"] for row in load("wikipedia-leads")})
    halves = [
        Reader(folder, fit_reader(folder, [each for each in pairs if each.part != part], seed=part))
        for part in (0, 1)
    ]
    return fit_reader(folder, pairs), halves, parts_of(pairs)


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
    digests = dict(WEIGHTS)
    for name, told in sorted(found.items()):
        content = json.dumps(told, indent=None, separators=(",", ":")).encode() + b"\n"
        (FOLDER / "frozen" / f"{name}.json").write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    lines = [f'    "{name}": "{digest}",\n' for name, digest in sorted(digests.items())]
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
    parser.add_argument("--reader", action="store_true")
    asked = parser.parse_args()
    write(train(asked.graph, only_evidence=asked.only_evidence, reader=asked.reader))
    sys.stdout.write(f"written to {FOLDER / 'frozen'}\n")
