"""From answers to a verdict: paired bootstrap over questions, and rules. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.evaluation.checks import Check
from workbench.finetuning.gate.report import GateReport, GateRules, PairedShare, Verdict

if TYPE_CHECKING:
    import numpy as np

POWER = 0.8


def compare_answers(
    what: str, candidate: Any, other: Any, *, against: str, rules: GateRules
) -> PairedShare:
    """Compare two models' results on the same questions.

    Args:
        what: What was asked.
        candidate: Shape ``[n]``, 1 for each right answer (or a score in [0, 1]).
        other: Of the other model, row by row.
        against: Whose the others are.
        rules: How sure the bounds are.

    Raises:
        InputError: Fewer than two rows, or of different number.
    """
    import numpy as np

    from workbench.evaluation.bootstrap import bootstrap_difference
    from workbench.evaluation.permutation import sign_flip_test

    mine, theirs = np.asarray(candidate, dtype=float), np.asarray(other, dtype=float)
    interval = bootstrap_difference(
        np.mean,
        mine,
        theirs,
        confidence=2 * rules.confidence - 1,  # each end has all of the doubt of its side
        draws=rules.draws,
        seed=rules.seed,
    )
    low, high, method = interval.low, interval.high, interval.method
    changes = mine - theirs
    if (changes == changes[0]).all():
        low, high, method = *_exact_ends(float(changes[0]), len(changes), rules), "exact"
    spread = max(float(changes.std(ddof=1)), 1 / len(changes))
    return PairedShare(
        what,
        against,
        len(mine),
        float(mine.mean()),
        float(theirs.mean()),
        interval.estimate,
        low,
        high,
        method,
        sign_flip_test(changes, seed=rules.seed),
        _sum_of_quantiles(rules) * spread / math.sqrt(len(changes)),
    )


def decide(
    candidate: str,
    champion: str,
    *,
    gain: PairedShare,
    forgetting: Sequence[PairedShare],
    checks: Sequence[Check],
    rules: GateRules,
    **more: Any,
) -> GateReport:
    """The verdict on a candidate, with its reasons.

    Args:
        candidate: Its full name.
        champion: That of the model in use.
        gain: On the target.
        forgetting: On general questions, against each model that must not be lost to.
        checks: What the registered checks found.
        rules: What is asked.
        more: What else the report holds.
    """
    against, unsure, needed = [], [], [0]
    for weigh, each in ((_weigh_gain, gain), *((_weigh_loss, one) for one in forgetting)):
        verdict, reason, items = weigh(each, rules)
        if verdict == "refuse":
            against.append(reason)
        elif verdict == "underpowered":
            unsure.append(reason)
            needed.append(items)
    against += [f"the check does not hold: {check}" for check in checks if not check.ok]
    verdict_: Verdict = "refuse" if against else "underpowered" if unsure else "promote"
    reasons = [*against, *unsure] or [
        f"{gain.what}: {_signed(gain.change)} (at least {_signed(gain.low)}); "
        f"{len(checks)} checks hold"
    ]
    return GateReport(
        candidate,
        champion,
        verdict_,
        tuple(reasons),
        gain,
        tuple(forgetting),
        tuple(checks),
        items_needed=max(needed) or None if verdict_ == "underpowered" else None,
        rules=rules,
        **more,
    )


def _weigh_gain(gain: PairedShare, rules: GateRules) -> tuple[Verdict, str, int]:
    said = f"{gain.what}: {_signed(gain.change)} against {gain.against} ({_span(gain)})"
    # Of a handful of questions resamples promise too much: the exact test has to agree.
    if gain.low > 0 and gain.p_value <= 2 * (1 - rules.confidence):
        return "promote", said, 0
    if gain.high <= 0:
        return "refuse", f"{said}: nothing is gained", 0
    if gain.high >= rules.worthwhile_gain:
        least = math.ceil(math.log(1 - rules.confidence) / math.log(1 - rules.worthwhile_gain))
        ratio = max(1.0, gain.detectable / rules.worthwhile_gain)
        needed = max(least, math.ceil(gain.items * ratio**2))
        return (
            "underpowered",
            f"{said}: a gain of {rules.worthwhile_gain:g} is neither shown nor excluded; about "
            f"{needed} questions would tell",
            needed,
        )
    return (
        "refuse",
        f"{said}: no gain is shown, though one of {rules.worthwhile_gain:g} would be",
        0,
    )


def _weigh_loss(found: PairedShare, rules: GateRules) -> tuple[Verdict, str, int]:
    loss, budget = -found.change, rules.forgetting_budget
    said = (
        f"{found.what}: {loss:.3f} is lost against {found.against} "
        f"({-found.high:.3f} to {-found.low:.3f}), {budget:g} may be"
    )
    # With fewer than so many a loss of the budget's size may well not be met at all.
    least = math.ceil(math.log(1 - rules.confidence) / math.log(1 - budget))
    if -found.low <= budget and found.items >= least:
        return "promote", said, 0
    if loss >= budget:
        return "refuse", said, 0
    needed = max(least, math.ceil(found.items * (found.detectable / (budget - loss)) ** 2))
    return "underpowered", f"{said}: about {needed} questions would tell", needed


def _exact_ends(change: float, items: int, rules: GateRules) -> tuple[float, float]:
    """Bounds where all questions say the same: up to so many others may not have been met.

    By Clopper and Pearson: of n questions of which none is of another kind, at most
    ``1 - doubt ** (1 / n)`` of all are.
    """
    others = 1 - (1 - rules.confidence) ** (1 / items)
    low, high = change - others * (1 + change), change + others * (1 - change)
    return max(-1.0, low), min(1.0, high)


def _sum_of_quantiles(rules: GateRules) -> float:
    from scipy.special import ndtri

    return float(ndtri(rules.confidence) + ndtri(POWER))


def by_task(
    tasks: Sequence[str],
    candidate: np.ndarray,
    other: np.ndarray,
    *,
    against: str,
    rules: GateRules,
) -> tuple[PairedShare, ...]:
    """A comparison for each task of two questions or more; none where there is one task alone."""
    import numpy as np

    names = np.asarray(tasks)
    found = [name for name in dict.fromkeys(tasks) if (names == name).sum() >= 2]
    if len(found) < 2:
        return ()
    return tuple(
        compare_answers(
            name or "no task",
            candidate[names == name],
            other[names == name],
            against=against,
            rules=rules,
        )
        for name in found
    )


def read_report(plain: Mapping[str, Any]) -> GateReport:
    """A report from plain data, as it was kept."""
    told = dict(plain)
    told["gain"] = PairedShare(**told["gain"])
    for name in ("forgetting", "tasks"):
        told[name] = tuple(PairedShare(**each) for each in told[name])
    told["checks"] = tuple(
        Check(**{**each, "value": math.nan if each["value"] is None else each["value"]})
        for each in told["checks"]
    )
    told["reasons"], told["rules"] = tuple(told["reasons"]), GateRules(**told["rules"])
    return GateReport(**told)


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _span(found: PairedShare) -> str:
    return f"{_signed(found.low)} to {_signed(found.high)}"
