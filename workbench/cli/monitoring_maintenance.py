"""How anomalies and maintenance look in a terminal: what, when, how large, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table
from workbench.cli.monitoring_samples import minute

if TYPE_CHECKING:
    from workbench.monitoring.anomalies.result import AnomalyReport
    from workbench.monitoring.maintenance.result import Evidence, MaintenanceReport, Outlook


def show_anomalies(report: AnomalyReport) -> None:
    """A line each, and what was taken off before."""
    steps = sum(value is not None for value in report.seen)
    seasons = ", ".join(map(str, report.seasons)) or "none"
    click.echo(
        f"{report.metric} ({report.unit}): {steps:,} steps since {minute(report.start_s)}, seasons "
        f"of {seasons} steps, judged {report.scale}"
    )
    heads = ["from (UTC)", "steps", "what", "sigma", "expected", "seen"]
    rows = [
        [
            minute(each.begun_s), f"{each.steps}{'+' if each.lasts else ''}",
            f"{each.kind} {each.direction}", f"{each.size_sigma:.1f}", f"{each.expected:.4g}",
            f"{each.seen:.4g}",
        ]
        for each in report.anomalies
    ]  # fmt: skip
    if rows:
        print_table(heads, rows)
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    if report.resets_s:
        told = ", ".join(map(minute, report.resets_s))
        click.echo(f"falls taken for restarts or clean-ups: {told}")
    count = len(report.anomalies)
    click.echo(f"{count or 'no'} anomal{'y' if count == 1 else 'ies'} (level {report.level:g})")


def show_maintenance(report: MaintenanceReport) -> None:
    """What to do with its evidence, then a line a series."""
    from workbench.monitoring.maintenance.wording import judged_words, verdict_words

    if not report.suggestions:
        click.echo(verdict_words(report))
    for each in report.suggestions:
        by = "" if each.by_s is None else f", by {minute(each.by_s)}"
        click.echo(f"{each.action}: {each.subject}{by}")
        click.echo(f"    because {each.because}")
        for evidence in each.evidence:
            click.echo(f"    - {_evidence(evidence)}")
        click.echo(f"    {each.command}")
    if report.short:
        click.echo(judged_words(report))
    click.echo()
    heads = ["series", "now", "forecast", "low", "high", "limit", "met (likely)", "unusual"]
    print_table(heads, [_outlook(each) for each in report.outlooks])
    for outlook in report.outlooks:
        for note in outlook.notes:
            click.echo(f"note: {outlook.series}: {note}")
    for name, why in report.left_out.items():
        click.echo(f"left out: {name}: {why}", err=True)


def _outlook(each: Outlook) -> list[str]:
    ends = (f"{side[-1]:.4g}" for side in (each.values, each.low, each.high))
    limit = "none" if each.limit is None else f"{each.limit:.4g}"
    return [
        f"{each.series} ({each.unit})", f"{each.now:.4g}", *ends, limit, met_words(each),
        str(len(each.anomalies)),
    ]  # fmt: skip


def met_words(each: Outlook) -> str:
    """When a limit is met, in words."""
    from workbench.monitoring.maintenance.wording import span_words

    met = each.limit_met
    if met is None:
        return ""
    if met.likely_s is None:
        return f"not within {span_words(each.looked_days)} ({met.chance:.0%})"
    return f"{minute(met.likely_s)} ({met.chance:.0%})"


def _evidence(each: Evidence) -> str:
    value = each.value if isinstance(each.value, str) else f"{each.value:.4g}"
    span = f"{minute(each.since_s)} to {minute(each.until_s)}"
    return f"{each.series}, {each.what}: {value} {each.unit} ({span})".replace("  ", " ")
