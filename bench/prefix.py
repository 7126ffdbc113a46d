"""The first token of a prompt whose first 600 tokens were just read, against one that is all new.

python bench/run.py --only prefix --rounds 5
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

from shape import Benchmark, Figure, take_turns
from sides import MODEL

PREFIX_TOKENS = 600
WORDS = ("river", "stone", "winter", "letter", "garden", "window", "paper", "music", "engine")


def text_of(model: Any, draw: random.Random) -> str:
    """Words, as many as make about so many tokens; no two texts begin alike."""
    words: list[str] = []
    while len(model.tokenize(" ".join(words))) < PREFIX_TOKENS:
        words.extend(draw.choice(WORDS) for _ in range(20))
    return " ".join(words)


def first_token_ms(model: Any, prompt: str) -> float:
    """From the call until the first token is there."""
    started_s = time.perf_counter()
    chunks = model.stream(prompt, max_tokens=2)
    next(chunks)
    took_ms = 1000 * (time.perf_counter() - started_s)
    list(chunks)
    return took_ms


def measure(rounds: int) -> Sequence[Figure]:
    """llama.cpp as the gateway has it: the last prompt of a slot is kept."""
    from workbench import models

    draw = random.Random(0)
    with models.load(MODEL, engine="llamacpp", context_tokens=2048) as model:
        known = text_of(model, draw)
        numbers = iter(range(10**6))

        def repeated() -> float:
            # What the other side has asked lies between: the known text is read in once more first.
            list(model.stream(known, max_tokens=1))
            return first_token_ms(model, f"{known} and then number {next(numbers)} was")

        mine, theirs = take_turns(
            repeated, lambda: first_token_ms(model, text_of(model, draw)), rounds=max(5, rounds)
        )
    return [
        Figure(
            f"first token of a prompt, its first {PREFIX_TOKENS} tokens known",
            "a prompt that is all new",
            "ms",
            tuple(mine),
            tuple(theirs),
            better="lower",
            bound=10.0,
        )
    ]


BENCHMARKS = (Benchmark("prefix", measure),)
