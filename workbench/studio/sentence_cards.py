"""Small results of monitoring, each as the sentence or two that its figures say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.anomaly_cards import when_words
from workbench.studio.cards import card
from workbench.studio.markup import count, escape

if TYPE_CHECKING:
    from workbench.evaluation.number_sketch import SketchedDistance
    from workbench.monitoring.anomalies.result import Anomaly
    from workbench.monitoring.drift.result import ConceptDrift
    from workbench.monitoring.drift.watching import StreamAlarm
    from workbench.monitoring.warehouse.building import Rebuilt


def draw_anomaly(found: Anomaly) -> str:
    """When, which way, how large, and what was expected."""
    until = "and goes on" if found.lasts else f"to {when_words(found.ended_s)}"
    return _card(
        ("mark", f"! {found.kind} {found.direction}"),
        f"{when_words(found.begun_s)} {until} (UTC)",
        f"{found.seen:.4g} where {found.expected:.4g} was expected, for "
        f"{count(found.steps, 'step')}: {found.size_sigma:.1f} standard deviations of a quiet one.",
    )


def draw_alarm(found: StreamAlarm) -> str:
    """Which column, which hour raised it, and when it began."""
    likely = f"likely between {found.began_first} and {found.began_last}"
    if found.began_first == found.began_last:
        likely = "and at no other hour by as much"
    return _card(
        ("bad", "✗ alarm"),
        found.column,
        f"It changed at hour {found.began_hour}, {likely}; seen at hour {found.hour}, over "
        f"{count(found.window_h, 'hour')}. Index {found.psi:.3f}, p {found.p_value:.2g} with every "
        "look counted.",
    )


def draw_concept(found: ConceptDrift) -> str:
    """Whether the truth has changed for rows of the same score."""
    mark = ("bad", "✗ the truth has changed") if found.drifted else ("good", "✓ the same truth")
    told = (
        f"The odds of the truth, given the score, are times {found.odds_ratio:.3g} (p "
        f"{found.p_value:.2g}, in {found.strata} strata). The error went from "
        f"{found.reference_error:.1%} to {found.current_error:.1%}."
    )
    if found.selected_p_value is not None:
        word = "unlike" if found.selected_p_value < 0.05 else "like"
        told += (
            f" Rows that have their label are {word} the others (p {found.selected_p_value:.2g})."
        )
    labels = f"{found.labelled:,} rows have a label, {found.unlabelled:,} wait for theirs"
    return _card(mark, "Truth given the score", told, labels)


def draw_distance(found: SketchedDistance) -> str:
    """Where the distance of the rows lies, and how likely one so large is by chance."""
    return _card(
        ("plain", f"{found.low:.4g} to {found.high:.4g}"),
        "Kolmogorov-Smirnov distance",
        f"By chance one so large comes with p {found.p_value:.2g}.",
        f"{found.first_rows:,} rows against {found.second_rows:,}, from sketches",
    )


def draw_rebuilt(found: Rebuilt) -> str:
    """How much there is, what was set aside, and what to know of it."""
    aside = sum(found.quarantined.values())
    mark = (
        ("mark", f"! {count(aside, 'row')} set aside") if aside else ("good", "✓ every row counts")
    )
    written = f"made anew: {', '.join(found.written)}" if found.written else "nothing had changed"
    told = f"{found.rows:,} rows of {count(found.months, 'month')}; {written}."
    lines = [f"{reason}: {rows:,}" for reason, rows in found.quarantined.items()]
    lines += [f"without rows: {', '.join(found.gaps)}"] if found.gaps else []
    more = "".join(f"<li>{escape(each)}</li>" for each in (*lines, *found.notes))
    bullets = f"<ul>{more}</ul>" if more else ""
    return _card(mark, "Usage warehouse", told, f"{found.seconds:.1f} s", more=bullets)


def _card(mark: tuple[str, str], title: str, told: str, quiet: str = "", *, more: str = "") -> str:
    aside = f'<span class="q">{escape(quiet)}</span>' if quiet else ""
    return card(
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(title)}</strong>{aside}</div><p>{escape(told)}</p>{more}"
    )
