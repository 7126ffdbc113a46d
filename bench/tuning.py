"""What tuning is worth: the choice of ``workbench models tune`` against llama.cpp.

The model is tuned first, in this home; then the choice, loaded as anyone would load it, takes turns
with llama.cpp on the file as it is shipped, with each number of threads, and beside a busy core
with llama.cpp as its wheel starts it. The choice has at most 2% more perplexity; both stand in the
details.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from shape import Benchmark, Figure, take_turns
from sides import ARRAY_BYTES, MODEL, Sample, Side

TOKENS = 128
REWRITTEN_TOKENS = 150


def _rate(sample: Sample) -> float:
    """Tokens a second after the first."""
    return (sample.tokens - 1) / (sample.wall_s - sample.more["first_s"])


def against_shipped(rounds: int, threads: int, tuned: dict[str, Any]) -> Figure:
    """The choice against llama.cpp on the shipped file."""
    with Side("ours tuned", threads=0) as ours, Side("xllamacpp", threads=threads) as theirs:
        ours.ask(8)
        theirs.ask(8)
        mine, others = take_turns(
            lambda: ours.ask(TOKENS), lambda: theirs.ask(TOKENS), rounds=rounds
        )
    chosen = mine[0].more
    what = f"{chosen['engine']} {chosen['weights']}, {chosen['threads']} threads"
    return Figure(
        f"the tuned choice ({what}) against Q4_1 as shipped, {threads} threads",
        "xllamacpp",
        "tokens/s",
        tuple(each.tokens_per_s for each in mine),
        tuple(each.tokens_per_s for each in others),
        bound=1.4,
        details=tuned,
    )


def beside_a_busy_core(rounds: int) -> Figure:
    """The choice against llama.cpp with its wheel's defaults, while another process works."""
    from workbench.models.tuning.busy_core import busy_core

    with Side("ours tuned", threads=0) as ours, Side("xllamacpp by default", threads=0) as theirs:
        ours.ask(8)
        theirs.ask(2)
        with busy_core():
            # The other side may need minutes for what ours does in a second.
            mine, others = take_turns(lambda: ours.ask(48), lambda: theirs.ask(16), rounds=rounds)
    return Figure(
        "the tuned choice beside a busy core",
        "xllamacpp with its own defaults",
        "tokens/s",
        tuple(each.tokens_per_s for each in mine),
        tuple(each.tokens_per_s for each in others),
        bound=5.0,
    )


def share_of_bandwidth(rounds: int, tuned: dict[str, Any]) -> Figure:
    """Bytes of weights a second that the choice reads, against plain reading."""
    threads = int(tuned["chosen"]["threads"])
    weight_bytes = int(tuned["weight_bytes"])
    with Side("ours tuned", threads=0) as ours, Side("memory", threads=threads) as plain:
        ours.ask(8)
        plain.ask(0)
        mine, read = take_turns(lambda: ours.ask(TOKENS), lambda: plain.ask(0), rounds=rounds)
    best = [max(each.more["read_bytes_per_s"], each.more["copy_bytes_per_s"]) for each in read]
    return Figure(
        f"share of the memory bandwidth, tuned choice, {threads} threads",
        "reading and copying",
        "GB/s",
        tuple(weight_bytes * _rate(each) / 1e9 for each in mine),
        tuple(rate / 1e9 for rate in best),
        bound=0.5,
        details={"weight_bytes_per_token": weight_bytes, "array_bytes": ARRAY_BYTES},
    )


def rewriting(engine: str, rounds: int) -> Figure:
    """Guessing ahead where a text repeats, against not."""
    kind = f"rewriting on {engine}"
    with Side(f"{kind}, looking up", threads=1) as ours, Side(kind, threads=1) as theirs:
        ours.ask(2)
        theirs.ask(2)
        mine, others = take_turns(
            lambda: ours.ask(REWRITTEN_TOKENS),
            lambda: theirs.ask(REWRITTEN_TOKENS),
            rounds=max(rounds, 5),
        )
    return Figure(
        f"rewriting a text with lookup_tokens 8, {engine}, 1 thread",
        "the same without",
        "tokens/s",
        tuple(_rate(each) for each in mine),
        tuple(_rate(each) for each in others),
        details={"tokens": [each.tokens for each in mine]},
    )


def tune() -> dict[str, Any]:
    """Tune the model in this home; its rows, and what its choice reads for a token."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.models.tuning.candidates import Candidate
    from workbench.models.tuning.tune import tune_model, weight_bytes

    found = tune_model(MODEL)
    chosen = found.choice
    candidate = Candidate(chosen.engine, chosen.variant, chosen.threads)
    return {
        "rows": [asdict(row) for row in found.rows],
        "chosen": asdict(chosen),
        "weight_bytes": weight_bytes(model_files(catalogue.find(MODEL)), candidate),
    }


def measure(rounds: int) -> list[Figure]:
    """Tune, then compare."""
    tuned = tune()
    return [
        *(against_shipped(rounds, threads, tuned) for threads in (1, 2)),
        beside_a_busy_core(rounds),
        share_of_bandwidth(rounds, tuned),
        rewriting("onnx", rounds),
        rewriting("llamacpp", rounds),
    ]


BENCHMARKS = (Benchmark("tuning", measure),)
