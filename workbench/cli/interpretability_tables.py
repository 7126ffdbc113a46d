"""How explanations of a model of a table look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.interpretability.tabular.counterfactuals import Counterfactual, Counterfactuals
    from workbench.interpretability.tabular.dependence import Dependence
    from workbench.interpretability.tabular.explanation import RowExplanation
    from workbench.interpretability.tabular.importance import Importance


def show_explain_row(found: RowExplanation) -> None:
    """What the model says of the row, and what each column added to it."""
    said = f"predicts {_value(found.prediction)}"
    said += "" if found.truth is None else f", the table says {_value(found.truth)}"
    click.echo(f"{found.model} on {found.data}, row {found.row}: {said}")
    click.echo(
        f"{found.output}: {found.value:.3f}, on average {found.base_value:.3f} over "
        f"{found.background_rows} training rows ({found.unit})"
    )
    sampled = any(each.standard_error is not None for each in found.contributions)
    rows = [
        [
            each.feature,
            _value(each.value),
            f"{each.contribution:+.3f}",
            *([f"{each.standard_error or 0:.3f}"] if sampled else []),
        ]
        for each in found.contributions
    ]
    names = ["column", "value", "adds", *(["standard error"] if sampled else [])]
    print_table(names, rows)
    kind = "exact" if found.exact else "estimated"
    click.echo(f"{found.method}, {kind}; the sum misses {found.additivity_gap:.1e} {found.unit}")
    _say_notes(found.notes)


def show_importance(found: Importance) -> None:
    """A line a column with its interval, the most important first."""
    click.echo(f"{found.model} on {found.data}: {found.measure}, {found.unit}")
    if found.loss is not None:
        click.echo(f"as the rows are: {found.loss:.4f}")
    print_table(
        ["column", "importance", f"{found.confidence:.0%} interval"],
        [
            [each.feature, f"{each.importance:+.4f}", f"{each.low:+.4f} to {each.high:+.4f}"]
            for each in found.features
        ],
    )
    _say_notes(found.notes)


def show_dependence(found: Dependence) -> None:
    """The mean output at each value with its interval; single rows' lines are for a chart."""
    click.echo(
        f"{found.model} on {found.data}: {found.output} by {found.feature}, mean over "
        f"{found.rows:,} rows ({found.unit})"
    )
    rows = [
        [_value(value), f"{mean:.3f}", f"{low:.3f} to {high:.3f}", f"{share:.1%}"]
        for value, mean, low, high, share in zip(
            found.grid, found.mean, found.low, found.high, found.shares, strict=True
        )
    ]
    print_table([found.feature, "mean", f"{found.confidence:.0%} interval", "of the rows"], rows)
    click.echo(
        f"{found.crossing:.0%} of the rows go against the mean; --json has single rows' lines"
    )
    _say_notes(found.notes)


def show_counterfactuals(found: Counterfactuals) -> None:
    """A table of what would change, a row a change, one counterfactual after the other."""
    click.echo(
        f"{found.model} on {found.data}, row {found.row}: predicts {_value(found.prediction)}, "
        f"wanted {found.wanted}"
    )
    rows: list[list[Any]] = []
    for number, each in enumerate(found.found, start=1):
        for place, change in enumerate(each.changes):
            told = _verdict(number, each) if place == 0 else ["", "", ""]
            rows.append([*told, change.feature, _value(change.before), _value(change.after)])
    if rows:
        print_table(["", "then", "distance", "column", "is", "would be"], rows)
    if found.reason:
        click.echo(found.reason)
    fixed = f"; held: {', '.join(found.fixed)}" if found.fixed else ""
    click.echo(f"the model was asked about {found.asked_rows:,} rows{fixed}")
    _say_notes(found.notes)


def _verdict(number: int, found: Counterfactual) -> list[str]:
    sure = "" if found.probability is None else f", {found.probability:.0%}"
    return [str(number), f"{_value(found.prediction)}{sure}", f"{found.distance:.2f}"]


def _value(value: Any) -> str:
    if value is None:
        return "(missing)"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _say_notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
