"""The share of the memory's bandwidth that decoding reaches.

A token needs every weight once, so tokens/s times the weights' bytes is what decoding reads a
second; the peer is the fastest plain reading of a large array, measured in the same round.
"""

from __future__ import annotations

from shape import Benchmark, Figure, take_turns
from sides import ARRAY_BYTES, MODEL, Side

TOKENS = 128


def share(threads: int, *, rounds: int) -> Figure:
    """Bytes a second that decoding reads, against the most that plain reading reached."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.models.tuning.bandwidth import read_bytes_per_token

    path = model_files(catalogue.find(MODEL)).gguf
    assert path is not None
    weight_bytes = read_bytes_per_token(path)
    with (
        Side("ours on llamacpp", threads=threads) as engine,
        Side("memory", threads=threads) as memory,
    ):
        engine.ask(TOKENS)
        memory.ask(0)
        decoded, read = take_turns(lambda: engine.ask(TOKENS), lambda: memory.ask(0), rounds=rounds)
    rates = [(each.tokens - 1) / (each.wall_s - each.more["first_s"]) for each in decoded]
    best = [max(each.more["read_bytes_per_s"], each.more["copy_bytes_per_s"]) for each in read]
    return Figure(
        f"share of the memory bandwidth, Q4_1, {threads} thread{'s' * (threads > 1)}",
        "reading and copying",
        "GB/s",
        tuple(weight_bytes * rate / 1e9 for rate in rates),
        tuple(rate / 1e9 for rate in best),
        details={
            "weight_bytes_per_token": weight_bytes,
            "tokens_per_s": rates,
            "array_bytes": ARRAY_BYTES,
            "read_gb_per_s": [each.more["read_bytes_per_s"] / 1e9 for each in read],
            "copy_gb_per_s": [each.more["copy_bytes_per_s"] / 1e9 for each in read],
            "threads": threads,
        },
    )


def measure(rounds: int) -> list[Figure]:
    """With one thread and with two."""
    return [share(threads, rounds=rounds) for threads in (1, 2)]


BENCHMARKS = (Benchmark("memory", measure),)
