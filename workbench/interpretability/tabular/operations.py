"""What a user can ask: why a model of a table decides as it does."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation
from workbench.interpretability.tabular.counterfactuals import Counterfactuals
from workbench.interpretability.tabular.dependence import Dependence
from workbench.interpretability.tabular.explanation import RowExplanation
from workbench.interpretability.tabular.importance import Importance

Part = Literal["train", "test"]
Scale = Literal["margin", "probability"]
AtLeast1 = Annotated[int, limits.Ge(1)]
AtLeast2 = Annotated[int, limits.Ge(2)]
Seed = Annotated[int, limits.Ge(0)] | None


@operation(
    "interpretability.explain_row",
    title="Say why a model of a table decided so for one row",
    produces="explanation",
)
def explain_row(
    *,
    dataset: str,
    row: Annotated[int, limits.Ge(0)],
    model: str = "gradient_boosting",
    target: str | None = None,
    exclude: list[str] | None = None,
    part: Part = "test",
    of: str | None = None,
    scale: Scale | None = None,
    method: str = "auto",
    group: list[str] | None = None,
    background_rows: AtLeast1 = 100,
    pairs: AtLeast1 = 20,
    seed: Seed = None,
) -> RowExplanation:
    """Fit a model to a data set and take its output for one row apart, column by column.

    The contributions add up to the difference between the row's output and the mean output of some
    training rows; the gap is told. They are exact for boosted trees, trees, forests and linear
    models on the scale in which these add up, and estimates with standard errors elsewhere.

    Args:
        dataset: A name of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).
        row: Its number in the part, from 0.
        model: gradient_boosting, logistic, linear, tree, forest or mlp.
        target: The column to predict; by default the catalogue's.
        exclude: A column that the model must not read.
        part: Of the data set; the model is fitted to train.
        of: The class whose output is explained; by default the last of two, or of more the one
            that is predicted.
        scale: The margin (log-odds, in nats) or the probability; by default the one in which the
            model adds up.
        method: auto, tree, linear, enumeration, permutation, and for mlp integrated_gradients or
            deeplift.
        group: NAME=COLUMN,COLUMN: columns that get one value together.
        background_rows: How many training rows it is compared with.
        pairs: Of random orders, for permutation.
        seed: Of the fit and of all that is drawn; the setting `seed` if none is given.
    """
    from workbench.interpretability.tabular.explaining import explain_one
    from workbench.interpretability.tabular.subjects import fit_subject, read_groups

    seed = _seed(seed)
    groups = read_groups(group)
    subject = fit_subject(
        dataset, model, target=target, exclude=exclude, seed=seed, named=chain(*groups.values())
    )
    found = explain_one(
        subject.model,
        subject.row(part, row),
        background=subject.parts.train,
        of=of,
        scale=scale,
        method=method,
        groups=groups,
        background_rows=background_rows,
        pairs=pairs,
        seed=seed,
    )
    return replace(found, data=_said(subject, part), row=row)


@operation(
    "interpretability.importance",
    title="Say which columns a model of a table needs",
    produces="importance",
)
def importance(
    *,
    dataset: str,
    model: str = "gradient_boosting",
    target: str | None = None,
    exclude: list[str] | None = None,
    part: Part = "test",
    method: Literal["permutation", "contributions"] = "permutation",
    metric: str | None = None,
    of: str | None = None,
    group: list[str] | None = None,
    repeats: AtLeast1 = 10,
    rows: AtLeast2 = 2000,
    seed: Seed = None,
) -> Importance:
    """Fit a model to a data set and measure what each column is worth to it, with intervals.

    By permutation: how much worse it predicts when the column is shuffled. By contributions: how
    much the column moves the output, right or wrong.

    Args:
        dataset: A name of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).
        model: gradient_boosting, logistic, linear, tree, forest or mlp.
        target: The column to predict; by default the catalogue's.
        exclude: A column that the model must not read.
        part: The rows that are shuffled; the model is fitted to train.
        method: What is measured.
        metric: The loss: log_loss, error_rate or brier; absolute_error or squared_error for
            numbers.
        of: The class, for contributions; by default the last of two.
        group: NAME=COLUMN,COLUMN: columns that are shuffled together.
        repeats: Shuffles of each column.
        rows: At most so many rows.
        seed: Of the fit and of all that is drawn; the setting `seed` if none is given.
    """
    from workbench.interpretability.tabular.importance import (
        importance_of_contributions,
        measure_importance,
    )
    from workbench.interpretability.tabular.shap_values import explain_rows
    from workbench.interpretability.tabular.subjects import fit_subject, read_groups

    seed = _seed(seed)
    groups = read_groups(group)
    subject = fit_subject(
        dataset, model, target=target, exclude=exclude, seed=seed, named=chain(*groups.values())
    )
    if method == "contributions":
        table = subject.rows(part, rows, seed=seed)
        explained = explain_rows(
            subject.model, table, background=subject.parts.train, of=of, groups=groups, seed=seed
        )
        found = importance_of_contributions(explained)
    else:
        found = measure_importance(
            subject.model,
            subject.part(part),
            metric=metric,
            groups=groups,
            repeats=repeats,
            rows=rows,
            seed=seed,
        )
    return replace(found, data=_said(subject, part))


@operation(
    "interpretability.dependence",
    title="Show how a model's output goes with one column",
    produces="dependence",
)
def dependence(
    feature: str,
    *,
    dataset: str,
    model: str = "gradient_boosting",
    target: str | None = None,
    exclude: list[str] | None = None,
    part: Part = "test",
    of: str | None = None,
    scale: Scale | None = None,
    points: AtLeast2 = 20,
    rows: AtLeast2 = 500,
    lines: Annotated[int, limits.Ge(0)] = 40,
    seed: Seed = None,
) -> Dependence:
    """Fit a model to a data set and show how its output goes with one column.

    The mean over rows (partial dependence) with its interval, some single rows' lines, and how many
    rows go against the mean.

    Args:
        feature: The column.
        dataset: A name of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).
        model: gradient_boosting, logistic, linear, tree, forest or mlp.
        target: The column to predict; by default the catalogue's.
        exclude: A column that the model must not read.
        part: The rows that are asked about; the model is fitted to train.
        of: The class; by default the last of two.
        scale: The margin (log-odds, in nats) or the probability, which is the default.
        points: Of the column's values.
        rows: At most so many rows.
        lines: Single rows that are kept.
        seed: Of the fit and of all that is drawn; the setting `seed` if none is given.
    """
    from workbench.interpretability.tabular.dependence import compute_dependence
    from workbench.interpretability.tabular.subjects import fit_subject

    seed = _seed(seed)
    subject = fit_subject(
        dataset, model, target=target, exclude=exclude, seed=seed, named=[feature]
    )
    found = compute_dependence(
        subject.model,
        subject.part(part),
        feature,
        of=of,
        scale=scale,
        points=points,
        rows=rows,
        lines=lines,
        seed=seed,
    )
    return replace(found, data=_said(subject, part))


@operation(
    "interpretability.counterfactuals",
    title="Find what would have to be different for another decision",
    produces="counterfactuals",
)
def counterfactuals(
    *,
    dataset: str,
    row: Annotated[int, limits.Ge(0)],
    model: str = "gradient_boosting",
    target: str | None = None,
    exclude: list[str] | None = None,
    part: Part = "test",
    wanted: str | None = None,
    low: float | None = None,
    high: float | None = None,
    fixed: list[str] | None = None,
    direction: list[str] | None = None,
    count: AtLeast1 = 3,
    max_changes: AtLeast1 = 4,
    budget_rows: AtLeast1 = 50_000,
    seed: Seed = None,
) -> Counterfactuals:
    """Fit a model to a data set and find near rows, with few changes, that it decides otherwise.

    Values and pairs of values are such as occur among the training rows; each row is checked by the
    model. Where none is found within the budget, it says so.

    Args:
        dataset: A name of the catalogue, or a file (.csv, .tsv, .jsonl, .ndjson, .parquet).
        row: Its number in the part, from 0.
        model: gradient_boosting, logistic, linear, tree, forest or mlp.
        target: The column to predict; by default the catalogue's.
        exclude: A column that the model must not read.
        part: Of the data set; the model is fitted to train.
        wanted: The class; by default the other one of two.
        low: The least wanted number, where the target is one.
        high: The largest wanted number.
        fixed: A column that must stay as it is.
        direction: COLUMN=up or COLUMN=down, where only one way is possible.
        count: How many are looked for.
        max_changes: Columns that one of them may change.
        budget_rows: How many rows the model may be asked about.
        seed: Of the fit and of all that is drawn; the setting `seed` if none is given.
    """
    from workbench.interpretability.tabular.counterfactuals import find_counterfactuals
    from workbench.interpretability.tabular.subjects import fit_subject, read_directions

    seed = _seed(seed)
    directions = read_directions(direction)
    named = [*(fixed or ()), *directions]
    subject = fit_subject(dataset, model, target=target, exclude=exclude, seed=seed, named=named)
    found = find_counterfactuals(
        subject.model,
        subject.row(part, row),
        training=subject.parts.train,
        wanted=wanted,
        low=low,
        high=high,
        fixed=fixed or (),
        directions=directions,
        count=count,
        max_changes=max_changes,
        budget_rows=budget_rows,
        seed=seed,
    )
    return replace(found, data=_said(subject, part), row=row)


def _seed(seed: int | None) -> int:
    from workbench.core import settings

    return settings.get("seed") if seed is None else seed


def _said(subject: Any, part: str) -> str:
    return f"{subject.parts.name} ({part})"
