"""How audits look in a terminal; probes of language models are in a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import print_table
from workbench.cli.fairness_probes import show_probe, show_probe_change, show_swap

__all__ = [
    "show_audit",
    "show_probe",
    "show_probe_change",
    "show_slices",
    "show_swap",
    "show_thresholds",
]

if TYPE_CHECKING:
    from workbench.fairness.audit.operations import ModelCard
    from workbench.fairness.audit.result import Exclusion, GroupAudit
    from workbench.fairness.audit.slices import SliceSearch
    from workbench.fairness.audit.thresholds import ThresholdSweep
    from workbench.fairness.mitigation.result import Mitigation, TradeOff

_SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy_score")


def show_audit(audit: GroupAudit) -> None:
    """The main figures by group, the disparities with their tests, and what was left out."""
    click.echo(f"{audit.model} on {audit.dataset}, {audit.n:,} rows", nl=False)
    click.echo(
        f"; {audit.positive} counts as 1" if audit.positive else f"; judged as a {audit.task}"
    )
    chosen = [m for m in audit.metrics if m in _SHOWN] or list(audit.metrics)
    told = {(f.group, f.metric): f for f in (*audit.groups, *audit.everyone)}
    rows = []
    for name in (*audit.group_names, "everyone"):
        cells = [told.get((name, metric)) for metric in chosen]
        size = next(f.n for (group, _), f in told.items() if group == name)
        rows.append([name, size, *(_between(f) if f else "left out" for f in cells)])
    click.echo()
    print_table(["group", "rows", *chosen], rows)
    click.echo()
    print_table(
        ["disparity", "value and interval", "between", "p (Holm)"],
        [[d.metric, _between(d), " and ".join(d.between), _p(d.p_holm)] for d in audit.disparities],
    )
    _say_tests(audit)
    _left_out(audit.excluded)
    for note in audit.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"predictions: {audit.predictions}", err=True)


def _say_tests(audit: GroupAudit) -> None:
    """How many tests Holm's p is corrected for, and which p's are as low as can be told."""
    if not audit.tests:
        return
    tests = "1 test" if audit.tests == 1 else f"{audit.tests} tests"
    click.echo(f"p (Holm) is corrected for {tests}; disparities of the same rates share one")
    for lowest in sorted({d.lowest_p for d in audit.at_floor if d.lowest_p}):
        there = {d.hypothesis: _p(d.p_holm) for d in audit.at_floor if d.lowest_p == lowest}
        number = "1 test is" if len(there) == 1 else f"{len(there)} tests are"
        click.echo(
            f"the lowest p that {round(1 / lowest) - 1:,} resamples can tell is {lowest:.2g}: "
            f"{number} there, corrected {' or '.join(dict.fromkeys(there.values()))}"
        )


def show_card(card: ModelCard) -> None:
    """The section itself, and where it was written."""
    click.echo(card.text, nl=False)
    click.echo(f"written: {card.path}", err=True)


def show_slices(found: SliceSearch) -> None:
    """The worst slices, the clearest first."""
    click.echo(
        f"{found.model} on {found.dataset}: {found.loss} {found.error:.4f} over {found.n:,} rows; "
        f"{found.examined:,} slices were tested"
    )
    if not found.slices:
        click.echo(f"none has more {found.loss} than chance gives, at level {found.level:g}")
        return
    print_table(
        ["slice", "rows", found.loss, "elsewhere", "p", "found by"],
        [
            [s.rule, s.n, _between(s, "error"), f"{s.elsewhere:.3f}", _p(s.p_value), s.found_by]
            for s in found.slices
        ],
    )


def show_thresholds(sweep: ThresholdSweep) -> None:
    """A line a threshold: everyone's accuracy and how far the groups lie apart."""
    right = {
        f.threshold: f
        for f in sweep.figures
        if f.group == "everyone" and f.metric == "accuracy_score"
    }
    apart = {(d.threshold, d.metric): d for d in sweep.disparities}
    names = list(dict.fromkeys(d.metric for d in sweep.disparities))
    rows = []
    for cut in sweep.thresholds:
        cells = [apart.get((cut, name)) for name in names]
        rows.append([cut, _between(right[cut]), *(_between(d) if d else "left out" for d in cells)])
    print_table(["threshold", "accuracy_score", *names], rows)
    _left_out(sweep.excluded)


def show_mitigate(found: Mitigation) -> None:
    """What changed, with intervals, and what the fairer model needs."""
    click.echo(
        f"{found.base} on {found.dataset} with {found.method.name}, {found.n:,} rows; "
        f"{found.positive} counts as 1"
    )
    left = {each.metric: _between(each) for each in found.left}
    rows = []
    for change in (found.accuracy, *found.disparities):
        after = left.get(change.metric, f"{change.after:.3f}")
        rows.append([change.metric, f"{change.before:.3f}", after, _between(change, "change")])
    print_table(["figure", "before", "after", "change"], rows)
    for said in (*found.needs, *found.notes):
        click.echo(f"note: {said}", err=True)
    _left_out(found.excluded)
    click.echo(f"predictions: {found.predictions}", err=True)


def show_trade_off(found: TradeOff) -> None:
    """A line a point; a star marks those that no other beats in both."""
    print_table(
        ["", "method", "setting", "accuracy_score", found.disparity, "reads group", "lots"],
        [
            [
                "*" if p.is_best else "",
                p.method,
                p.setting,
                f"{p.accuracy:.3f} ({p.accuracy_low:.3f} to {p.accuracy_high:.3f})",
                f"{p.disparity:.3f} ({p.disparity_low:.3f} to {p.disparity_high:.3f})",
                "yes" if p.reads_group else "no",
                "no" if p.deterministic else "yes",
            ]
            for p in found.points
        ],
    )
    _left_out(found.failed)


def _between(figure: Any, value: str = "value") -> str:
    return f"{getattr(figure, value):.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _left_out(excluded: tuple[Exclusion, ...]) -> None:
    for each in excluded:
        what = f" in {each.metric}" if each.metric else ""
        click.echo(f"left out: {each.group} ({each.n:,} rows){what}: {each.reason}", err=True)
