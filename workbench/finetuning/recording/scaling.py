"""How much faster a run on several processes was than one process: its speed-up and efficiency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.finetuning.recording.recorded_run import RecordedRun, recorded_runs

# Of a recipe, what a step costs by: the same where two rates are compared; rows may differ.
SAME = (
    "method", "rank", "targets", "layers", "batch", "accumulation", "max_tokens", "pack_tokens",
    "checkpointing", "anchors",
)  # fmt: skip


@dataclass(frozen=True)
class Scaling:
    """``times`` is the run's tokens/s over those of ``alone``, the newest run of one process of the
    same base and recipe on as many cores; ``efficiency`` is that over the processes."""

    alone: str
    alone_tokens_per_s: float
    times: float
    efficiency: float


def find_scaling(run: RecordedRun, known: Sequence[RecordedRun] | None = None) -> Scaling | None:
    """Compare a run on several processes with one on one; None where there is none to compare.

    Args:
        run: Of several processes.
        known: The runs to look in, the newest first; those of this home if not given.
    """
    processes = int(run.plan.get("processes") or 1)
    if processes < 2 or not run.tokens_per_s:
        return None
    for other in recorded_runs() if known is None else known:
        if int(other.plan.get("processes") or 1) == 1 and _is_alike(run, other):
            times = run.tokens_per_s / other.tokens_per_s
            return Scaling(other.run, other.tokens_per_s, times, times / processes)
    return None


def _is_alike(run: RecordedRun, other: RecordedRun) -> bool:
    return (
        other.tokens_per_s > 0
        and (other.base_sha256, other.kind, other.precision)
        == (run.base_sha256, run.kind, run.precision)
        and other.machine.get("cores") == run.machine.get("cores")
        and all(other.recipe.get(name) == run.recipe.get(name) for name in SAME)
    )
