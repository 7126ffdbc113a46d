"""Figures of abstention from the chances of labelled questions, with intervals by resampling."""

from __future__ import annotations

from typing import Any


def at_bound(asked: Any, chances: Any, bound: float) -> dict[str, Any]:
    """Shares below a bound: of those without an answer, of the others, and by kind."""
    import numpy as np

    below = {name: chances[chosen] < bound for name, chosen in _groups(asked).items()}
    told: dict[str, Any] = {name: float(out.mean()) for name, out in below.items()}
    for name in ("without", "having"):
        told[f"{name}_95"] = mean_interval(below[name].astype(float))
    kinds = sorted({each.detail for each in asked})
    told["by_kind"] = {
        kind: [
            int((chances[[each.detail == kind for each in asked]] < bound).sum()),
            sum(each.detail == kind for each in asked),
        ]
        for kind in kinds
    }
    said, right = chances, np.array([bool(each.gold) for each in asked])
    told["chance_against_truth"] = [
        [float(said[part].mean()), float(right[part].mean()), len(part)]
        for part in np.array_split(np.argsort(said, kind="stable"), 5)
    ]
    return told


def at_a_twentieth(asked: Any, values: Any) -> dict[str, Any]:
    """Abstention where ``LOST`` of one-hop and of two-hop questions together is lost, and AUC.

    Intervals by resampling each group of questions, the bound found anew each time.
    """
    import numpy as np

    from workbench.knowledge.retrieval.scoring import area_under
    from workbench.knowledge.retrieval.training.evidence_lines import LOST, bound_losing

    groups = _groups(asked)
    names = ("having_one", "having_two", "without_one", "without_two")

    def measured(one: Any, two: Any, without_one: Any, without_two: Any) -> list[float]:
        least = bound_losing(LOST, one, two)
        having, without = np.concatenate([one, two]), np.concatenate([without_one, without_two])
        return [
            *(float((each < least).mean()) for each in (without, without_one, without_two)),
            area_under(having.tolist(), without.tolist()),
            area_under(one.tolist(), without_one.tolist()),
            area_under(two.tolist(), without_two.tolist()),
        ]

    parts = [values[groups[name]] for name in names]
    drawn = np.random.default_rng(9)
    again = np.array(
        [measured(*(drawn.choice(part, len(part)) for part in parts)) for _ in range(1000)]
    )
    told: dict[str, Any] = {}
    keys = ("abstained", "abstained_one", "abstained_two", "auc", "auc_one", "auc_two")
    for column, (name, value) in enumerate(zip(keys, measured(*parts), strict=True)):
        told[name] = value
        told[f"{name}_95"] = np.quantile(again[:, column], [0.025, 0.975]).tolist()
    least = bound_losing(LOST, *parts[:2])
    kinds = sorted({each.detail for each in asked if not each.gold})
    told["by_kind"] = {
        kind: float((values[[each.detail == kind for each in asked]] < least).mean())
        for kind in kinds
    }
    return told


def _groups(asked: Any) -> dict[str, Any]:
    import numpy as np

    having = np.array([bool(each.gold) for each in asked])
    two = np.array([each.two_hops for each in asked])
    return {
        "having": having,
        "having_one": having & ~two,
        "having_two": having & two,
        "without": ~having,
        "without_one": ~having & ~two,
        "without_two": ~having & two,
    }


def mean_interval(values: Any) -> list[float]:
    """The 95% interval of a mean by resampling; one point where all values are the same."""
    import numpy as np

    from workbench.evaluation.bootstrap import bootstrap_interval

    if values.min() == values.max():
        return [float(values[0])] * 2
    interval = bootstrap_interval(np.mean, values, method="percentile")
    return [interval.low, interval.high]
