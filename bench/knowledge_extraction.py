"""Facts from labelled sentences: how many are right, and how fast they are found.

The peer is the language model's provider, which writes a sentence's facts under a JSON grammar. By
turns each reads sentences of the development set; models are loaded before. Issue 9 asks for F1
.70 and 100 times the language model's sentences a second.

    python bench/knowledge_extraction.py SET    # F1 of the rules alone, and with the network

The network is the one that `workbench knowledge teach` trained in this home; without one the rules
are measured alone, which the figure's details say. A held-out set is asked once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from shape import Benchmark, Figure

ASKED_TIMES = 100.0
SET = "extraction_development"
LM_SENTENCES = 5
_DRAWS = 2000
MATCHES: tuple[Literal["lenient", "strict"], ...] = ("lenient", "strict")

Counts = np.ndarray


def articles_counts(
    rows: Sequence[Mapping[str, Any]],
    predicted: Mapping[str, Any],
    leads: Mapping[str, str],
    match: Any,
) -> Counts:
    """Right, wrong and missed of each article, [articles, 3]."""
    from workbench.evaluation.relation_scores import score_relations

    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_title.setdefault(row["title"], []).append(row)
    found = []
    for own in by_title.values():
        said = {row["id"]: predicted.get(row["id"], ()) for row in own}
        told = score_relations(own, said, leads=leads, match=match)["all"]
        found.append((told.true_positives, told.false_positives, told.false_negatives))
    return np.array(found, float)


def f1_of(counts: Counts) -> Any:
    """F1 of counts summed over the articles, the last axis but one."""
    right, wrong, missed = np.moveaxis(counts.sum(axis=-2), -1, 0)
    return 2 * right / np.maximum(1, 2 * right + wrong + missed)


def ends(values: np.ndarray) -> list[float]:
    """The 95% interval of what was drawn."""
    return [round(float(each), 3) for each in np.percentile(values, (2.5, 97.5))]


def scores(name: str) -> dict[str, Any]:
    """Precision, recall and F1 of both ways of reading; intervals by resampling articles."""
    from workbench.evaluation.knowledge_sets import read_knowledge_set
    from workbench.evaluation.relation_scores import score_relations
    from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
    from workbench.knowledge.extraction.learnt.training.lessons import read_leads
    from workbench.knowledge.extraction.scoring import predict_relations

    rows, leads = read_knowledge_set(name), read_leads()
    titles = {row["title"] for row in rows}
    drawn = np.random.default_rng(0).integers(0, len(titles), (_DRAWS, len(titles)))
    told: dict[str, Any] = {"set": name, "sentences": len(rows), "articles": len(titles)}
    samples: dict[tuple[str, str], np.ndarray] = {}
    for way, extractor in (
        ("rules", DependencyExtractor(settler=None)),
        ("with network", DependencyExtractor()),
    ):
        predicted = predict_relations(extractor, rows, leads=leads)
        told[way] = {"version": extractor.version}
        for match in MATCHES:
            by_relation = score_relations(rows, predicted, leads=leads, match=match)
            all_of = by_relation["all"]
            samples[way, match] = f1_of(articles_counts(rows, predicted, leads, match)[drawn])
            told[way][match] = {
                "precision": round(all_of.precision, 3), "recall": round(all_of.recall, 3),
                "f1": round(all_of.f1, 3), "f1_95": ends(samples[way, match]),
                "by_relation": {
                    relation: [each.true_positives, each.false_positives, each.false_negatives,
                               round(each.f1, 3)]
                    for relation, each in by_relation.items()
                },
            }  # fmt: skip
    told["network adds, 95%"] = {
        match: ends(samples["with network", match] - samples["rules", match]) for match in MATCHES
    }
    return told


def speeds(rounds: int) -> tuple[list[float], list[float], dict[str, Any]]:
    """Sentences a second of the clock of ours and of the language model, by turns."""
    from workbench.evaluation.knowledge_sets import read_knowledge_set, read_span
    from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
    from workbench.knowledge.extraction.language_model import LanguageModelExtractor
    from workbench.knowledge.extraction.learnt.training.lessons import read_leads
    from workbench.knowledge.extraction.protocol import Passage

    leads = read_leads()
    texts = [read_span(row, leads) for row in read_knowledge_set(SET)]
    extractor, model = DependencyExtractor(), LanguageModelExtractor("smollm2-135m")
    passages = [Passage(text) for text in texts]
    list(extractor.extract_many(passages))
    model.extract(Passage(texts[-1]))
    ours, theirs, cpu = [], [], []
    for number in range(rounds):
        some = [
            passages[(number * LM_SENTENCES + at) % len(passages)] for at in range(LM_SENTENCES)
        ]
        started, before = time.perf_counter(), time.process_time()
        list(extractor.extract_many(passages))
        ours.append(len(passages) / (time.perf_counter() - started))
        cpu.append(len(passages) / (time.process_time() - before))
        started = time.perf_counter()
        for each in some:
            model.extract(each)
        theirs.append(len(some) / (time.perf_counter() - started))
    model.close()
    details = {"extractor": extractor.version, "model": model.version, "ours a CPU second": cpu}
    return ours, theirs, details | {"sentences": [len(passages), LM_SENTENCES]}


def measure(rounds: int) -> list[Figure]:
    """Sentences a second beside the language model's."""
    ours, theirs, details = speeds(rounds)
    return [
        Figure(
            "sentences read for facts", "smollm2-135m under a grammar", "a second",
            tuple(ours), tuple(theirs), bound=ASKED_TIMES, details=details,
        ),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("knowledge_extraction", measure),)

if __name__ == "__main__":
    sys.stdout.write(json.dumps(scores(sys.argv[1]), indent=1) + "\n")
