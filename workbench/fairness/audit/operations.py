"""What a user can ask: figures by group, with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .result import GroupAudit
from .slices import SliceSearch
from .thresholds import ThresholdSweep

if TYPE_CHECKING:
    from .predictions import Predictions


@dataclass(frozen=True)
class ModelCard(Viewable):
    """A section of a model card: where it was written, its Markdown, and the rows behind it."""

    path: Path
    text: str
    predictions: Path


Share = Annotated[float, limits.Gt(0), limits.Le(1)]
TaskName = Literal["auto", "classification", "regression", "ranking"]
LossName = Literal["error", "false_positive", "false_negative", "absolute", "squared", "log_loss"]


@operation("fairness.audit", title="Audit a model by group", produces="audit")
def audit(
    *,
    dataset: str | None = None,
    sensitive: list[str] | None = None,
    model: str = "gradient_boosting",
    predictions: Path | None = None,
    target: str | None = None,
    positive: str | None = None,
    task: TaskName = "auto",
    threshold: Share | None = None,
    exclude: list[str] | None = None,
    compare: Literal["between_groups", "to_overall"] = "between_groups",
    confidence: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.95,
    draws: Annotated[int, limits.Ge(100)] = 4000,
    min_rows: Annotated[int, limits.Ge(1)] = 30,
    top: Annotated[int, limits.Ge(1)] = 10,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> GroupAudit:
    """Judge a model by group: every metric and disparity with its interval and corrected tests.

    Either a model is fitted to a data set and judged on rows that it has not seen, or the
    predictions of a file are judged. Several sensitive columns make intersections; each column by
    itself stands beside them.

    Args:
        dataset: A name of the catalogue, or a table of your own (.csv, .parquet, ...).
        sensitive: A column to compare by, always needed; several make intersections.
        model: A kind of model of tables (gradient_boosting, logistic, tree, forest, ...), or
            the record of a saved one (.json).
        predictions: A file with the columns y and y_hat, perhaps score and query, and the sensitive
            ones, in place of a data set.
        target: The column to predict; by default the catalogue's.
        positive: The label that counts as 1; by default 1, or the last of two classes.
        task: What the predictions of a file are; auto takes labels for a classification, other
            numbers for a regression, and asks where y are labels and y_hat are none. With a data
            set, ranking places its test rows by the model's score.
        threshold: y_hat of the file (or score, if there is no y_hat) are probabilities; from this
            one on a row counts as predicted 1.
        exclude: A column that the model must not read.
        compare: Each group with every other, or with everyone.
        confidence: Of every interval.
        draws: Resamples; a quarter of them where rows are needed.
        min_rows: A group with fewer rows is listed and not judged.
        top: How many places of a ranking are its top.
        seed: Of the split, the fit and the resamples; the setting `seed` if none is given.
    """
    from .group_audit import audit_groups
    from .precision import Precision
    from .predictions import write_predictions

    number = settings.get("seed") if seed is None else seed
    how = Precision(
        compare=compare, confidence=confidence, draws=draws, row_draws=max(100, draws // 4),
        min_rows=min_rows, seed=number,
    )  # fmt: skip
    found = _find(
        dataset, predictions, sensitive, model, target, positive, task, exclude, number,
        threshold=threshold,
    )  # fmt: skip
    judged = audit_groups(
        found.outcomes.y,
        found.outcomes.y_hat,
        sensitive=found.sensitive,
        score=found.outcomes.score,
        query=found.query,
        task=found.outcomes.task,  # type: ignore[arg-type]
        top=top,
        precision=how,
        dataset=found.dataset,
        model=found.model,
    )
    return replace(
        judged,
        positive=found.outcomes.positive,
        excluded=(*judged.excluded, *found.excluded),
        notes=(*found.notes, *judged.notes),
        predictions=write_predictions(found),
    )


@operation("fairness.card", title="Write the fairness section of a model card", produces="text")
def card(
    out: Path | None = None,
    *,
    dataset: str | None = None,
    sensitive: list[str] | None = None,
    model: str = "gradient_boosting",
    predictions: Path | None = None,
    target: str | None = None,
    positive: str | None = None,
    task: TaskName = "auto",
    threshold: Share | None = None,
    exclude: list[str] | None = None,
    min_rows: Annotated[int, limits.Ge(1)] = 30,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> ModelCard:
    """Audit a model by group and write the fairness section of its model card, in Markdown.

    Args:
        out: The file to write; by default one in the home, named after the audit.
        dataset: A name of the catalogue, or a table of your own.
        sensitive: A column to compare by, always needed; several make intersections.
        model: A kind of model of tables, or the record of a saved one (.json).
        predictions: A file with y, y_hat and the sensitive columns, in place of a data set.
        target: The column to predict; by default the catalogue's.
        positive: The label that counts as 1; by default 1, or the last of two classes.
        task: What the predictions of a file are.
        threshold: Where the file has probabilities: from this one on a row is predicted 1.
        exclude: A column that the model must not read.
        min_rows: A group with fewer rows is listed and not judged.
        seed: Of the split, the fit and the resamples; the setting `seed` if none is given.
    """
    from workbench.store.files import write_text

    from .card import write_card

    judged = audit(
        dataset=dataset,
        sensitive=sensitive,
        model=model,
        predictions=predictions,
        target=target,
        positive=positive,
        task=task,
        threshold=threshold,
        exclude=exclude,
        min_rows=min_rows,
        seed=seed,
    )
    assert judged.predictions is not None
    path = out or judged.predictions.with_suffix(".md")
    text = write_card(judged)
    write_text(path, text)
    return ModelCard(path, text, judged.predictions)


@operation("fairness.thresholds", title="Sweep thresholds by group", produces="audit")
def thresholds(
    *,
    dataset: str | None = None,
    sensitive: list[str] | None = None,
    model: str = "gradient_boosting",
    predictions: Path | None = None,
    target: str | None = None,
    positive: str | None = None,
    exclude: list[str] | None = None,
    at: list[float] | None = None,
    compare: Literal["between_groups", "to_overall"] = "between_groups",
    confidence: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.95,
    draws: Annotated[int, limits.Ge(100)] = 2000,
    min_rows: Annotated[int, limits.Ge(1)] = 30,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> ThresholdSweep:
    """Show what every threshold on a model's score would mean for each group, with intervals.

    Args:
        dataset: A name of the catalogue, or a table of your own.
        sensitive: A column to compare by, always needed; several make intersections.
        model: A kind of model of tables, or the record of a saved one (.json).
        predictions: A file with y, score (or y_hat, if that is the probability) and the sensitive
            columns, in place of a data set.
        target: The column to predict; by default the catalogue's.
        positive: The label that counts as 1; by default 1, or the last of two classes.
        exclude: A column that the model must not read.
        at: A threshold; by default 0.05, 0.10, ... 0.95.
        compare: Each group with every other, or with everyone.
        confidence: Of every interval, one threshold at a time.
        draws: Resamples.
        min_rows: A group with fewer rows is listed and not judged.
        seed: Of the split, the fit and the resamples; the setting `seed` if none is given.
    """
    from .precision import Precision
    from .thresholds import GRID, sweep_thresholds

    number = settings.get("seed") if seed is None else seed
    how = Precision(
        compare=compare, confidence=confidence, draws=draws, min_rows=min_rows, seed=number
    )
    found = _find(
        dataset, predictions, sensitive, model, target, positive, "classification", exclude, number,
        swept=True,
    )  # fmt: skip
    return sweep_thresholds(
        found.outcomes,
        sensitive=found.sensitive,
        thresholds=at or GRID,
        precision=how,
        dataset=found.dataset,
        model=found.model,
    )


@operation("fairness.slices", title="Find the worst slices", produces="audit")
def slices(
    *,
    dataset: str | None = None,
    columns: list[str] | None = None,
    model: str = "gradient_boosting",
    predictions: Path | None = None,
    target: str | None = None,
    positive: str | None = None,
    task: TaskName = "auto",
    threshold: Share | None = None,
    exclude: list[str] | None = None,
    loss: LossName | None = None,
    depth: Annotated[int, limits.Ge(1), limits.Le(3)] = 2,
    min_rows: Annotated[int, limits.Ge(10)] = 50,
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.05,
    most: Annotated[int, limits.Ge(1)] = 10,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> SliceSearch:
    """Find the rows on which a model is worst: conditions, size, error, interval, corrected test.

    Args:
        dataset: A name of the catalogue, or a table of your own.
        columns: A column of which slices are made; by default all.
        model: A kind of model of tables, or the record of a saved one (.json).
        predictions: A file with y, y_hat and the columns, in place of a data set.
        target: The column to predict; by default the catalogue's.
        positive: The label that counts as 1; by default 1, or the last of two classes.
        task: What the predictions of a file are.
        threshold: Where the file has probabilities: from this one on a row is predicted 1.
        exclude: A column that the model must not read.
        loss: What is counted; by default error, for numbers absolute.
        depth: How many conditions a slice has at most, 1 to 3.
        min_rows: The least size of a slice.
        level: The chance of listing any slice where no slice is worse.
        most: How many are listed.
        seed: Of the split, the fit and the tree's halves; the setting `seed` if none is given.
    """
    from .slices import find_slices, losses_of

    number = settings.get("seed") if seed is None else seed
    found = _find(
        dataset, predictions, columns, model, target, positive, task, exclude, number,
        threshold=threshold, any_=True,
    )  # fmt: skip
    named = loss or ("error" if found.outcomes.task == "classification" else "absolute")
    losses, rows = losses_of(found.outcomes, named)
    chosen = {name: found.columns[name] for name in columns or found.columns}
    return find_slices(
        {name: values.iloc[rows].reset_index(drop=True) for name, values in chosen.items()},
        losses,
        depth=depth,
        min_rows=min_rows,
        level=level,
        most=most,
        seed=number,
        loss=named,
        dataset=found.dataset,
        model=found.model,
    )


def _find(
    dataset: str | None,
    predictions: Path | None,
    sensitive: list[str] | None,
    model: str,
    target: str | None,
    positive: str | None,
    task: TaskName,
    exclude: list[str] | None,
    seed: int,
    *,
    threshold: float | None = None,
    any_: bool = False,
    swept: bool = False,
) -> Predictions:
    from .predictions import predict_dataset, read_predictions

    if (dataset is None) == (predictions is None):
        raise InputError(
            "either a data set or a file of predictions is judged",
            hint=f"dataset=adult or a table's file, with target={target or 'COLUMN'} if it is your "
            "own; or predictions=FILE with the columns y and y_hat",
        )
    if predictions is not None:
        _refuse_fitting(predictions, target, exclude)
        return read_predictions(
            predictions, sensitive=sensitive or (), task=task, positive=positive,
            threshold=threshold, compared=not any_, swept=swept,
        )  # fmt: skip
    if threshold is not None:
        raise InputError(
            "a model's own decisions are judged on a data set, and threshold cuts those of a file",
            hint="workbench fairness thresholds shows what other thresholds would mean",
        )
    assert dataset is not None
    return predict_dataset(
        dataset,
        sensitive=sensitive or (),
        model=model,
        target=target,
        positive=positive,
        exclude=exclude or (),
        seed=seed,
        task=task,
        compared=not any_,
    )


def _refuse_fitting(predictions: Path, target: str | None, exclude: list[str] | None) -> None:
    if target is not None or exclude:
        raise InputError(
            "a file of predictions has its target in y, and no model is fitted",
            hint=f"dataset={predictions} target={target or 'COLUMN'} fits a model to a table; "
            "for predictions leave target and exclude out",
        )
