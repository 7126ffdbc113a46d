"""Measure us and a peer on the same work, by turns, in one run.

    python bench/run.py                                 # everything, 5 rounds
    python bench/run.py --only memory mlx --rounds 2

The result goes to bench/results/ as JSON after each benchmark, so that an interrupted run keeps
what it has; ``tools/benchmarks.py`` makes the page of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import adapters
import anonymise
import attribution
import business_page
import cache
import canary
import continual
import distributed
import distributed_communication
import distributed_faults
import distributed_nodes
import edge
import edge_bundles
import edge_pruning
import edge_runtimes
import encryption
import engines
import fairness
import finetuned_serving
import finetuning
import gateway
import gradients
import health_page
import knowledge_answers
import knowledge_cypher
import knowledge_extraction
import knowledge_graph
import knowledge_retrieval
import ledger
import limits
import live_editing
import memory
import model_servers
import monitoring_anomalies
import monitoring_drift
import monitoring_forecast
import monitoring_warehouse
import patching
import pipeline
import pipeline_poison
import pool
import prefix
import privacy_audit
import privacy_figures
import private_lora
import report_pdf
import report_runner
import scheduling
import secure
import shared_activity
import short_job
import tuning
import widgets
from shape import REPO, circumstances

RESULTS = REPO / "bench" / "results"
BENCHMARKS = {
    each.name: each
    for each in (
        *adapters.BENCHMARKS,
        *anonymise.BENCHMARKS,
        *attribution.BENCHMARKS,
        *business_page.BENCHMARKS,
        *health_page.BENCHMARKS,
        *cache.BENCHMARKS,
        *canary.BENCHMARKS,
        *continual.BENCHMARKS,
        *distributed.BENCHMARKS,
        *distributed_communication.BENCHMARKS,
        *distributed_faults.BENCHMARKS,
        *distributed_nodes.BENCHMARKS,
        *edge.BENCHMARKS,
        *edge_bundles.BENCHMARKS,
        *edge_pruning.BENCHMARKS,
        *edge_runtimes.BENCHMARKS,
        *encryption.BENCHMARKS,
        *engines.BENCHMARKS,
        *fairness.BENCHMARKS,
        *finetuned_serving.BENCHMARKS,
        *finetuning.BENCHMARKS,
        *gateway.BENCHMARKS,
        *gradients.BENCHMARKS,
        *knowledge_answers.BENCHMARKS,
        *knowledge_cypher.BENCHMARKS,
        *knowledge_extraction.BENCHMARKS,
        *knowledge_graph.BENCHMARKS,
        *knowledge_retrieval.BENCHMARKS,
        *ledger.BENCHMARKS,
        *limits.BENCHMARKS,
        *live_editing.BENCHMARKS,
        *memory.BENCHMARKS,
        *monitoring_warehouse.BENCHMARKS,
        *model_servers.BENCHMARKS,
        *monitoring_anomalies.BENCHMARKS,
        *monitoring_drift.BENCHMARKS,
        *monitoring_forecast.BENCHMARKS,
        *patching.BENCHMARKS,
        *pipeline.BENCHMARKS,
        *pipeline_poison.BENCHMARKS,
        *pool.BENCHMARKS,
        *prefix.BENCHMARKS,
        *privacy_audit.BENCHMARKS,
        *privacy_figures.BENCHMARKS,
        *private_lora.BENCHMARKS,
        *report_pdf.BENCHMARKS,
        *report_runner.BENCHMARKS,
        *scheduling.BENCHMARKS,
        *secure.BENCHMARKS,
        *shared_activity.BENCHMARKS,
        *short_job.BENCHMARKS,
        *tuning.BENCHMARKS,
        *widgets.BENCHMARKS,
    )
}


def write(path: Path, result: dict[str, object]) -> None:
    """Put the result in place whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    figures: list[dict[str, object]] = []
    result = {**circumstances(), "rounds": chosen.rounds, "figures": figures}
    stem = str(result["date"]).replace(":", "").replace("+0000", "Z")
    path = RESULTS / f"{stem}-{result['commit']}.json"
    for name in chosen.only:
        started_s = time.perf_counter()
        for figure in BENCHMARKS[name].measure(chosen.rounds):
            told = figure.told()
            figures.append({"benchmark": name, **told})
            ours, theirs = f"{told['ours_median']:.3g}", f"{told['theirs_median']:.3g}"
            against = f"{ours} against {theirs} {figure.unit} of {figure.peer}"
            sys.stdout.write(f"{figure.name}: {against}, ratio {told['ratio']:.2f}\n")
        sys.stdout.write(f"  {name} took {time.perf_counter() - started_s:.0f} s\n")
        sys.stdout.flush()
        result["load_after"] = [round(value, 2) for value in os.getloadavg()]
        write(path, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
