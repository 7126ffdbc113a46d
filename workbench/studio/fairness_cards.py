"""How audits are drawn: the picture first, the figures under it, what was left out last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.fairness_charts import (
    plot_disparities,
    plot_groups,
    plot_slices,
    plot_thresholds,
    readable,
    short_name,
)
from workbench.studio.markup import count, escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.fairness.audit.result import Disparity, Exclusion, GroupAudit
    from workbench.fairness.audit.slices import SliceSearch
    from workbench.fairness.audit.thresholds import ThresholdSweep

_METHODS = {"bca": "bootstrap (BCa)", "percentile": "bootstrap (percentiles)"}


def draw_audit(audit: GroupAudit) -> str:
    """Rates by group, disparities, every figure in tables that fold, and what was left out."""
    facts = [
        f"{audit.n:,} rows",
        f"{audit.positive} counts as 1" if audit.positive else "",
        f"by {' and '.join(audit.sensitive)}",
        f"{100 * audit.confidence:g}% intervals",
        f"seed {audit.seed}",
    ]
    figures = [
        {
            "group": short_name(f.group),
            "metric": readable(f.metric),
            "value": f.value,
            "low": f.low,
            "high": f.high,
            "rows": f.rows,
            "interval by": _METHODS.get(f.method, f.method),
        }
        for f in (*audit.everyone, *audit.groups)
    ]
    parts = [
        _head(f"{audit.model} on {audit.dataset}", *facts),
        plot_groups(audit).picture(),
        plot_disparities(audit).picture() if audit.disparities else "",
        _folded("Every figure, group by group", figures),
        _folded("Disparities and their tests", _disparities(audit.disparities)),
    ]
    for alone in audit.alone:
        title = f"Disparities by {alone.column} alone"
        parts.append(_folded(title, _disparities(alone.disparities)))
    notes = "".join(f"<li>{escape(note)}</li>" for note in audit.notes)
    parts += [_left_out(audit.excluded), f'<ul class="q">{notes}</ul>' if notes else ""]
    return card("".join(parts))


def draw_sweep(sweep: ThresholdSweep) -> str:
    """The selection rate of each group at every threshold, and how far they lie apart."""
    rows = [
        {
            "threshold": d.threshold,
            "disparity": readable(d.metric),
            "value": d.value,
            "low": d.low,
            "high": d.high,
            "between": " and ".join(map(short_name, d.between)),
        }
        for d in sweep.disparities
    ]
    head = _head(
        f"{sweep.model} on {sweep.dataset}",
        f"{sweep.n:,} rows",
        f"selected: score at or above the threshold for {sweep.positive}",
    )
    picture = plot_thresholds(sweep).picture()
    folded = _folded("Disparities at each threshold", rows)
    return card(head + picture + folded + _left_out(sweep.excluded))


def draw_slices(search: SliceSearch) -> str:
    """The worst slices as a picture and a table, or that there are none."""
    head = _head(
        f"{search.model} on {search.dataset}",
        f"{search.n:,} rows, mean {readable(search.loss)} {search.error:.4f}",
        f"{search.examined:,} slices tested",
    )
    if not search.slices:
        said = f"No slice has more {readable(search.loss)} than chance gives, at level "
        return card(f"{head}<p>{escape(said)}{search.level:g}.</p>{_notes(search.notes)}")
    rows = [
        {
            "slice": s.rule,
            "rows": s.n,
            readable(search.loss): s.error,
            "low": s.low,
            "high": s.high,
            "elsewhere": s.elsewhere,
            "p (corrected)": s.p_value,
            "found by": s.found_by,
        }
        for s in search.slices
    ]
    shown = table(rows, title=count(len(rows), "slice")).html()
    return card(head + plot_slices(search).picture() + shown + _notes(search.notes))


def _disparities(disparities: Sequence[Disparity]) -> list[dict[str, Any]]:
    return [
        {
            "disparity": readable(d.metric),
            "value": d.value,
            "low": d.low,
            "high": d.high,
            "between": " and ".join(map(short_name, d.between)),
            "p": d.p_value,
            "p (Holm)": d.p_holm,
            "p (BH)": d.p_bh,
        }
        for d in disparities
    ]


def _head(title: str, *words: str) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words if word)
    return f'<div class="top"><strong>{escape(title)}</strong>{quiet}</div>'


def _folded(title: str, rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    shown = table(list(rows), title=title).html()
    return f"<details><summary>{escape(title)}</summary>{shown}</details>"


def _left_out(excluded: Sequence[Exclusion]) -> str:
    rows = [
        {
            "group": short_name(e.group),
            "rows": e.n,
            "metric": readable(e.metric or "all"),
            "reason": e.reason,
        }
        for e in excluded
    ]
    return _folded("What was left out, and why", rows)


def _notes(notes: Sequence[str]) -> str:
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="q">{said}</ul>' if said else ""
