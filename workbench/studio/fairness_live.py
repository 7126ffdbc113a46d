"""Thresholds by group, moved by hand: what each would mean for everybody, at once.

It works on an audit's kept predictions; what a threshold does is counted by the fairness room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import escape
from workbench.studio.pages import trouble

if TYPE_CHECKING:
    from workbench.fairness.audit.group_scores import GroupScores
    from workbench.fairness.audit.result import GroupAudit

_RATES = {
    "selection_rate": ("selected", "of all"),
    "true_positive_rate": ("true positives", "of those with 1"),
    "false_positive_rate": ("false positives", "of those with 0"),
    "accuracy_score": ("right", "of all"),
}
_MOST_SLIDERS = 8


def draw_rates(scored: GroupScores, thresholds: Mapping[str, float]) -> str:
    """A table: a line a group, a bar and a number a rate, and how far the groups lie apart."""
    told = {name: scored.rates(name, limit) for name, limit in thresholds.items()}
    head = "".join(f"<th>{rate} <small>{of}</small></th>" for rate, of in _RATES.values())
    lines = [
        f"<tr><td>{escape(name)}</td>{''.join(_bar(rates[rate]) for rate in _RATES)}</tr>"
        for name, rates in told.items()
    ]
    apart = "".join(f"<td>{_apart([r[rate] for r in told.values()])}</td>" for rate in _RATES)
    overall = scored.accuracy(thresholds)
    return (
        f'<div class="wide"><table class="wb-rates"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}<tr class='apart'><td>apart</td>{apart}</tr></tbody></table></div>"
        f'<p class="q">{overall:.1%} of the decisions about these groups are right. Figures of '
        "these rows, without intervals: whoever tries many thresholds picks luck too.</p>"
    )


class LivePanel:
    """Sliders for the groups of an audit and what they mean (``widget``)."""

    def __init__(self) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self.scored: GroupScores | None = None
        self.sliders: dict[str, Any] = {}
        self.picks: Any = None
        self.shown = self._widgets.HTML()
        self.widget = self._widgets.VBox()
        self.clear()

    def show(self, audit: GroupAudit) -> None:
        """Take the rows of an audit."""
        from workbench.fairness.audit.group_scores import read_group_scores

        widgets = self._widgets
        try:
            self.scored = read_group_scores(audit)
        except WorkbenchError as error:
            self.scored = None
            self.widget.children = (widgets.HTML(trouble(error.message, error.hint)),)
            return
        names = self.scored.names
        first = sorted(names, key=self.scored.rows, reverse=True)
        self.picks = widgets.SelectMultiple(
            options=names, value=tuple(first[:_MOST_SLIDERS]), description="Groups",
            rows=min(8, len(names)),
        )  # fmt: skip
        self.picks.observe(lambda _: self._build(), names="value")
        self._build()

    def clear(self) -> None:
        """Have no audit."""
        self.scored, self.sliders, self.picks = None, {}, None
        text = '<p class="q">Audit a classifier first; its scores are taken from there.</p>'
        self.widget.children = (self._widgets.HTML(text),)

    def mark_old(self, is_old: bool) -> None:
        """Say whether the audit is of another form than the one that stands there now."""
        is_old = is_old and self.scored is not None
        (self.widget.add_class if is_old else self.widget.remove_class)("wb-old")

    def set_equal(self, constraint: str) -> None:
        """Move the sliders to where the chosen rate is equal and most decisions are right."""
        from workbench.fairness.mitigation.group_thresholds import find_thresholds

        if self.scored is None or not self.sliders:
            return
        chosen = list(self.sliders)
        score, y, codes = self.scored.of_groups(chosen)
        found = find_thresholds(score, y, codes, groups=len(chosen), constraint=constraint)
        for name, limit in zip(chosen, found.thresholds[:-1], strict=True):
            self.sliders[name].value = round(min(max(float(limit), 0.0), 1.0), 3)

    def set_all(self, limit: float) -> None:
        """The same threshold for every group."""
        for slider in self.sliders.values():
            slider.value = limit

    def _build(self) -> None:
        widgets = self._widgets
        chosen: Sequence[str] = self.picks.value[:_MOST_SLIDERS]
        kept = {name: slider.value for name, slider in self.sliders.items()}
        self.sliders = {}
        for name in chosen:
            slider = widgets.FloatSlider(
                value=kept.get(name, 0.5), min=0.0, max=1.0, step=0.005, description=name,
                readout_format=".3f", continuous_update=True,
            )  # fmt: skip
            slider.observe(lambda _: self._draw(), names="value")
            self.sliders[name] = slider
        buttons = widgets.Box([
            self._button("One half for all", lambda: self.set_all(0.5)),
            self._button("Select equally", lambda: self.set_equal("demographic_parity")),
            self._button("Find equally", lambda: self.set_equal("equal_opportunity")),
        ])  # fmt: skip
        buttons.add_class("wb-buttons")
        sliders = widgets.VBox(list(self.sliders.values()))
        sliders.add_class("wb-sliders")
        said = (
            f'<p class="q">A slider for each group that is marked, {_MOST_SLIDERS} at most; '
            "Ctrl or Shift marks several.</p>"
        )
        self.widget.children = (widgets.HTML(said), self.picks, buttons, sliders, self.shown)
        self._draw()

    def _button(self, text: str, act: Any) -> Any:
        made = self._widgets.Button(description=text)
        made.on_click(lambda _: act())
        return made

    def _draw(self) -> None:
        if self.scored is None:
            return
        if not self.sliders:
            self.shown.value = '<p class="q">Choose at least one group.</p>'
            return
        limits = {name: slider.value for name, slider in self.sliders.items()}
        self.shown.value = f'<div class="wb">{draw_rates(self.scored, limits)}</div>'


def _bar(value: float) -> str:
    if value != value:
        return '<td class="q">no such row</td>'
    return (
        f'<td><span class="rate"><i style="width:{100 * value:.1f}%"></i></span>'
        f"<b>{100 * value:.1f}%</b></td>"
    )


def _apart(values: Sequence[float]) -> str:
    known = [value for value in values if value == value]
    return f"{100 * (max(known) - min(known)):.1f} points" if len(known) > 1 else "–"
