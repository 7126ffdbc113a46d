"""Runs side by side: what they were given, where it differs, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.finetuning.recording.recorded_run import RecordedRun, find_recorded_run

MOST_RUNS = 6  # as many as there are colours that can be told apart


@dataclass(frozen=True)
class RunDifference:
    """One thing that the runs were not given alike: a value a run, in their order."""

    what: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class RunComparison(Viewable):
    """Runs in the order in which they were asked for.

    ``differences`` are what they were not given alike, ``same`` what all have in common.
    """

    runs: tuple[RecordedRun, ...]
    differences: tuple[RunDifference, ...]
    same: dict[str, Any]


def compare_runs(runs: Sequence[str | RecordedRun]) -> RunComparison:
    """Put runs side by side.

    Args:
        runs: Ids, or the beginnings of ids, as for ``find_recorded_run``; or runs.

    Raises:
        InputError: Fewer than two different ones, or more than six.
        NotFoundError: There is no such run.
    """
    read = [each if isinstance(each, RecordedRun) else find_recorded_run(each) for each in runs]
    found = tuple({each.run: each for each in read}.values())
    if not 2 <= len(found) <= MOST_RUNS:
        raise InputError(
            f"{len(found)} runs were given; 2 to {MOST_RUNS} can be compared",
            hint="workbench finetuning runs",
        )
    told = [_given(each) for each in found]
    differences, same = [], {}
    for what in dict.fromkeys(name for each in told for name in each):
        values = tuple(each.get(what) for each in told)
        if all(value == values[0] for value in values):
            same[what] = values[0]
        else:
            differences.append(RunDifference(what, values))
    return RunComparison(found, tuple(differences), same)


def run_names(runs: Sequence[RecordedRun]) -> list[str]:
    """Names by which runs are told apart: the version and the beginning of the id."""
    return [f"{run.name.partition(':')[2] or run.name} · {run.run[:6]}" for run in runs]


def _given(run: RecordedRun) -> dict[str, Any]:
    """What a run was given: model, data, and every choice of its recipe."""
    return {
        "kind": run.kind,
        "model": run.model,
        "base_sha256": run.base_sha256,
        "goes on from": run.starts_from or "the base",
        "data": run.snapshot or run.data_sha256,
        "examples": run.examples,
        "precision of the base": run.precision,
        **run.recipe,
    }
