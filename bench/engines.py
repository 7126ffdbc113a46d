"""Tokens a second of each engine against the same library with nothing of ours around it.

Both sides are processes of their own (``sides.py``) and take turns with the same conversation. On
llama.cpp both keep the prompt from call to call. On the others ours keeps it and the peers read
its 30 tokens anew, which is what they do.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from shape import Benchmark, Figure, take_turns
from sides import Sample, Side

THREADS = 2


def compare(
    name: str,
    ours: str,
    theirs: str,
    *,
    rounds: int,
    tokens: int,
    threads: int,
    bound: float | None = None,
) -> Figure:
    """One pair of sides by turns; the first answer of each is not counted."""
    with Side(ours, threads=threads) as our_side, Side(theirs, threads=threads) as their_side:
        our_side.ask(tokens)
        their_side.ask(tokens)
        mine, others = take_turns(
            lambda: our_side.ask(tokens), lambda: their_side.ask(tokens), rounds=rounds
        )
    return Figure(
        name,
        theirs,
        "tokens/s",
        tuple(each.tokens_per_s for each in mine),
        tuple(each.tokens_per_s for each in others),
        bound=bound,
        details={
            "tokens": sorted({each.tokens for each in (*mine, *others)}),
            "threads": threads,
            "cpu_ratio": _cpu_ratio(mine, others),
        },
    )


def _cpu_ratio(mine: Sequence[Sample], others: Sequence[Sample]) -> float:
    """CPU time of a token, theirs over ours: what a busy machine leaves as it is."""
    pairs = zip(mine, others, strict=True)
    return statistics.median((b.cpu_s / b.tokens) / (a.cpu_s / a.tokens) for a, b in pairs)


def llamacpp(rounds: int) -> list[Figure]:
    """Ours on llama.cpp against bare llama.cpp."""
    return [
        compare(
            f"chat on llama.cpp, Q4_1, {threads} thread{'s' * (threads > 1)}",
            "ours on llamacpp",
            "xllamacpp",
            rounds=rounds,
            tokens=128,
            threads=threads,
            bound=0.95,
        )
        for threads in (1, 2)
    ]


def transformers(rounds: int) -> list[Figure]:
    """Ours against plain ``generate``: with the same library, and as a user gets it by default."""
    same = compare(
        "chat on transformers, float32",
        "ours on transformers",
        "transformers",
        rounds=rounds,
        tokens=32,
        threads=THREADS,
        bound=0.95,
    )
    default = compare(
        "chat on llama.cpp with the weights as shipped (Q4_1), against float32",
        "ours on llamacpp",
        "transformers",
        rounds=rounds,
        tokens=32,
        threads=THREADS,
    )
    return [same, default]


def mlx(rounds: int) -> list[Figure]:
    """Ours on MLX against mlx-lm's own generation."""
    return [
        compare(
            "chat on MLX, float32",
            "ours on mlx",
            "mlx-lm",
            rounds=rounds,
            tokens=32,
            threads=THREADS,
            bound=0.95,
        )
    ]


BENCHMARKS = (
    Benchmark("llamacpp", llamacpp),
    Benchmark("transformers", transformers),
    Benchmark("mlx", mlx),
)
