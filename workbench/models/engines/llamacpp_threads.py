"""Tokens a second of one model in llama.cpp by its number of threads."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Sequence
from typing import Any

from workbench.models.engines.llamacpp_process import LlamaProcess

_ROUNDS = 3
_ROUND_S = 0.2
_CONTEXT_TOKENS = 256
_LEAST_TOKENS, _MOST_TOKENS = 6, 64


def measure_rates(
    config: dict[str, Any], counts: Sequence[int], *, load_timeout_s: float
) -> dict[int, float]:
    """Decode a little with each number of threads, by turns; the median of three goes each.

    The number cannot be changed in a process that runs, so there is one for each. They share the
    file's pages, and what else they take is small in a small context.
    """
    small = {"context_tokens": _CONTEXT_TOKENS, "parallel": 1, "batch_tokens": 64, "adapters": []}
    with contextlib.ExitStack() as stack:
        processes = {}
        for count in counts:
            process = LlamaProcess(
                {**config, **small, "threads": count}, load_timeout_s=load_timeout_s
            )
            stack.callback(process.close)
            processes[count] = process
        first = {count: _decode(process, 2) for count, process in processes.items()}
        tokens = round(max(first.values()) * _ROUND_S)
        tokens = min(max(tokens, _LEAST_TOKENS), _MOST_TOKENS)
        rounds = [
            {count: _decode(process, tokens) for count, process in processes.items()}
            for _ in range(_ROUNDS)
        ]
    return {count: statistics.median(one[count] for one in rounds) for count in counts}


def _decode(process: LlamaProcess, tokens: int) -> float:
    """Tokens a second after the first."""
    body = {
        "prompt": [1, 2, 3, 4],
        "n_predict": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "cache_prompt": False,
    }
    timings = process.ask("/completion", body)["timings"]
    return float((tokens - 1) / max(timings["predicted_ms"] / 1000, 1e-9))
