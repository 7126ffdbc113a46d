"""Outcomes and predictions: what they are taken for, and what is refused and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.outcomes import read_outcomes
from workbench.fairness.audit.precision import Precision


@pytest.mark.parametrize(
    ("y", "y_hat", "positive", "expected"),
    [
        ([0, 1, 1], [1, 1, 0], None, "1"),
        ([-1, 1, 1], [1, 1, -1], None, "1"),
        ([False, True, True], [True, True, False], None, "True"),
        ([0.0, 1.0, 1.0], [1.0, 1.0, 0.0], None, "1"),
        (["no", "yes", "yes"], ["yes", "yes", "no"], "yes", "yes"),
        (["a", "c", "c"], ["c", "c", "b"], "c", "c"),
    ],
)
def test_labels_become_0_and_1(
    y: list[Any], y_hat: list[Any], positive: str | None, expected: str
) -> None:
    if "b" in y_hat:
        y, y_hat = [*y, "b"], [*y_hat, "a"]
    found = read_outcomes(y, y_hat, positive=positive)
    assert (found.task, found.positive) == ("classification", expected)
    assert found.y[:3].tolist() == [0, 1, 1]
    assert found.y_hat[:3].tolist() == [1, 1, 0]


def test_a_positive_label_that_is_not_there_comes_with_one_that_is() -> None:
    for positive, hint in (("Yes", "positive='yes'"), ("zzz", "positive='yes'")):
        with pytest.raises(InputError, match="found: 'no', 'yes'") as caught:
            read_outcomes(["no", "yes"], ["no", "yes"], positive=positive)
        assert caught.value.hint == hint
    with pytest.raises(InputError) as caught:
        read_outcomes(["no", "yes"], ["no", "yes"])
    assert caught.value.hint == "positive='yes', say"


def test_other_numbers_are_a_regression() -> None:
    found = read_outcomes([0.5, 2, 3], [1, 2.5, 2])
    assert (found.task, found.positive) == ("regression", None)


@pytest.mark.parametrize(
    ("y", "y_hat", "more", "said"),
    [
        ([0, 1], [0, 1, 1], {}, "y has 2 rows and y_hat 3"),
        ([], [], {}, "not 0"),
        ([0, None], [0, 1], {}, "1 of 2 values of y are missing"),
        ([0, 1], [0, float("nan")], {}, "1 of 2 values of y_hat are missing"),
        (["a", "b"], ["a", "b"], {}, "which of the labels 'a', 'b' counts as 1"),
        (["a", "b"], ["a", "b"], {"positive": "c"}, "no row has the positive label 'c'"),
        ([0, 1], [0, 7], {"positive": "1"}, "y_hat holds '7', which no outcome is"),
        ([0, 1], [0.2, 0.7], {"task": "classification", "positive": "1"}, "such as 0.2: prob"),
        ([0, 1], [0, 1], {"score": [0.5, 1.5]}, "1 of 2 values of score lie outside 0 to 1"),
        ([0, 1], [0, 1], {"score": [0.5]}, "score has 1 rows, y has 2"),
        ([1.5, 2], [1, float("inf")], {}, "y_hat holds .*inf.* in row 2"),
        (["0", "1"], ["0.0", "inf"], {}, "1 of 2 values of y_hat are not finite.* in row 2"),
        ([1.5, 2], [1, 2], {"score": [0.1, 0.2]}, "a regression has no probabilities"),
    ],
)
def test_what_cannot_be_audited_is_refused(
    y: list[Any], y_hat: list[Any], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_outcomes(y, y_hat, **more)


@pytest.mark.parametrize("y", [[0, 1, 1], [-1, 1, 1], [False, True, True], ["no", "yes", "yes"]])
def test_probabilities_are_not_taken_for_a_regression(y: list[Any]) -> None:
    said = [0.2, 0.7, 0.1]
    with pytest.raises(InputError, match="probabilities are no decisions") as caught:
        read_outcomes(y, said)
    assert caught.value.hint and caught.value.hint.startswith("threshold=0.5 ")
    assert ("task='regression'" in caught.value.hint) == (y[0] != "no")
    # The hint works: decisions from the threshold on, and the numbers stay as scores.
    positive = "yes" if y[0] == "no" else None
    found = read_outcomes(y, said, threshold=0.7, positive=positive)
    assert found.task == "classification" and found.y.tolist() == [0, 1, 1]
    assert found.y_hat.tolist() == [0, 1, 0]
    assert found.score is not None and found.score.tolist() == said


def test_numbers_beyond_0_and_1_that_were_said_of_labels_are_asked_about() -> None:
    with pytest.raises(InputError, match="numbers that are none") as caught:
        read_outcomes([0, 1, 1], [0, 2.5, -3])
    assert "task='regression'" in (caught.value.hint or "")
    assert read_outcomes([0, 1, 1], [0, 2.5, -3], task="regression").task == "regression"
    assert read_outcomes([0, 1, 1], [0.2, 0.7, 0.1], task="regression").task == "regression"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"task": "regression"}, "a regression has no threshold"),
        ({"score": [0.5, 0.5]}, "which of them is cut"),
        ({"threshold": 0.0}, "threshold 0 must lie above 0"),
        ({"y_hat": [0.5, 1.5]}, "1 of 2 values of y_hat lie outside 0 to 1"),
    ],
)
def test_a_threshold_needs_probabilities(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_outcomes(**{"y": [0, 1], "y_hat": [0.5, 0.6], "threshold": 0.5, **more})


def made(rows: int = 400) -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(5)
    group = np.array(["a", "b"])[(generator.random(rows) < 0.4).astype(int)]
    y = (generator.random(rows) < 0.4).astype(int)
    y_hat = (generator.random(rows) < 0.3 + 0.3 * y).astype(int)
    return y, y_hat, group


def test_one_class_only_leaves_out_what_rests_on_the_other() -> None:
    _, y_hat, group = made()
    ours = audit_groups(
        np.zeros(400, int), y_hat, sensitive={"g": group}, precision=Precision(draws=100)
    )
    metrics = {figure.metric for figure in ours.groups}
    assert "selection_rate" in metrics
    assert "true_positive_rate" not in metrics
    reasons = {each.reason for each in ours.excluded if each.metric == "true_positive_rate"}
    assert reasons == {"there are no rows with y = 1"}
    (why,) = [e for e in ours.excluded if e.metric == "equal_opportunity_difference"]
    assert why.reason == "true_positive_rate is known for 0 of the groups"
    values = [each.value for each in (*ours.groups, *ours.disparities)]
    assert np.isfinite(values).all()


def test_predictions_that_are_all_the_same_have_no_ratio() -> None:
    y, _, group = made()
    ours = audit_groups(
        y, np.zeros(400, int), sensitive={"g": group}, precision=Precision(draws=100)
    )
    parity = ours.disparity("demographic_parity_difference")
    assert parity.value == 0
    assert parity.low == 0 < parity.high  # none of n is no proof of none
    (why,) = [e for e in ours.excluded if e.metric == "demographic_parity_ratio"]
    assert "a ratio of nothings" in why.reason


def test_a_group_without_a_selected_row_has_the_ratio_0_and_an_interval() -> None:
    y, y_hat, group = made()
    y_hat[group == "b"] = 0
    ours = audit_groups(y, y_hat, sensitive={"g": group}, precision=Precision(draws=1000))
    parity = ours.disparity("demographic_parity_ratio")
    assert (parity.value, parity.low) == (0, 0)
    assert 0.01 < parity.high < 0.2
    assert parity.p_value is not None
    assert parity.p_value < 0.01


@pytest.mark.parametrize(
    "given", [{"confidence": 1.0}, {"draws": 99}, {"compare": "nobody"}, {"min_rows": 0}]
)
def test_precision_is_checked(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Precision(**given)
