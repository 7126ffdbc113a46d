"""One row's explanation, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError

from .explanation import Contribution, RowExplanation
from .players import choose_players
from .shap_values import explain_rows

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel


def explain_one(
    model: TabularModel, table: Any, *, background: Any, of: Any = None, **options: Any
) -> RowExplanation:
    """Take the model's output for one row apart; see ``explain_rows`` for the options.

    Args:
        model: Any fitted model of a table.
        table: The row: a table of one row.
        background: The rows to compare with.
        of: The class; by default the last of two, of more the one that is predicted.
        options: Those of ``explain_rows``.

    Raises:
        InputError: Not one row, and what ``explain_rows`` raises.
    """
    numbers = model.to_numbers(table)
    if len(numbers) != 1:
        raise InputError(f"{len(numbers)} rows were given, and one is needed", hint="table[5:6]")
    prediction = model.predict_numbers(numbers)[0]
    if of is None and len(model.classes) > 2:
        of = prediction
    found = explain_rows(model, table, background=background, of=of, **options)
    players = choose_players(model.features, options.get("groups"))
    values = found.contributions[0]
    errors = found.standard_errors
    contributions = [
        Contribution(
            name,
            _value_of(model, numbers[0], players.members(at)),
            float(values[at]),
            None if errors is None else float(errors[0, at]),
        )
        for at, name in enumerate(players.names)
    ]
    return RowExplanation(
        model=model.name,
        data="a table",
        row=0,
        output=found.output,
        unit=found.unit,
        value=float(found.values[0]),
        base_value=found.base_value,
        prediction=prediction,
        probabilities=_probabilities(model, numbers),
        truth=_truth(model, table),
        contributions=tuple(sorted(contributions, key=lambda each: -abs(each.contribution))),
        method=found.method,
        exact=found.exact,
        additivity_gap=found.additivity_gap,
        background_rows=found.background_rows,
        seed=found.seed,
        notes=_notes(model, table),
    )


def _value_of(model: TabularModel, row: np.ndarray, members: list[int]) -> Any:
    values = [model.columns[at].value_of(row[at]) for at in members]
    if len(members) == 1:
        return values[0]
    pairs = zip((model.features[at] for at in members), values, strict=True)
    return ", ".join(f"{name}: {'missing' if v is None else v}" for name, v in pairs)


def _probabilities(model: TabularModel, numbers: np.ndarray) -> dict[str, float]:
    if not model.is_classifier or not hasattr(model.estimator, "predict_proba"):
        return {}
    found = model.proba_numbers(numbers)[0]
    return {str(known): float(found[at]) for at, known in enumerate(model.classes)}


def _truth(model: TabularModel, table: Any) -> Any:
    """What the row's target really is; None if the table does not say."""
    try:
        return model.truth(table)[0]
    except (NotFoundError, DataError):
        return None


def _notes(model: TabularModel, table: Any) -> tuple[str, ...]:
    unseen = model.find_unseen(table)
    return tuple(
        f"{name} is {next(iter(values))!r}, which no training row had: taken as missing"
        for name, values in unseen.items()
    )
