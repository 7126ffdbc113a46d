"""One sequence, learnt by one method from one seed, and measured after each task."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import Progress
from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.accuracy_matrix import AccuracyMatrix
from workbench.finetuning.continual.pupil import Pupil
from workbench.finetuning.continual.strategy import Settings, Strategy, find_method
from workbench.finetuning.continual.streams import Stream

MakePupil = Callable[[bool], Pupil]


@dataclass(frozen=True)
class SequenceRun:
    """What one run measured.

    ``memory_examples`` of earlier tasks were held at the end; ``besides`` has what was measured
    beside the stream, before the first task and after the last.
    """

    method: str
    seed: int
    tasks: tuple[str, ...]
    matrix: AccuracyMatrix
    memory_examples: int
    seconds: float
    cpu_seconds: float
    besides: dict[str, tuple[float, float]] = field(default_factory=dict)


def run_sequence(
    stream: Stream,
    make_pupil: MakePupil,
    *,
    method: str,
    settings: Settings,
    seed: int,
    besides: dict[str, Callable[[Strategy], float]] | None = None,
    task: Progress | None = None,
) -> SequenceRun:
    """Learn a stream's tasks one after the other.

    Args:
        stream: The tasks.
        make_pupil: Makes the pupil as it is before the first task; it is told whether the method
            needs an adapter.
        method: One of ``METHODS``.
        settings: Of the methods.
        seed: Of the order of examples and of the method's own chance.
        besides: What else is measured before the first task and after the last.
        task: Advanced by 1 a task.

    Raises:
        NotFoundError: There is no such method.
        CapabilityError: The method cannot teach this pupil.
        CancelledError: It was cancelled.
    """
    kind = find_method(method)
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    needs_adapter = getattr(kind, "needs_adapter", False)
    pupil = make_pupil(needs_adapter)
    strategy: Strategy = kind(pupil, settings, seed=derive_seed(seed, "strategy"))
    before = {name: measure(strategy) for name, measure in (besides or {}).items()}
    rows = [_measure(strategy, stream, learnt=len(stream))]
    for number, each in enumerate(stream):
        check_cancelled()
        strategy.begin_task(number, each.train)
        pupil.train(
            each.train, seed=derive_seed(seed, "task", number), extra_loss=strategy.extra_loss
        )
        strategy.end_task(number, each.train)
        rows.append(_measure(strategy, stream, learnt=number + 1))
        if task is not None:
            task.advance(message=f"{method}, seed {seed}: {each.name}")
    after = {name: measure(strategy) for name, measure in (besides or {}).items()}
    return SequenceRun(
        method,
        seed,
        stream.names,
        AccuracyMatrix(tuple(rows)),
        strategy.memory_size,
        time.perf_counter() - started_s,
        time.process_time() - started_cpu_s,
        {name: (before[name], after[name]) for name in before},
    )


def _measure(strategy: Strategy, stream: Stream, *, learnt: int) -> tuple[float | None, ...]:
    """What was learnt and the next task; what comes later tells none of the figures anything."""
    found: list[float | None] = []
    for number, each in enumerate(stream):
        check_cancelled()
        found.append(strategy.measure(each.test) if number <= learnt else None)
    return tuple(found)
