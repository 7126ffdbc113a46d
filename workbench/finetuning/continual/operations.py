"""What a user can ask: teach tasks one after the other, and see what is forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from workbench.core.operations import operation
from workbench.finetuning.continual.result import Continual

BenchmarkName = Literal["digits-class", "digits-permuted", "domains"]
MethodName = Literal[
    "naive", "replay", "derpp", "ewc", "lwf", "rehearsal", "olora", "ties", "dare", "svd", "routed"
]
# Seeds 0 and 1 chose the settings and 2 and 3 were in a test; what is reported comes from others.
SEEDS = (5, 6, 7)


@operation("finetuning.continual", title="Teach without forgetting", produces="continual")
def continual(
    *,
    benchmark: BenchmarkName = "digits-class",
    method: MethodName = "derpp",
    against: list[MethodName] | None = None,
    seeds: list[int] | None = None,
    epochs: float | None = None,
    memory: int = 200,
    model: str = "smollm2-135m",
    preset: str = "fast-cpu",
    data: Path | None = None,
) -> Continual:
    """Teach tasks one after the other, and measure what is kept and what is forgotten.

    Accuracy after the last task (acc), backward transfer (bwt), forgetting and forward transfer
    (fwt) have 95% intervals over the seeds. All methods see the same streams, first weights, epochs
    and memory.

    Args:
        benchmark: Digits with new classes task by task, digits on permuted pixels, or the domains
            of questions of a language model.
        method: What is done against forgetting; naive does nothing.
        against: Another method to compare it with.
        seeds: Each decides stream, first weights and order; by default 5, 6 and 7 for digits
            (0 and 1 chose the settings), 5 for domains.
        epochs: Passes over each task; by default 15 for digits, the preset's for domains.
        memory: Examples that a method may keep.
        model: The chat model that learns domains.
        preset: How it learns them.
        data: A JSONL file of domains in the place of the frozen ones: rows with domain, split,
            prompt and response.
    """
    from workbench.core.errors import InputError
    from workbench.finetuning.continual.benchmarks import compare_on_digits, compare_on_domains
    from workbench.finetuning.continual.strategy import Settings

    methods, settings = [method, *(against or ())], Settings(memory=memory)
    if epochs is not None and not 0 < epochs <= 1000:
        raise InputError(f"epochs is {epochs}; it must be above 0 and at most 1000")
    if any(seed < 0 for seed in seeds or ()):
        raise InputError(f"a seed is {min(seeds or ())}", hint="whole numbers from 0")
    if benchmark == "domains":
        return compare_on_domains(
            methods, model=model, preset=preset, epochs=epochs, seeds=seeds or (SEEDS[0],),
            settings=settings, data=data,
        )  # fmt: skip
    if data is not None:
        raise InputError("digits come with their data", hint="--benchmark domains --data FILE")
    return compare_on_digits(
        benchmark, methods, seeds=seeds or SEEDS, settings=settings, epochs=epochs or 15.0
    )
