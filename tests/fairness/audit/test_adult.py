"""Every figure of Adult against a second implementation: plain Python, row by row."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from workbench.fairness.audit.confusion import COUNT_METRICS
from workbench.fairness.audit.disparities import COUNT_DISPARITIES, SCORE_DISPARITIES
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.predictions import Predictions
from workbench.fairness.audit.result import GroupAudit

Row = tuple[int, int, float]
EXACT = 1e-12


@pytest.fixture(scope="module", params=["between_groups", "to_overall"])
def audited(request: pytest.FixtureRequest, adult: Predictions) -> GroupAudit:
    return audit_groups(
        adult.outcomes.y,
        adult.outcomes.y_hat,
        sensitive=adult.sensitive,
        score=adult.outcomes.score,
        precision=Precision(draws=200, row_draws=100, compare=request.param),
    )


def share(rows: Sequence[Any], counted: Sequence[Any]) -> float | None:
    return len(counted) / len(rows) if rows else None


def plain_figures(rows: Sequence[Row]) -> dict[str, float | None]:
    """All metrics of some rows, each from its definition."""
    ones = [r for r in rows if r[0] == 1]
    zeros = [r for r in rows if r[0] == 0]
    chosen = [r for r in rows if r[1] == 1]
    caught = [r for r in rows if r[0] == 1 and r[1] == 1]
    false = [r for r in rows if r[0] == 0 and r[1] == 1]
    right = [r for r in rows if r[0] == r[1]]
    recall, precision = share(ones, caught), share(chosen, caught)
    tnr = share(zeros, [r for r in zeros if r[1] == 0])
    found: dict[str, float | None] = {
        "selection_rate": share(rows, chosen),
        "true_positive_rate": recall,
        "recall_score": recall,
        "true_negative_rate": tnr,
        "false_positive_rate": share(zeros, false),
        "false_negative_rate": share(ones, [r for r in ones if r[1] == 0]),
        "accuracy_score": share(rows, right),
        "zero_one_loss": share(rows, [r for r in rows if r[0] != r[1]]),
        "balanced_accuracy_score": None if recall is None or tnr is None else (recall + tnr) / 2,
        "precision_score": precision,
        "f1_score": 2 * len(caught) / (len(ones) + len(chosen)) if ones or chosen else None,
        "base_rate": share(rows, ones),
        "mean_prediction": math.fsum(r[2] for r in rows) / len(rows),
        "brier_score": math.fsum((r[2] - r[0]) ** 2 for r in rows) / len(rows),
        "log_loss": -math.fsum(math.log(r[2] if r[0] else 1 - r[2]) for r in rows) / len(rows),
        "roc_auc_score": plain_auc(rows),
    }
    return found


def plain_auc(rows: Sequence[Row]) -> float | None:
    """Pairs won, by walking up the scores; ties count half."""
    at_score: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for y, _, score in rows:
        at_score[score][y] += 1
    below, won = 0, 0.0
    for score in sorted(at_score):
        zeros, ones = at_score[score]
        won += ones * (below + zeros / 2)
        below += zeros
    ones = sum(pair[1] for pair in at_score.values())
    return won / (ones * below) if ones and below else None


def plain_disparity(kind: str, values: dict[str, float], everyone: float, compare: str) -> float:
    """One disparity of one metric, from fairlearn's definition."""
    known = list(values.values())
    if kind == "group_min":
        return min(known)
    if kind == "group_max":
        return max(known)
    if compare == "to_overall":
        if kind == "difference":
            return max(abs(value - everyone) for value in known)
        return min(min(value, everyone) / max(value, everyone) for value in known)
    return max(known) - min(known) if kind == "difference" else min(known) / max(known)


@pytest.fixture(scope="module")
def by_group(adult: Predictions) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    outcomes = adult.outcomes
    assert outcomes.score is not None
    for y, y_hat, score, sex, race in zip(
        outcomes.y, outcomes.y_hat, outcomes.score, *adult.sensitive.values(), strict=True
    ):
        groups[f"sex={sex}, race={race}"].append((int(y), int(y_hat), float(score)))
    return groups


def faults(audited: GroupAudit, by_group: dict[str, list[Row]]) -> list[str]:
    """Each figure that differs from the second implementation."""
    plain = {name: plain_figures(rows) for name, rows in by_group.items()}
    plain["everyone"] = plain_figures([row for rows in by_group.values() for row in rows])
    found = []
    for figure in (*audited.groups, *audited.everyone):
        expected = plain[figure.group][figure.metric]
        if expected is None or abs(figure.value - expected) > EXACT:
            found.append(f"{figure.metric} of {figure.group}: {figure.value} for {expected}")
    for wanted in (*COUNT_DISPARITIES, *SCORE_DISPARITIES):
        told = [each for each in audited.disparities if each.metric == wanted.name]
        parts = []
        for metric in wanted.of:
            judged = {f.group: float(plain[f.group][metric] or 0) for f in audited.groups
                      if f.metric == metric}  # fmt: skip
            parts.append(
                plain_disparity(
                    wanted.kind, judged, float(plain["everyone"][metric] or 0), audited.compare
                )
            )
        worst = min if wanted.kind in ("ratio", "group_min") else max
        expected = sum(parts) / len(parts) if wanted.mean else worst(parts)
        if [abs(each.value - expected) <= EXACT for each in told] != [True]:
            found.append(f"{wanted.name}: {told} for {expected}")
    return found


def test_every_figure_of_adult_is_the_second_implementations(
    audited: GroupAudit, by_group: dict[str, list[Row]]
) -> None:
    assert len(by_group) == 10
    assert faults(audited, by_group) == []
    told = {(f.metric, f.group) for f in (*audited.groups, *audited.everyone)}
    left = {(e.metric, e.group) for e in audited.excluded}
    metrics = {m.name for m in COUNT_METRICS} | {
        "roc_auc_score", "log_loss", "brier_score", "mean_prediction"
    }  # fmt: skip
    everything = {(metric, group) for metric in metrics for group in (*by_group, "everyone")}
    assert told | left == everything
    assert not told & left
    for figure in audited.groups:
        assert figure.low <= figure.value <= figure.high


def test_a_row_in_the_wrong_group_is_seen(
    audited: GroupAudit, by_group: dict[str, list[Row]]
) -> None:
    moved = {name: list(rows) for name, rows in by_group.items()}
    moved["sex=Female, race=Black"].append(moved["sex=Male, race=White"].pop())
    assert len(faults(audited, moved)) > 20


def test_fairlearn_gives_the_same_points(adult: Predictions) -> None:
    """Where a group has rows of both outcomes; fairlearn's 0 for none is an exclusion here."""
    import fairlearn.metrics as theirs

    y, y_hat = adult.outcomes.y, adult.outcomes.y_hat
    sensitive = adult.sensitive["sex"]
    ours = audit_groups(y, y_hat, sensitive={"sex": sensitive}, precision=Precision(draws=100))
    names = [each.metric for each in ours.disparities]
    checked = 0
    for name in theirs.__all__:
        if name in names and not name.startswith(("mean_", "r2", "log_loss", "roc")):
            value = getattr(theirs, name)(y, y_hat, sensitive_features=sensitive)
            assert ours.disparity(name).value == pytest.approx(value, abs=EXACT), name
            checked += 1
    # Every disparity of fairlearn's that is made from labels.
    of_labels = [
        name
        for name in theirs.__all__
        if name.endswith(("_difference", "_ratio", "_min", "_max"))
        and not name.startswith(("mean_", "r2", "log_loss", "roc"))
    ]
    assert checked == len(of_labels) == 26
    odds = theirs.equalized_odds_difference(y, y_hat, sensitive_features=sensitive, agg="mean")
    assert ours.disparity("equalized_odds_difference_mean").value == pytest.approx(odds, abs=EXACT)
    odds = theirs.equalized_odds_ratio(y, y_hat, sensitive_features=sensitive, agg="mean")
    assert ours.disparity("equalized_odds_ratio_mean").value == pytest.approx(odds, abs=EXACT)
