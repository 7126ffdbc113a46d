"""Canaries under no difference: how often is one promoted that is no better?

2,000 made trials a setting, 60 days of 20 answers each, of which the candidate is in truth no
better. Each goes through what decides of a real canary (``compare_units`` and ``decide``), which
keeps the smallest p-value after each answer: stricter than a look a day. Beside it the z-test for
a number that is fixed beforehand, looked at every day, which is what a dashboard would do; and
how often a candidate that is better is found. The seed was used for nothing before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shape import Benchmark, Figure

SEED = 20261128
TRIALS, DAYS, A_DAY = 2000, 60, 20
LEVEL = 0.05
# The share of the candidate, how often its users and the champion's speak, and the week's swing.
SETTINGS: dict[str, dict[str, Any]] = {
    "half of the traffic": {"share": 0.5, "speaks": (1.0, 1.0), "swing": 0.0},
    "a tenth of the traffic, weeks that swing": {"share": 0.1, "speaks": (1.0, 1.0), "swing": 0.3},
    "most say nothing, the candidate's more": {"share": 0.5, "speaks": (0.4, 0.2), "swing": 0.0},
}
GOOD, BETTER = 0.5, 0.65


def one_trial(generator: Any, setting: dict[str, Any], better: float) -> tuple[Any, Any]:
    """Outcomes from -1 to 1 of a trial's answers, and which were the candidate's."""
    import numpy as np

    days = np.arange(DAYS).repeat(A_DAY)
    drawn = generator.random(len(days)) < setting["share"]
    rate = np.where(drawn, better, GOOD) + setting["swing"] * np.sin(2 * np.pi * (days % 7) / 7)
    spoke = generator.random(len(days)) < np.where(drawn, *setting["speaks"])
    return np.where(spoke, np.where(generator.random(len(days)) < rate, 1.0, -1.0), 0.0), drawn


def is_promoted(outcomes: Any, drawn: Any, share: float) -> bool:
    """Whether the product's own decision would have made it champion by the last day."""
    from workbench.finetuning.rollout.looking import compare_units, decide
    from workbench.finetuning.rollout.outcomes import UnitOutcome
    from workbench.finetuning.rollout.rules import CanaryRules

    units = [
        UnitOutcome(str(at), float(at), bool(arm), share, float(outcome), 1, int(outcome != 0))
        for at, (outcome, arm) in enumerate(zip(outcomes, drawn, strict=True))
    ]
    rules = CanaryRules(level=LEVEL, harm_level=1e-12)  # not sent back before it could be promoted
    found, _ = decide(
        compare_units(units, rules),
        candidate_errors=(0, 0), champion_errors=(0, 0), passed=True, age_s=0.0, rules=rules,
    )  # fmt: skip
    return found == "promoted"


def is_promoted_by_z(outcomes: Any, drawn: Any) -> bool:
    """The broken variant: Welch's z for a fixed number of answers, looked at each evening."""
    import numpy as np
    from scipy.stats import norm

    for end in range(A_DAY, DAYS * A_DAY + 1, A_DAY):
        mine, theirs = outcomes[:end][drawn[:end]], outcomes[:end][~drawn[:end]]
        if min(len(mine), len(theirs)) < 2:
            continue
        spread = np.sqrt(mine.var(ddof=1) / len(mine) + theirs.var(ddof=1) / len(theirs))
        if spread > 0 and (mine.mean() - theirs.mean()) / spread > norm.ppf(1 - LEVEL):
            return True
    return False


def measure(rounds: int) -> Sequence[Figure]:
    """Shares of trials that were promoted wrongly, against the level that is stated."""
    import numpy as np
    from scipy.stats import binomtest

    figures = []
    for number, (name, setting) in enumerate(SETTINGS.items()):
        generator = np.random.default_rng([SEED, number])
        wrong = by_z = right = 0
        for _ in range(TRIALS):
            outcomes, drawn = one_trial(generator, setting, GOOD)
            wrong += is_promoted(outcomes, drawn, setting["share"])
            by_z += is_promoted_by_z(outcomes, drawn)
        for _ in range(TRIALS // 10):
            outcomes, drawn = one_trial(generator, setting, BETTER)
            right += is_promoted(outcomes, drawn, setting["share"])
        high = binomtest(wrong, TRIALS).proportion_ci(0.95).high
        told = {
            "interval_95_high": high, "by_daily_z": by_z / TRIALS,
            "better_found": right / (TRIALS // 10),
        }  # fmt: skip
        figure = Figure(
            f"false promotions, {name}", "the stated level", "of 2,000 trials",
            (max(wrong, 1) / TRIALS,), (LEVEL,), better="lower", bound=1.0, details=told,
        )  # fmt: skip
        figures.append(figure)
    return figures


BENCHMARKS = (Benchmark("canary-level", measure),)
