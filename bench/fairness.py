"""What an audit's intervals cost: count metrics on Adult against fairlearn's own bootstrap.

Both sides start from the same arrays and give, for four metrics and ten groups (sex by race), the
intervals of every group, of everyone, of the least and the largest group, and of differences and
ratios, between groups and to everyone: what ``MetricFrame`` computes with ``n_boot``. Their points
are compared first. Ours also allows for the largest of many differences being picked; fairlearn's
intervals do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from shape import Benchmark, Figure, take_turns

DRAWS = 100
LEAST_RATIO = 1000.0
METRICS = ("accuracy_score", "selection_rate", "true_positive_rate", "false_positive_rate")
WAYS: tuple[Any, ...] = ("between_groups", "to_overall")


def adult() -> tuple[Any, Any, dict[str, Any]]:
    """Outcomes, predictions and sensitive columns of the default model on Adult's test rows."""
    from workbench.fairness.audit.predictions import predict_dataset

    found = predict_dataset("adult", sensitive=["sex", "race"])
    return found.outcomes.y, found.outcomes.y_hat, found.sensitive


def ours(y: Any, y_hat: Any, sensitive: dict[str, Any]) -> dict[str, float]:
    """Every point, with its interval computed on the way; small groups are kept, as theirs are."""
    from workbench.fairness.audit.confusion import COUNT_METRICS, count_cells
    from workbench.fairness.audit.count_bootstrap import resample_counts
    from workbench.fairness.audit.disparities import DisparityMetric, measure_disparities
    from workbench.fairness.audit.group_figures import tell_figures
    from workbench.fairness.audit.groups import make_groups

    groups = make_groups(sensitive, min_rows=1)
    cells = count_cells(groups.codes, y, y_hat, len(groups.names))
    metrics = [metric for metric in COUNT_METRICS if metric.name in METRICS]
    found = resample_counts(cells, metrics, draws=DRAWS, seed=0, min_denominator=1)
    figures, _ = tell_figures(found, groups, len(y), 0.95)
    told = {f"{f.metric} of {f.group}": f.value for f in figures}
    by_name = {each.metric: each for each in found}
    kinds: Any = ("group_min", "group_max", "difference", "ratio")
    wanted = [DisparityMetric(f"{m}_{k}", k, (m,), m) for m in METRICS for k in kinds]
    for way in WAYS:
        chosen = wanted if way == WAYS[0] else [w for w in wanted if not w.kind.startswith("group")]
        apart, _ = measure_disparities(
            chosen,
            by_name,
            groups.names,
            compare=way,
            confidence=0.95,
            rows=len(y),
        )
        told |= {f"{each.metric} {way}": each.value for each in apart}
    return told


def theirs(
    y: Any, y_hat: Any, sensitive: dict[str, Any], *, draws: int = DRAWS
) -> dict[str, float]:
    """The same from ``MetricFrame``."""
    import fairlearn.metrics as fm
    import pandas as pd
    from sklearn.metrics import accuracy_score

    frame = fm.MetricFrame(
        metrics={
            "accuracy_score": accuracy_score,
            **{name: getattr(fm, name) for name in METRICS[1:]},
        },
        y_true=y,
        y_pred=y_hat,
        sensitive_features=pd.DataFrame(sensitive).reset_index(drop=True),
        **({"n_boot": draws, "ci_quantiles": [0.025, 0.975], "random_state": 0} if draws else {}),
    )
    told = {}
    for metric in METRICS:
        told[f"{metric} of everyone"] = float(frame.overall[metric])
        for (sex, race), value in frame.by_group[metric].items():
            told[f"{metric} of sex={sex}, race={race}"] = float(value)
        told[f"{metric}_group_min {WAYS[0]}"] = float(frame.group_min()[metric])
        told[f"{metric}_group_max {WAYS[0]}"] = float(frame.group_max()[metric])
        for way in WAYS:
            told[f"{metric}_difference {way}"] = float(frame.difference(method=way)[metric])
            told[f"{metric}_ratio {way}"] = float(frame.ratio(method=way)[metric])
    return told


def cpu_ms(work: Callable[[], object], times: int = 1) -> float:
    """CPU of one of so many goes, in milliseconds."""
    started_s = time.process_time()
    for _ in range(times):
        work()
    return 1000 * (time.process_time() - started_s) / times


def measure(rounds: int) -> list[Figure]:
    """Points equal first, then both by turns."""
    data = adult()
    mine, others = ours(*data), theirs(*data, draws=0)
    assert mine.keys() == others.keys(), mine.keys() ^ others.keys()
    apart = max(abs(mine[name] - others[name]) for name in mine)
    assert apart < 1e-12, apart
    spent, peer = take_turns(
        lambda: cpu_ms(lambda: ours(*data), times=5),
        lambda: cpu_ms(lambda: theirs(*data)),
        rounds=rounds,
    )
    return [
        Figure(
            f"intervals of {len(METRICS)} count metrics by 10 groups of Adult, {DRAWS} draws",
            f"fairlearn's MetricFrame with n_boot={DRAWS}",
            "ms of CPU",
            tuple(spent),
            tuple(peer),
            better="lower",
            bound=LEAST_RATIO,
            details={
                "points": len(mine),
                "largest_difference_of_points": apart,
                "rows": len(data[0]),
            },
        )
    ]


BENCHMARKS = (Benchmark("fairness", measure),)
