"""How a comparison looks in a terminal: the columns that changed first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.monitoring.drift.result import ColumnDrift, DriftReport
    from workbench.monitoring.drift.watching_rows import StreamWatch

_SHOWN = 20


def show_drift(report: DriftReport) -> None:
    """The verdict, a line a column, and what was not compared."""
    rows = f"{report.reference_rows:,} rows of {report.reference}"
    click.echo(f"{rows} against {report.current_rows:,} of {report.current}")
    heads = ["column", "", "PSI", "by chance", "KS", "p", "corrected", "what moved"]
    print_table(heads, [_row(column) for column in report.columns[:_SHOWN]])
    if len(report.columns) > _SHOWN:
        click.echo(f"and {len(report.columns) - _SHOWN} more columns; --json has them all")
    if report.prediction is not None:
        click.echo()
        print_table(["prediction", *heads[1:]], [_row(report.prediction)])
    if report.together is not None:
        found = report.together
        said = f"AUC {found.auc:.3f}, p {found.p_value:.2g}"
        click.echo(f"all columns together: {said}{', told apart' * found.drifted}")
    if report.concept is not None:
        _show_concept(report)
    for name, why in report.left_out.items():
        click.echo(f"left out: {name}: {why}", err=True)
    drifted = ", ".join(report.drifted)
    click.echo(f"drifted: {drifted or 'no column'} (level {report.level:g}, {report.correction})")


def show_watch(found: StreamWatch) -> None:
    """Whether something changed, in which column, and since when."""
    rows = f"{found.rows:,} rows in {found.hours:,} hours from {found.since}"
    click.echo(f"{rows}, {found.columns} columns against {found.reference}")
    for name, why in found.left_out.items():
        click.echo(f"left out: {name}: {why}", err=True)
    alarm = found.alarm
    if alarm is None:
        click.echo(f"no change (level {found.level:g} for the whole watch)")
        return
    span = alarm.began_last - alarm.began_first + 1
    click.echo(
        f"{alarm.column} changed at about {found.began} (within {span} h), seen at {found.raised}: "
        f"PSI {alarm.psi:.3f}, p {alarm.p_value:.2g} after every look is counted"
    )


def _show_concept(report: DriftReport) -> None:
    found = report.concept
    assert found is not None
    errors = f"error {found.reference_error:.1%} → {found.current_error:.1%}"
    click.echo(
        f"truth given the score: odds x {found.odds_ratio:.3g}, p {found.p_value:.2g}; {errors} "
        f"({found.labelled:,} labelled, {found.unlabelled:,} not yet)"
    )
    if found.selected_p_value is not None and found.selected_p_value <= report.level:
        click.echo("  the labelled rows are not like the others: it holds for them alone")


def _row(column: ColumnDrift) -> list[Any]:
    def said(value: float | None) -> str:
        return "" if value is None else f"{value:.4f}"

    told = column.told
    if column.new:
        told += f"; new: {', '.join(column.new)}"
    if abs(column.current_missing - column.reference_missing) > 0.001:
        told += f"; missing {column.reference_missing:.1%} → {column.current_missing:.1%}"
    mark = "drifted" if column.drifted else ""
    sizes = [said(column.psi), said(column.psi_by_chance), said(column.ks)]
    return [
        column.name,
        mark,
        *sizes,
        f"{column.p_value:.2g}",
        f"{column.adjusted_p_value:.2g}",
        told,
    ]
