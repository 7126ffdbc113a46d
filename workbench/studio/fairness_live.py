"""Thresholds by group, moved by hand: what each would mean for everybody, at once.

It works on an audit's kept predictions: scores, outcomes and the sensitive columns of the test
rows. Counting the rows above a threshold is a search in sorted scores, so a slider is followed
while it moves, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.optional import require
from workbench.studio.markup import escape
from workbench.studio.pages import trouble

if TYPE_CHECKING:
    import numpy as np

    from workbench.fairness.audit.result import GroupAudit

_RATES = {
    "selected": "of all",
    "true positives": "of those with 1",
    "false positives": "of those with 0",
    "right": "of all",
}
_MOST_SLIDERS = 8


@dataclass(frozen=True)
class Counts:
    """A group's scores in order, of all rows and of those whose outcome is 1."""

    scores: np.ndarray
    positive: np.ndarray

    def rates(self, threshold: float) -> dict[str, float]:
        """What a threshold does to the group; NaN where a rate rests on no row."""
        import numpy as np

        rows, ones = len(self.scores), len(self.positive)
        above = rows - int(np.searchsorted(self.scores, threshold, side="left"))
        found = ones - int(np.searchsorted(self.positive, threshold, side="left"))
        wrong = above - found
        zeros = rows - ones
        return {
            "selected": above / rows,
            "true positives": found / ones if ones else float("nan"),
            "false positives": wrong / zeros if zeros else float("nan"),
            "right": (found + zeros - wrong) / rows,
        }


@dataclass(frozen=True)
class Scored:
    """The rows of an audit by group; ``members`` are codes of ``names``, shape [n]."""

    names: tuple[str, ...]
    counts: Mapping[str, Counts]
    score: np.ndarray
    y: np.ndarray
    codes: np.ndarray


def read_scored(audit: GroupAudit) -> Scored:
    """The rows that an audit kept.

    Raises:
        InputError: There are no scores to put a threshold on.
    """
    import numpy as np
    import pandas as pd

    from workbench.fairness.audit.groups import make_groups

    rows = pd.read_parquet(Path(str(audit.predictions)))
    if "score" not in rows.columns:
        raise InputError(
            "these predictions have no score, so there is no threshold to move",
            hint="a classifier of the catalogue has one; a file needs a column named score",
        )
    columns = {name: rows[name] for name in audit.sensitive}
    groups = make_groups(columns, min_rows=audit.min_rows)
    score, y = rows["score"].to_numpy(float), rows["y"].to_numpy(int)
    counts = {}
    for place, name in enumerate(groups.names):
        mine = groups.codes == place
        counts[name] = Counts(np.sort(score[mine]), np.sort(score[mine & (y == 1)]))
    return Scored(groups.names, counts, score, y, groups.codes)


def draw_rates(scored: Scored, thresholds: Mapping[str, float]) -> str:
    """A table: a line a group, a bar and a number a rate, and how far the groups lie apart."""
    told = {name: scored.counts[name].rates(limit) for name, limit in thresholds.items()}
    head = "".join(f"<th>{rate} <small>{of}</small></th>" for rate, of in _RATES.items())
    lines = [
        f"<tr><td>{escape(name)}</td>{''.join(_bar(rates[rate]) for rate in _RATES)}</tr>"
        for name, rates in told.items()
    ]
    apart = "".join(f"<td>{_apart([r[rate] for r in told.values()])}</td>" for rate in _RATES)
    overall = _overall(scored, thresholds)
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
        self.scored: Scored | None = None
        self.sliders: dict[str, Any] = {}
        self.picks: Any = None
        self.shown = self._widgets.HTML()
        self.widget = self._widgets.VBox()
        self._empty()

    def show(self, audit: GroupAudit) -> None:
        """Take the rows of an audit."""
        widgets = self._widgets
        try:
            self.scored = read_scored(audit)
        except WorkbenchError as error:
            self.scored = None
            self.widget.children = (widgets.HTML(trouble(error.message, error.hint)),)
            return
        names = self.scored.names
        first = sorted(names, key=lambda name: -len(self.scored.counts[name].scores))  # type: ignore[union-attr]
        self.picks = widgets.SelectMultiple(
            options=names, value=tuple(first[:_MOST_SLIDERS]), description="Groups",
            rows=min(8, len(names)),
        )  # fmt: skip
        self.picks.observe(lambda _: self._build(), names="value")
        self._build()

    def set_equal(self, constraint: str) -> None:
        """Move the sliders to where the chosen rate is equal and most decisions are right."""
        from workbench.fairness.mitigation.group_thresholds import find_thresholds

        if self.scored is None:
            return
        import numpy as np

        chosen = list(self.sliders)
        places = [self.scored.names.index(name) for name in chosen]
        kept = np.isin(self.scored.codes, places)
        codes = np.searchsorted(np.sort(places), self.scored.codes[kept])
        found = find_thresholds(
            self.scored.score[kept], self.scored.y[kept], codes,
            groups=len(chosen), constraint=constraint,
        )  # fmt: skip
        for name, limit in zip(
            sorted(chosen, key=self.scored.names.index), found.thresholds[:-1], strict=True
        ):
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
        self.widget.children = (self.picks, buttons, sliders, self.shown)
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

    def _empty(self) -> None:
        text = '<p class="q">Audit a classifier first; its scores are taken from there.</p>'
        self.widget.children = (self._widgets.HTML(text),)


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


def _overall(scored: Scored, thresholds: Mapping[str, float]) -> float:
    told = [
        (len(scored.counts[n].scores), scored.counts[n].rates(t)) for n, t in thresholds.items()
    ]
    return sum(rows * rates["right"] for rows, rates in told) / sum(rows for rows, _ in told)
