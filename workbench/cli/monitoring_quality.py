"""How the quality of answers over time looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.monitoring.quality.result import ArmReadout, QualityReport, QualityShift


def show_quality(report: QualityReport) -> None:
    """A line a day, a line a measure, and what may be concluded of two models."""
    heads = ["day", "calls", "errors", "refusals", "score", "judged", "answer tokens"]
    print_table(heads, [_day(day) for day in report.days])
    click.echo()
    columns = ["measure", "", "before", "now", "difference (95%)", "PSI", "p", "corrected"]
    print_table(columns, [_shift(shift) for shift in report.shifts])
    if report.arms is not None:
        _show_arms(report.arms)
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    shifted = ", ".join(report.shifted)
    click.echo(f"shifted: {shifted or 'no measure'} (level {report.level:g}, holm)")


def _show_arms(arms: ArmReadout) -> None:
    found = arms.test
    verdict = "better" if arms.better else "worse" if arms.worse else "not to be told yet"
    click.echo(
        f"{arms.candidate}, {arms.measure}: {found.estimate:+.4f} "
        f"[{found.low:+.4f}, {found.high:+.4f}] after {arms.calls:,} calls: {verdict}"
    )


def _day(day: Any) -> list[Any]:
    return [
        day.day, day.calls, _rate(day.errors), _rate(day.refusals), _number(day.score),
        _rate(day.judged), _number(day.answer_tokens),
    ]  # fmt: skip


def _shift(shift: QualityShift) -> list[Any]:
    gap = "" if shift.low is None else f"[{shift.low:+.4f}, {shift.high:+.4f}]"
    mark = "shifted" if shift.shifted else ""
    sides = [_number(shift.before), _number(shift.now)]
    p_values = [f"{shift.p_value:.2g}", f"{shift.adjusted_p_value:.2g}"]
    return [shift.measure, mark, *sides, gap, _number(shift.size), *p_values]


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
