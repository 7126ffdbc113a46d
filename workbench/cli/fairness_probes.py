"""How probes of language models look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.fairness.language.items import Excluded
    from workbench.fairness.language.result import ProbeComparison, ProbeResult
    from workbench.fairness.language.swap_result import SwapResult


def show_probe(result: ProbeResult) -> None:
    """The caution, a line a measure and control over all rows, then the groups."""
    known = ", known from before" if result.is_cached else ""
    click.echo(
        f"{result.dataset} on {result.model} ({result.engine}): {result.items} of {result.rows} "
        f"rows{known}"
    )
    click.echo(result.caution)
    for by in dict.fromkeys(figure.by for figure in result.figures):
        click.echo()
        rows = [
            [
                figure.measure,
                figure.control,
                *([] if by == "all" else [figure.group]),
                figure.n,
                f"{figure.value:.3f}",
                _interval(figure.low, figure.high),
                "" if figure.null is None else f"{figure.null:g}",
                _p(figure.p_adjusted, figure.flagged),
            ]
            for figure in result.figures
            if figure.by == by
        ]
        group = [] if by == "all" else [by]
        names = ["measure", "control", *group, "n", "value", "interval", "null", "p"]
        print_table(names, rows)
    _show_excluded(result.excluded)


def show_probe_change(comparison: ProbeComparison) -> None:
    """A line a measure, control and group, with the difference."""
    click.echo(
        f"{comparison.dataset}: {comparison.after} less {comparison.before}, "
        f"{comparison.items} rows"
    )
    click.echo(comparison.caution)
    click.echo()
    rows = [
        [
            figure.measure,
            figure.control,
            figure.group,
            figure.n,
            f"{figure.before:.3f}",
            f"{figure.after:.3f}",
            f"{figure.difference:+.3f}",
            _interval(figure.low, figure.high),
            _p(figure.p_adjusted, figure.flagged),
        ]
        for figure in comparison.figures
    ]
    names = ["measure", "control", "group", "n", "before", "after", "difference", "interval", "p"]
    print_table(names, rows)
    _show_excluded(comparison.excluded)


def show_swap(result: SwapResult) -> None:
    """A line a measure and group: its value, and how far it is from the others."""
    click.echo(
        f"swaps by {result.by} on {result.model} ({result.engine}): {len(result.templates)} "
        f"templates, {result.units} units"
    )
    click.echo(result.caution)
    click.echo()
    rows = [
        [
            figure.measure + (f" {figure.of.strip()!r}" if figure.of else ""),
            figure.group,
            f"{figure.value:.3f}",
            f"{figure.difference:+.3f}",
            _interval(figure.difference_low, figure.difference_high),
            _p(figure.p_adjusted, figure.flagged),
        ]
        for figure in result.figures
    ]
    print_table(["measure", "group", "value", "less others", "interval", "p"], rows)
    _show_excluded(result.excluded)


def _interval(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def _p(adjusted: float | None, flagged: bool | None) -> str:
    if adjusted is None:
        return ""
    return f"{adjusted:.4f}{' *' if flagged else ''}"


def _show_excluded(excluded: Iterable[Excluded]) -> None:
    lines = [f"  {one.n} {one.what}: {one.reason}" for one in excluded]
    if lines:
        click.echo("\nleft out\n" + "\n".join(lines))
