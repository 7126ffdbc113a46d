"""Tokens a second of each candidate, by turns with the reference, quiet and beside a busy core.

Every engine runs in a process of its own. A machine's speed drifts while it is measured, so each
candidate answers by turns with the same reference, and its rate is told as their ratio times what
the reference reached over all.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import EngineError
from workbench.core.progress import Progress
from workbench.models.tuning.busy_core import busy_core
from workbench.models.tuning.candidates import Candidate
from workbench.models.tuning.frozen_sets import read_set
from workbench.models.tuning.quality import Quality, measure_quality

if TYPE_CHECKING:
    from workbench.models.model import Model

CONTEXT_TOKENS = 1024
_PROMPT_CHARACTERS = 200
_LEAST_TOKENS = 8


@dataclass(frozen=True)
class Pace:
    """How often and how long: rounds quiet, rounds beside a busy core, tokens each."""

    rounds: int
    busy_rounds: int
    tokens: int


QUICK = Pace(rounds=3, busy_rounds=3, tokens=32)
FULL = Pace(rounds=5, busy_rounds=5, tokens=96)


@dataclass(frozen=True)
class Measured:
    """One candidate: its own rates and the reference's of the same rounds, in tokens a second."""

    candidate: Candidate
    quiet: tuple[float, ...]
    quiet_reference: tuple[float, ...]
    busy: tuple[float, ...]
    busy_reference: tuple[float, ...]
    load_s: float
    resident_bytes: int
    quality: Quality | None

    @property
    def ratio(self) -> float:
        """To the reference, quiet: the median of the rounds' ratios."""
        return _median_ratio(self.quiet, self.quiet_reference)

    @property
    def busy_ratio(self) -> float:
        """To the reference, beside a busy core."""
        return _median_ratio(self.busy, self.busy_reference)


def _median_ratio(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    return statistics.median(a / b for a, b in zip(first, second, strict=True))


def measure_all(
    name: str, candidates: list[Candidate], task: Progress, *, pace: Pace, full: bool
) -> Iterator[Measured]:
    """Measure the candidates, of which the first is the reference, one after the other.

    Two models are loaded at a time. The quality of each engine's variant is measured once.
    """
    known: set[tuple[str, str]] = set()
    with open_candidate(name, candidates[0]) as (reference, reference_load_s):
        for candidate in candidates:
            first_seen = (candidate.engine, candidate.variant) not in known
            known.add((candidate.engine, candidate.variant))
            with contextlib.ExitStack() as stack:
                model, load_s = reference, reference_load_s
                if candidate is not candidates[0]:
                    model, load_s = stack.enter_context(open_candidate(name, candidate))
                quiet = _take_turns(model, reference, task, rounds=pace.rounds, pace=pace)
                with busy_core():
                    busy = _take_turns(model, reference, task, rounds=pace.busy_rounds, pace=pace)
                resident_bytes = model.memory_bytes()
                quality = measure_quality(model, task, full=full) if first_seen else None
            yield Measured(candidate, *quiet, *busy, load_s, resident_bytes, quality)


@contextlib.contextmanager
def open_candidate(name: str, candidate: Candidate) -> Iterator[tuple[Model, float]]:
    """The model as a candidate says, in a process of its own, and the seconds to load it.

    What is only made once, a graph or a file in another precision, is made before the clock runs.
    """
    from workbench.models.loading import load, prepare

    variant = candidate.variant or None
    prepare(name, engine=candidate.engine, variant=variant)
    started_s = time.perf_counter()
    model = load(
        name,
        engine=candidate.engine,
        variant=variant,
        threads=candidate.threads,
        context_tokens=CONTEXT_TOKENS,
        isolated=True,
    )
    load_s = time.perf_counter() - started_s
    with model:
        decode(model, _LEAST_TOKENS)
        yield model, load_s


def _take_turns(
    model: Model, reference: Model, task: Progress, *, rounds: int, pace: Pace
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    mine: list[float] = []
    its: list[float] = []
    ways: list[tuple[list[float], Callable[[], float]]] = [
        (mine, lambda: decode(model, pace.tokens)),
        (its, lambda: decode(reference, pace.tokens)),
    ]
    for number in range(rounds):
        for rates, way in ways if number % 2 else ways[::-1]:
            rates.append(way())
        task.advance()
    return tuple(mine), tuple(its)


def decode(model: Model, tokens: int) -> float:
    """Tokens a second after the first, greedy, going on from the same text each time.

    Raises:
        EngineError: The model has nothing to say to it.
    """
    prompt = read_set("passages")[1]["text"][:_PROMPT_CHARACTERS]
    reply = model.generate(prompt, max_tokens=tokens, temperature=0)
    if reply.tokens_per_s is None or reply.completion_tokens < min(tokens, _LEAST_TOKENS):
        raise EngineError(
            f"{model.name} ended its answer after {reply.completion_tokens} tokens: "
            "that is too short to be timed"
        )
    return reply.tokens_per_s
