"""The audit of a run: does it see noise that is ten times too small, and is it quiet else.

20 runs on digits that add a tenth of the noise that they account for, and 50 that add what they
say, each of another seed, at three epsilons by turns. The peer is the bound for any mechanism that
the first audits in one run had (Steinke and others, 2023), on the same guesses.
"""

from __future__ import annotations

from collections.abc import Sequence

from shape import Benchmark, Figure

EPSILONS = (8.6, 2.9, 1.2)
BROKEN, CORRECT = 20, 50


def measure(rounds: int) -> Sequence[Figure]:
    """How many of the broken runs each bound flags, over those that must be; and false alarms."""
    import torch

    from workbench.privacy.dp.digits import load_digits_task
    from workbench.privacy.dp.training import train_classifier

    torch.set_num_threads(1)
    task = load_digits_task()
    flagged, by_the_other, gaps = 0, 0, []
    for seed in range(BROKEN):
        run = train_classifier(task, epsilon=EPSILONS[seed % 3], seed=1000 + seed, noise_scale=0.1)
        assert run.audit is not None
        flagged += run.audit.flagged
        by_the_other += run.audit.lower_any > run.audit.upper
        gaps.append(run.audit.lower / run.audit.upper)
    wrong, nearest = 0, 0.0
    for seed in range(CORRECT):
        run = train_classifier(task, epsilon=EPSILONS[seed % 3], seed=2000 + seed)
        assert run.audit is not None
        wrong += run.audit.flagged
        nearest = max(nearest, run.audit.lower / run.audit.upper)
    told = {"broken": BROKEN, "correct": CORRECT, "least_lower_over_claim": min(gaps)}
    return [
        Figure(
            "runs with a tenth of the noise that are flagged, of 20", "at least 18", "runs",
            (float(flagged),), (18.0,), bound=1.0, details=told | {"by_steinke": by_the_other},
        ),
        Figure(
            "correct runs that are not flagged, of 50", "all", "runs",
            (float(CORRECT - wrong),), (float(CORRECT),), bound=1.0,
            details=told | {"largest_lower_over_claim": nearest},
        ),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("privacy-audit", measure),)
