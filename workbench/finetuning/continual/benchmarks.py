"""The streams by their names, each with its pupil; several methods on the same seeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import Progress, progress
from workbench.finetuning.continual.pupil import Pupil
from workbench.finetuning.continual.result import Continual, gather
from workbench.finetuning.continual.running import SequenceRun, run_sequence
from workbench.finetuning.continual.strategy import Settings, Strategy, find_method
from workbench.finetuning.continual.streams import Stream

if TYPE_CHECKING:
    from workbench.finetuning.continual.language_pupil import LanguagePupil

CONFIDENCE = 0.95
_MOST_SEEDS = 100
Learn = Callable[[str, int, Progress], tuple[Stream, SequenceRun]]


def compare_on_digits(
    benchmark: str,
    methods: Sequence[str],
    *,
    seeds: Sequence[int],
    settings: Settings,
    epochs: float,
) -> Continual:
    """Learn a stream of digits by each method, from each seed.

    Args:
        benchmark: ``digits-class`` or ``digits-permuted``.
        methods: Of ``METHODS``.
        seeds: Each decides the stream, the first weights and the order.
        settings: Of the methods; the memory is the same for all that have one.
        epochs: Passes over each task.
    """
    from workbench.finetuning.continual.classifier import Classifier, Schooling
    from workbench.finetuning.continual.digit_streams import class_stream, permuted_stream

    make_stream = class_stream if benchmark == "digits-class" else permuted_stream
    schooling = Schooling(epochs=epochs)

    def learn(method: str, seed: int, task: Progress) -> tuple[Stream, SequenceRun]:
        stream = make_stream(seed)
        return stream, run_sequence(
            stream,
            lambda adapter: Classifier(seed=seed, schooling=schooling, adapter=adapter),
            method=method,
            settings=settings,
            seed=seed,
            task=task,
        )

    return _compare(benchmark, methods, seeds, learn, tasks=5)


def compare_on_domains(
    methods: Sequence[str],
    *,
    model: str,
    preset: str,
    epochs: float | None,
    seeds: Sequence[int],
    settings: Settings,
    data: Path | None = None,
) -> Continual:
    """Teach a language model the domains of a file by each method, from each seed.

    General questions that have nothing to do with the domains are asked before and after.

    Args:
        methods: Of ``METHODS``.
        model: A chat model of the catalogue.
        preset: Of the recipe.
        epochs: Passes over each domain; None for the preset's.
        seeds: Each decides the adapter's first weights and the order of the examples.
        settings: Of the methods.
        data: A JSONL file; by default the frozen domains.
    """
    from workbench.finetuning.continual.domain_streams import frozen_stream, read_stream
    from workbench.finetuning.continual.language_pupil import LanguagePupil
    from workbench.finetuning.training.adapting import load_learner
    from workbench.finetuning.training.recipe import find_preset

    stream = frozen_stream() if data is None else read_stream(data)
    recipe = find_preset(preset, epochs=epochs)
    learner = load_learner(model, recipe)

    def learn(method: str, seed: int, task: Progress) -> tuple[Stream, SequenceRun]:
        from dataclasses import replace

        made: list[LanguagePupil] = []

        def make(adapter: bool) -> Pupil:
            made.append(LanguagePupil(learner, replace(recipe, seed=seed)))
            return made[0]

        try:
            return stream, run_sequence(
                stream,
                make,
                method=method,
                settings=settings,
                seed=seed,
                besides={"general questions": ask_general},
                task=task,
            )
        finally:
            for pupil in made:
                pupil.close()

    return _compare(stream.name, methods, seeds, learn, tasks=len(stream))


def ask_general(strategy: Strategy) -> float:
    """The share of the frozen general questions that a language model answers rightly."""
    from workbench.finetuning.examples import of_prompt
    from workbench.finetuning.frozen_sets import read_frozen
    from workbench.finetuning.gate.questions import of_row

    rows = read_frozen("general")
    said = strategy.answer([of_prompt(row["prompt"], "-") for row in rows])
    return sum(of_row(row).is_right(each) for row, each in zip(rows, said, strict=True)) / len(rows)


def _compare(
    benchmark: str, methods: Sequence[str], seeds: Sequence[int], learn: Learn, *, tasks: int
) -> Continual:
    started_s = time.perf_counter()
    chosen, numbers = tuple(dict.fromkeys(methods)), tuple(dict.fromkeys(seeds))
    if not 1 <= len(numbers) <= _MOST_SEEDS:
        raise InputError(f"{len(numbers)} seeds were given; 1 to {_MOST_SEEDS} are allowed")
    for method in chosen:
        find_method(method)
    found, stream = [], None
    total = len(chosen) * len(numbers) * tasks
    with progress(f"learning {benchmark}", total=total, unit="tasks") as task:
        for method in chosen:
            runs = []
            for seed in numbers:
                stream, run = learn(method, seed, task)
                runs.append(run)
            found.append(gather(runs, confidence=CONFIDENCE))
    assert stream is not None, "there is a seed and a method"
    first = found[0]
    return Continual(
        benchmark,
        first.method,
        first.acc.value,
        first.bwt.value,
        first.forgetting.value,
        None if first.fwt is None else first.fwt.value,
        stream.names if len(numbers) == 1 else tuple(f"task {n + 1}" for n in range(tasks)),
        numbers,
        CONFIDENCE,
        stream.source,
        stream.license,
        time.perf_counter() - started_s,
        tuple(found),
    )
