"""Models of tables: what each column added to a row's output, and what would change it."""

from __future__ import annotations

from workbench.core.viewers import mime_bundle
from workbench.interpretability.tabular.counterfactuals import (
    Change,
    Counterfactual,
    Counterfactuals,
)
from workbench.interpretability.tabular.explanation import Contribution, RowExplanation

# Made: no model gave these numbers.
ADDED = tuple(
    Contribution(f"column <{i}>", i, (-1.0) ** i / (i + 1), 0.125 if i == 1 else None)
    for i in range(20)
)
ROW = RowExplanation(
    model="tree", data="made (test)", row=3, output="log-odds of 'yes'", unit="nats", value=-1.5,
    base_value=0.25, prediction="no", probabilities={"no": 0.8, "yes": 0.2}, truth="yes",
    contributions=ADDED, method="interventional tree SHAP", exact=True, additivity_gap=0.0,
    background_rows=100, seed=0, notes=("A note that must be read.",),
)  # fmt: skip


def test_a_row_is_taken_apart_by_number_sign_and_side() -> None:
    html = mime_bundle(ROW)["text/html"]
    for said in ("+1.00", "−0.50 ± 0.12", "column &lt;0&gt;", "−1.5 nats", "it says no", "exact",
                 "A note that must be read.", "5 more columns together"):  # fmt: skip
        assert said in html
    assert "<0>" not in html
    body = html.partition("</style>")[2]
    assert body.count('<i class="more"') == 8 and body.count('<i class="less"') == 7
    assert "width:50.0%" in body  # the largest goes to the end of its side


def changed(*changes: Change) -> Counterfactual:
    return Counterfactual(changes, "yes", 0.72, 1.5, 8.0)


def found(*rows: Counterfactual, reason: str = "") -> Counterfactuals:
    return Counterfactuals(
        model="tree", data="made (test)", row=3, prediction="no", wanted="label = yes", found=rows,
        asked_for=3, reason=reason, fixed=("age",), asked_rows=2690, budget_rows=50_000, seed=0,
    )  # fmt: skip


def test_each_change_says_what_is_and_what_would_have_to_be() -> None:
    html = mime_bundle(found(changed(Change("income", 2096, 802), Change("job", "a", "b"))))[
        "text/html"
    ]
    for said in ("1. yes", "(72%)", "2 changes", "2096", "802", "never changed: age", "2,690 rows",
                 "8 from the nearest row"):  # fmt: skip
        assert said in html


def test_where_there_is_none_the_reason_stands() -> None:
    html = mime_bundle(found(reason="no row within the budget"))["text/html"]
    assert "no row within the budget" in html
    assert "<table" not in html.partition("</style>")[2]
