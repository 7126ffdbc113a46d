"""How versions of adapters are drawn: the gate's word, a difference, a family, a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.forest import ForestRow, forest
from workbench.studio.lineage_chart import lineage_picture
from workbench.studio.markup import count, escape, number, when
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.finetuning.gate.report import GateReport, PairedShare
    from workbench.finetuning.rollout.state import CanaryState
    from workbench.finetuning.versions.diff import VersionDiff
    from workbench.finetuning.versions.lineage import Lineage
    from workbench.finetuning.versions.names import NameMove
    from workbench.finetuning.versions.weights import LayerChange

_GATE = {
    "promote": ("good", "✓ promote"),
    "refuse": ("bad", "✗ refuse"),
    "underpowered": ("mark", "? underpowered"),
}
_TRIAL = {
    "promoted": ("good", "✓ promoted"),
    "rolled back": ("bad", "✗ rolled back"),
    "waits for the gate": ("mark", "! waits for the gate"),
    "go on": ("plain", "· goes on"),
}
_BAR_WIDTH = 120


def draw_gate(report: GateReport) -> str:
    """The verdict with its reasons, the comparisons on one scale, and the checks."""
    parts = [
        _head(_GATE[report.verdict], report.candidate, f"against {report.champion}"),
        "".join(f'<p class="note">{escape(reason)}</p>' for reason in report.reasons),
    ]
    shares = [report.gain, *report.tasks, *report.forgetting]
    rows = [
        ForestRow(_said(each), each.items, each.change, each.low, each.high, None, None)
        for each in shares
    ]
    percent = f"{100 * report.rules.confidence:g}%"
    title = f"Change in the share of right answers; each end holds with {percent}"
    parts.append(forest(rows, null=0.0, unit="share", title=title, null_words="no change"))
    budget = number(report.rules.forgetting_budget)
    parts.append(f'<p class="q">Forgetting may take {budget} of the general questions.</p>')
    if report.checks:
        checks = [
            {"check": c.name, "value": c.value, "low": c.low, "high": c.high, "holds": c.ok}
            for c in report.checks
        ]
        parts.append(table(checks, title="Checks").html())
    else:
        parts.append('<p class="trouble">No check was asked for.</p>')
    parts.append(_evidence(report.artifact))
    return card("".join(parts))


def draw_diff(diff: VersionDiff) -> str:
    """What differs, and how far the weights moved, layer by layer."""
    same = "the same weights" if diff.same_weights else ""
    parts = [_head(None, f"{diff.after} less {diff.before}", same)]
    listed = (("Recipe", diff.recipe), ("Data", diff.data))
    for title, rows in listed:
        if rows:
            shown = [{"what": r.what, "before": r.before, "after": r.after} for r in rows]
            parts.append(table(shown, title=title).html())
    if diff.figures:
        figures = [
            {"figure": f.what, "before": f.before, "after": f.after, "change": f.change}
            for f in diff.figures
        ]
        parts.append(table(figures, title="Figures").html())
    if diff.whole is not None:
        parts.append(_layers(diff.layers, diff.whole))
    if diff.note:
        parts.append(f'<p class="note">{escape(diff.note)}</p>')
    return card("".join(parts))


def draw_lineage(lineage: Lineage) -> str:
    """The family as a picture; its words stand in it, so that it reads without colour."""
    unknown = ", ".join(lineage.unknown)
    note = f'<p class="q">not known here: {escape(unknown)}</p>' if unknown else ""
    head = _head(None, lineage.of, count(len(lineage.versions), "version"))
    return card(head + lineage_picture(lineage) + note)


def draw_canary(state: CanaryState) -> str:
    """How a trial stands: the arms' counts, and the difference with its interval."""
    mark = _TRIAL.get(state.decision, ("plain", f"– {state.decision}"))
    arms = [
        {
            "version": name,
            "requests": arm.requests,
            "judged": arm.judged,
            "mean score": arm.mean_score,
            "errors": arm.errors,
        }
        for name, arm in (
            (state.champion, state.champion_arm),
            (state.candidate, state.candidate_arm),
        )
    ]
    parts = [
        _head(mark, state.candidate, f"{state.share:.3g} of all {state.sticky}s",
              f"against {state.champion}"),
        f'<p class="q">since {when(state.started_s)}: {escape(state.reason)}</p>',
        table(arms).static_html(),
    ]  # fmt: skip
    found = state.difference
    if found is not None:
        row = ForestRow(
            "candidate less champion", found.n, found.estimate, found.low, found.high,
            min(found.p_above, found.p_below), min(found.p_above, found.p_below) <= 0.05,
        )  # fmt: skip
        percent = f"{100 * found.confidence:g}%"
        title = f"Outcomes of {count(found.n, 'unit')}, silence as 0; {percent} at every look"
        parts.append(
            forest([row], null=0.0, unit="-1 to 1", title=title, null_words="no difference")
        )
    parts.append(_evidence(state.artifact))
    return card("".join(parts))


def draw_move(move: NameMove) -> str:
    """From where to where a name went, by whom and why."""
    before = "none" if move.before is None else f"@{move.before}"
    moved = f"{before} → @{move.after}" if move.is_new else f"stays on @{move.after}"
    head = _head(None, f"{move.name}@{move.label}", moved, f"by {move.actor}")
    passed = ", ".join(f"@{number}" for number in move.passed_over)
    note = f'<p class="q">passed over, without files: {passed}</p>' if passed else ""
    return card(f'{head}<p class="q">{escape(move.reason)}</p>{note}{_evidence(move.evidence)}')


def _layers(layers: tuple[LayerChange, ...], whole: LayerChange) -> str:
    longest = max((each.norm_change for each in layers), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{escape(each.layer)}</td><td class='n'>{number(each.norm_before)}</td>"
        f"<td class='n'>{number(each.norm_after)}</td>"
        f"<td>{'' if each is whole else _bar(min(1.0, each.norm_change / longest))}</td>"
        f"<td class='n'>{number(each.norm_change)}</td><td class='n'>{number(each.cosine)}</td>"
        "</tr>"
        for each in (*layers, whole)
    )
    head = (
        "<th>layer</th><th class='n'>norm before</th><th class='n'>after</th><th></th>"
        "<th class='n'>of the change</th><th class='n'>cosine</th>"
    )
    return (
        '<p class="q">Weights: norms of what each adds to the base</p><div class="wide"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _bar(part: float) -> str:
    return (
        f'<svg width="{_BAR_WIDTH}" height="10" aria-hidden="true"><rect width="'
        f'{_BAR_WIDTH * part:.1f}" height="10" rx="2" fill="var(--bar)"/></svg>'
    )


def _said(share: PairedShare) -> str:
    return f"{share.what}, against {share.against}"


def _head(mark: tuple[str, str] | None, title: str, *words: str) -> str:
    pill = f'<span class="pill {mark[0]}">{escape(mark[1])}</span>' if mark else ""
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words if word)
    return f'<div class="top">{pill}<strong>{escape(title)}</strong>{quiet}</div>'


def _evidence(sha256: str | None) -> str:
    if sha256 is None:
        return ""
    return f'<p class="cost"><span>evidence: artifact {sha256[:16]}…</span></p>'
