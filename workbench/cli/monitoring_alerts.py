"""How alerts look in a terminal: what fires first, then what waits, then the rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table
from workbench.cli.monitoring_samples import amount, minute

if TYPE_CHECKING:
    from workbench.monitoring.alerts.result import AlertCheck, Incident, RuleLine, Silence


def show_alerts_list(rules: tuple[RuleLine, ...]) -> None:
    """A line a rule."""
    rows = [
        [
            rule.name,
            rule.state,
            "" if rule.value is None else amount(rule.value, rule.unit),
            _level(rule),
            rule.severity,
            "" if rule.since_s is None else minute(rule.since_s),
            _held(rule),
        ]
        for rule in rules
    ]
    print_table(["rule", "", "now", "fires", "", "since (UTC)", ""], rows)
    for rule in rules:
        if rule.state == "firing":
            click.echo(f"{rule.name}: {rule.title}{f'; try: {rule.advice}' if rule.advice else ''}")
        elif rule.why:
            click.echo(f"{rule.name}: {rule.why}", err=True)


def show_alerts_check(found: AlertCheck) -> None:
    """The rules, and what changed by this look."""
    show_alerts_list(found.rules)
    for words, names in (("fired now", found.fired), ("over now", found.cleared)):
        if names:
            click.echo(f"{words}: {', '.join(names)}")
    firing = found.firing
    click.echo(f"{len(firing)} of {len(found.rules)} rules fire{': ' * bool(firing)}"
               f"{', '.join(firing)}")  # fmt: skip


def show_alerts_silence(silences: tuple[Silence, ...]) -> None:
    """Each silence, or that there was none to end."""
    if not silences:
        click.echo("nothing was silenced")
    for each in silences:
        ended = each.until_s <= time.time()
        click.echo(
            f"{each.rule}: {'told again' if ended else f'silent until {minute(each.until_s)}'}"
        )


def show_alerts_history(incidents: tuple[Incident, ...]) -> None:
    """A line an incident."""
    if not incidents:
        click.echo("nothing fired in this time")
        return
    rows = [
        [
            minute(each.fired_s),
            "still on" if each.cleared_s is None else minute(each.cleared_s),
            each.rule,
            each.severity,
            "" if each.worst is None else f"{each.worst:.4g}",
            "nobody" if each.told_s is None else minute(each.told_s),
            each.because,
        ]
        for each in incidents
    ]
    print_table(["fired (UTC)", "over", "rule", "", "worst", "last told", ""], rows)


def _level(rule: RuleLine) -> str:
    side, _, level = rule.level.partition(" ")
    told = f"{side} {amount(float(level), rule.unit)}"
    if rule.clear != float(level):
        told += f", over at {amount(rule.clear, rule.unit)}"
    return told


def _held(rule: RuleLine) -> str:
    if rule.silenced_until_s is not None:
        return f"silent until {minute(rule.silenced_until_s)}"
    return "quiet hours" if rule.quiet else ""
