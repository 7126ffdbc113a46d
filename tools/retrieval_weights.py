"""Train the weights of retrieval again, and write them with their sha256.

    python tools/retrieval_weights.py GRAPH

GRAPH is one of the Wikipedia leads in this home, built with patterns as bench/knowledge_graph.py
builds it. Only development sets and questions made for training are read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from workbench.knowledge.graphs import open_graph
from workbench.knowledge.retrieval.reranker import Reranker
from workbench.knowledge.retrieval.retriever import opened_retriever
from workbench.knowledge.retrieval.training import weights
from workbench.knowledge.retrieval.training.cloze import train_match
from workbench.knowledge.retrieval.training.questions import (
    GoldPassages,
    development_questions,
    made_questions,
)
from workbench.knowledge.searching import places_of
from workbench.knowledge.states import State

FOLDER = Path(__file__).parents[1] / "workbench" / "knowledge" / "retrieval"
CLOZE_PAIRS = 1000


def train(name: str) -> dict[str, dict[str, Any]]:
    """The weights by file."""
    state = State(open_graph(name))
    with opened_retriever(state) as retriever:
        corpus, embed = retriever.corpus, retriever.embed_many
        gold = GoldPassages(state, corpus.graph)
        questions = development_questions(gold) + made_questions(gold)
        _, known = places_of(state, corpus.graph.keys)
        texts = [known[key] for key in corpus.graph.keys]
        match = train_match(texts, corpus, embed, pairs=CLOZE_PAIRS)
        asked = weights.ask([each for each in questions if each.kind != "strategy"], corpus, embed)
    passages = weights.train_passages(asked, corpus, match)
    pairs = weights.train_pairs(asked, corpus)
    lines = weights.train_strategies(questions)
    table = weights.evidence_table(
        asked, corpus, rerank=Reranker(match, passages), pair_line=pairs, lines=lines
    )
    answerable = np.array([bool(each.labelled.gold) for each in asked])
    return weights.told(match, passages, pairs, lines, weights.train_evidence(table, answerable))


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
    write(train(parser.parse_args().graph))
    sys.stdout.write(f"written to {FOLDER / 'frozen'}\n")
