"""How rules, alerts, incidents and drift are drawn on the health page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.markup import count, duration, escape, number, size, when

if TYPE_CHECKING:
    from workbench.monitoring.alerts.result import Incident, RuleLine
    from workbench.monitoring.drift.kept import KeptDrift
    from workbench.store.schedules import Schedule
    from workbench.studio.health_facts import HealthFacts

_KEPT = "usage"  # the name under which the page and the rule that ships look for a comparison
_STATES = {"ok": ("good", "✓ fine"), "pending": ("mark", "… waits"),
           "firing": ("bad", "✗ fires"), "no data": ("plain", "? no data"),
           "not looked at": ("plain", "· not looked at yet")}  # fmt: skip


def draw_state(facts: HealthFacts) -> str:
    """What all rules come to, in a line; and when they were looked at."""
    firing = [line for line in facts.lines if line.state == "firing"]
    blind = [line for line in facts.lines if line.state == "no data"]
    looked = [line.looked_s for line in facts.lines if line.looked_s is not None]
    if not looked:
        return (
            '<div class="wb-empty"><p>The rules have not been looked at yet.</p><p><code>workbench '
            "serve</code> does it every minute; the button here does it once.</p></div>"
        )
    mark = '<span class="pill good">✓ nothing fires</span>'
    if firing:
        mark = f'<span class="pill bad">✗ {count(len(firing), "alert")}</span>'
    more = f"; {count(len(blind), 'rule has', 'rules have')} no data" if blind else ""
    looked_at = f"{count(len(facts.lines), 'rule')} looked at {when(max(looked))}{more}"
    return f"<p>{mark} <span class='q'>{looked_at}</span></p>"


def draw_alert(line: RuleLine) -> str:
    """What stands beside an alert's button."""
    value = f"{said(line.value, line.unit)} now; " if line.value is not None else ""
    parts = [f"{pill_of(line)} <strong>{escape(line.title)}</strong>"]
    since = f"since {when(line.since_s)}" if line.since_s is not None else ""
    parts.append(f"<p class='q'>{value}fires {_level(line)}; {since}</p>")
    if line.why:
        parts.append(f"<p class='q'>{escape(line.why)}</p>")
    if line.silenced_until_s is not None:
        parts.append(f"<p>Nobody is told until {when(line.silenced_until_s)}.</p>")
    elif line.quiet:
        parts.append("<p class='q'>Quiet hours: it is told when they are over.</p>")
    if line.advice:
        parts.append(f"<p>Try: {escape(line.advice)}</p>")
    quiet = " quiet" if line.silenced_until_s is not None else ""
    return f'<div class="wb-alert {escape(line.severity)}{quiet}">{"".join(parts)}</div>'


def draw_rules(facts: HealthFacts) -> str:
    """Every rule with its state, folded."""
    rows = "".join(
        f'<li><span class="name">{escape(line.title)}</span>'
        f'<span class="side">{pill_of(line)}</span><p class="facts">{_facts(line)}</p></li>'
        for line in facts.lines
    )
    return (
        f'<details class="wb-more"><summary>All {len(facts.lines)} rules</summary>'
        f'<ul class="wb-rows">{rows}</ul><p class="q">Other levels, quiet hours and rules of your '
        "own: <code>alerts.yaml</code> in the home.</p></details>"
    )


def _facts(line: RuleLine) -> str:
    now = "" if line.value is None else f"{said(line.value, line.unit)} now"
    told = (now, f"fires {_level(line)}", escape(line.why))
    return "".join(f"<span>{each}</span>" for each in told if each)


def draw_incidents(facts: HealthFacts) -> str:
    """What fired in the span, the newest first."""
    if not facts.incidents:
        return '<div class="wb-empty"><p>Nothing fired in this time.</p></div>'
    units = {line.name: line.unit for line in facts.lines}
    rows = "".join(_incident(each, units.get(each.rule, "")) for each in facts.incidents)
    return f'<ul class="wb-rows">{rows}</ul>'


def _incident(each: Incident, unit: str) -> str:
    kind, word = ("bad", "✗ on") if each.cleared_s is None else ("good", "✓ over")
    mark = f'<span class="pill {kind}">{word}</span>'
    lasted = "" if each.cleared_s is None else f"for {duration(each.cleared_s - each.fired_s)}"
    worst = "" if each.worst is None else f"worst {said(each.worst, unit)}"
    told = "nobody was told" if each.told_s is None else f"told {when(each.told_s)}"
    facts = "".join(
        f"<span>{part}</span>" for part in (mark, when(each.fired_s), lasted, worst, told) if part
    )
    return f'<li><span class="name">{escape(each.title)}</span><p class="facts">{facts}</p></li>'


def draw_drift(kept: tuple[KeptDrift, ...], schedules: Sequence[Schedule] = ()) -> str:
    """The newest verdict of each comparison that is kept, and when the next is made by itself."""
    if not kept:
        first = (
            '<div class="wb-empty"><p>No comparison was kept yet.</p><p>It tells whether what is '
            "asked now is still what was asked before. The button compares the last day of usage "
            "with the week before it.</p></div>"
        )
        return first + _by_itself(schedules)
    rows = ""
    for each in kept:
        mark = '<span class="pill good">✓ as before</span>'
        if each.drifted:
            mark = f'<span class="pill bad">✗ {each.drifted} drifted</span>'
        names = f": {', '.join(map(escape, each.names[:4]))}" if each.names else ""
        rows += (
            f'<li><span class="name">{escape(each.name)}</span><p class="facts"><span>{mark}</span>'
            f"<span>{count(each.columns, 'column')}{names}</span><span>{when(each.time_s)}</span>"
            f"</p></li>"
        )
    return f'<ul class="wb-rows">{rows}</ul>{_by_itself(schedules)}'


def _by_itself(schedules: Sequence[Schedule]) -> str:
    """When comparisons are made without a press of a button, or how to have that."""
    if not schedules:
        params = f'{{"reference": "usage:8d..1d", "current": "usage:1d..0d", "keep": "{_KEPT}"}}'
        return (
            '<details class="wb-more"><summary>Every night by itself</summary><p class="facts">'
            "<code>workbench store schedule drift monitoring.drift "
            f"'{escape(params)}' --cron \"30 2 * * *\"</code></p><p class='q'>A worker does it: "
            "<code>workbench store work</code></p></details>"
        )
    told = "".join(
        f"<li>{escape(each.name)}: <code>{escape(each.cron)}</code> (UTC), next "
        f"{when(each.next_s)}{f'; {escape(each.trouble)}' if each.trouble else ''}</li>"
        for each in schedules
    )
    return f'<p class="q">By itself, while a worker runs:</p><ul class="wb-limits q">{told}</ul>'


def said(value: float | None, unit: str) -> str:
    """A figure with its unit as people read it."""
    if value is None:
        return "–"
    if unit == "bytes":
        return size(value)
    if unit == "share":
        return f"{value:.1%}"
    return f"{number(float(value))} {escape(unit)}".strip()


def pill_of(line: RuleLine) -> str:
    """A rule's state as a mark that is told by sign and word."""
    kind, words = _STATES[line.state]
    named = f" · {line.severity}" if line.state == "firing" else ""
    return f'<span class="pill {kind}">{words}{named}</span>'


def _level(line: RuleLine) -> str:
    side, _, level = line.level.partition(" ")
    told = f"{side} {said(float(level), line.unit)}"
    if line.clear != float(level):
        told += f", over at {said(line.clear, line.unit)}"
    return told
