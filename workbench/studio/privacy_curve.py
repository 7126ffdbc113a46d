"""What an epsilon costs in accuracy: the measured curve, and a slider that reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.cards import card
from workbench.studio.markup import duration, escape, number, sheet, when
from workbench.studio.operation_forms import OperationForm

if TYPE_CHECKING:
    from workbench.privacy.auditing.accuracy_curve import AccuracyCurve, EpsilonPoint

OPERATION = "privacy.accuracy_by_epsilon"
_NONE = (
    '<div class="wb-empty"><p>Nothing was measured in this home yet, so there is no curve to '
    "show.</p><p>The button below trains a small classifier of digits at seven epsilons, three "
    "times each: about half a minute on an idle laptop, a few minutes on a busy one.</p></div>"
)
_SPENDS = (
    '<p class="q">It spends no budget: it is an experiment on handwritten digits that everybody '
    "has, and the ledger records it as that. A training whose model is to be given out is "
    "<code>workbench privacy train</code>, which does spend.</p>"
)


def draw_measured(curve: AccuracyCurve) -> str:
    """The curve with a table of all its points, as a result of its own."""
    rows = "".join(
        f'<tr><th scope="row">{number(each.epsilon)}</th><td class="n">{each.accuracy:.3f}</td>'
        f'<td class="n">{each.low:.3f} to {each.high:.3f}</td>'
        f'<td class="n">{number(each.noise_multiplier)}</td>'
        f'<td class="n">{each.most_advantage:.3f}</td></tr>'
        for each in curve.points
    )
    head = "".join(
        f'<th class="n">{name}</th>'
        for name in ("accuracy", "95% interval", "noise multiplier", "advantage at most")
    )
    return card(
        f"<style>{sheet('curves')}</style>{draw_curve(curve)}<details><summary>All figures"
        f'</summary><div class="wide"><table><thead><tr><th>epsilon</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>{_measured(curve)}"
    )


def draw_curve(curve: AccuracyCurve, chosen: float | None = None) -> str:
    """Accuracy over the logarithm of epsilon, with its interval as a band.

    Args:
        curve: What was measured.
        chosen: The epsilon that is pointed at.
    """
    place = _Places(curve)
    upper = "L".join(place.at(each.epsilon, each.high) for each in curve.points)
    lower = "L".join(place.at(each.epsilon, each.low) for each in reversed(curve.points))
    line = "L".join(place.at(each.epsilon, each.accuracy) for each in curve.points)
    dots = "".join(f"M{place.at(each.epsilon, each.accuracy)}h0" for each in curve.points)
    plain = f"M{place.at(place.begin, curve.plain_accuracy)}H1000"
    mark = ""
    if chosen is not None:
        x = 1000 * place.x(chosen)
        found = next(each for each in curve.points if each.epsilon == chosen)
        mark = (
            f'<path d="M{x:.1f} 0V1000" stroke="var(--mark)" stroke-width="1.5" '
            f'stroke-dasharray="4 3"/><path d="M{place.at(chosen, found.accuracy)}h0" '
            f'class="dots" stroke="var(--mark)" style="stroke-width:13"/>'
        )
    return (
        '<figure class="wb-curves"><figcaption>Accuracy by epsilon <span class="q">(share of '
        f"{curve.asked_rows:,} held-out pictures that are read right, over epsilon at delta "
        f"{curve.delta:g}; the band is a 95% interval)</span></figcaption>"
        f'<div class="keys"><span>{_key("")}private</span><span>{_key("7 4")}without privacy: '
        f"{curve.plain_accuracy:.3f}</span></div>"
        f'<div class="frame" style="height:210px" role="img" aria-label="{escape(_say(curve))}">'
        f'<div class="ys" aria-hidden="true">{place.names()}</div><svg viewBox="0 0 1000 1000" '
        f'preserveAspectRatio="none" aria-hidden="true">{place.grid()}'
        f'<path d="M{upper}L{lower}Z" style="fill:var(--bar);opacity:.16"/>'
        f'<path class="line" d="{plain}" stroke="var(--quiet)" stroke-dasharray="7 4"/>'
        f'<path class="line" d="M{line}" stroke="var(--bar)"/>{mark}'
        f'<path class="dots" d="{dots}" stroke="var(--bar)"/></svg>'
        f'<div class="xs" aria-hidden="true">{place.marks()}</div></div></figure>'
    )


def draw_point(curve: AccuracyCurve, point: EpsilonPoint) -> str:
    """One epsilon in figures, and what they mean for somebody who was learnt from."""
    lost = 100 * (curve.plain_accuracy - point.accuracy)
    each = ", ".join(f"{value:.3f}" for value in point.accuracies)
    rows = [
        ("Accuracy", f"{point.accuracy:.3f} <span class='q'>({point.low:.3f} to {point.high:.3f})"
                     "</span>"),
        ("Each training", each),
        ("Given up for privacy", f"{lost:.1f} points of {100 * curve.plain_accuracy:.1f}%"),
        ("Noise multiplier", number(point.noise_multiplier)),
        ("Steps", f"{point.steps} at rate {number(point.sampling_rate)}"),
        ("An attacker's advantage", f"at most {point.most_advantage:.3f}"),
    ]  # fmt: skip
    cells = "".join(f'<tr><th scope="row">{n}</th><td class="n">{v}</td></tr>' for n, v in rows)
    right = 50 * (1 + point.most_advantage)
    return (
        f'<table class="wb-fields">{cells}</table><p>Whoever guesses whether a given picture was '
        f"learnt from, knowing everything else, is right at most <strong>{right:.0f} times in 100"
        "</strong>; a coin is right 50 times. This is a bound that follows from the noise; what an "
        "attack gains is measured by the tab <em>Attack</em> below.</p>"
    )


class CurvePanel:
    """The curve with its slider (``widget``), and the form that measures it here."""

    def __init__(self, on_measured: Any = None) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self.curve: AccuracyCurve | None = None
        self.slider: Any = None
        self.shown, self.figures = self._widgets.HTML(), self._widgets.HTML()
        self._on_measured = on_measured
        self.form = OperationForm(OPERATION, (), button="Measure it here", on_result=self.take)
        self.widget = self._widgets.VBox()
        self.show(None)

    def take(self, curve: AccuracyCurve) -> None:
        """Show what was just measured; called in the run's thread."""
        self.show(curve)
        if self._on_measured is not None:
            self._on_measured()

    def show(self, curve: AccuracyCurve | None) -> None:
        """Show a curve, or that there is none."""
        if curve is not None and self.curve == curve:
            return
        before = None if self.slider is None else self.slider.value
        self.curve = curve
        html = self._widgets.HTML
        if curve is None:
            self.slider = None
            self.widget.children = (html(_NONE), html(_SPENDS), self.form.widget)
            return
        self.form.button.description = "Measure it again"
        known = [each.epsilon for each in curve.points]
        self.slider = self._widgets.SelectionSlider(
            options=[(number(each), each) for each in known],
            value=before if before in known else known[len(known) // 2],
            description="Epsilon",
            tooltip="One of the epsilons that were measured",
        )
        self.slider.observe(lambda _: self._draw(), names="value")
        sliders = self._widgets.VBox([self.slider])
        sliders.add_class("wb-sliders")
        again = self._widgets.VBox([html(_measured(curve)), html(_SPENDS), self.form.widget])
        self.widget.children = (self.shown, sliders, self.figures, again)
        self._draw()

    def _draw(self) -> None:
        assert self.curve is not None
        chosen = self.slider.value
        point = next(each for each in self.curve.points if each.epsilon == chosen)
        self.shown.value = draw_curve(self.curve, chosen)
        self.figures.value = draw_point(self.curve, point)


class _Places:
    """Where a point stands in the stretched drawing."""

    def __init__(self, curve: AccuracyCurve) -> None:
        self._curve = curve
        self.begin, self._end = curve.points[0].epsilon, curve.points[-1].epsilon
        least = min(each.low for each in curve.points)
        most = max(curve.plain_accuracy, *(each.high for each in curve.points))
        self._step = 0.05 if most - least <= 0.4 else 0.1
        self._low = math.floor(least / self._step) * self._step
        self._high = math.ceil(most / self._step - 1e-9) * self._step

    def x(self, epsilon: float) -> float:
        """From 0 to 1, with half a step free at both sides."""
        if self._end == self.begin:
            return 0.5
        return 0.04 + 0.92 * math.log(epsilon / self.begin) / math.log(self._end / self.begin)

    def y(self, accuracy: float) -> float:
        return (self._high - accuracy) / (self._high - self._low)

    def at(self, epsilon: float, accuracy: float) -> str:
        return f"{1000 * self.x(epsilon):.1f} {1000 * self.y(accuracy):.1f}"

    def _ticks(self) -> list[float]:
        count = round((self._high - self._low) / self._step)
        return [self._low + index * self._step for index in range(count + 1)]

    def grid(self) -> str:
        return "".join(
            f'<path class="grid" d="M0 {1000 * self.y(tick):.1f}H1000"/>' for tick in self._ticks()
        )

    def names(self) -> str:
        return "".join(
            f'<i style="top:{100 * self.y(tick):.2f}%">{tick:.2f}</i>' for tick in self._ticks()
        )

    def marks(self) -> str:
        return "".join(
            f'<i style="left:{100 * self.x(each.epsilon):.2f}%">{number(each.epsilon)}</i>'
            for each in self._curve.points
        )


def _measured(curve: AccuracyCurve) -> str:
    seeds = len(curve.points[0].accuracies)
    return (
        f'<p class="q" style="margin-top:.8em">Measured here {when(curve.measured_s)}, in '
        f"{duration(curve.took_s)}: "
        f"{escape(curve.dataset)}, {curve.learnt_rows:,} pictures learnt from, {seeds} trainings "
        f"an epsilon (seeds {curve.seed} to {curve.seed + seeds - 1}).</p>"
    )


def _say(curve: AccuracyCurve) -> str:
    said = "; ".join(
        f"epsilon {number(each.epsilon)}: {each.accuracy:.3f} ({each.low:.3f} to {each.high:.3f})"
        for each in curve.points
    )
    return f"Accuracy by epsilon: {said}; without privacy {curve.plain_accuracy:.3f}"


def _key(dash: str) -> str:
    colour = "var(--quiet)" if dash else "var(--bar)"
    more = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg width="26" height="12" aria-hidden="true"><path class="line" d="M0 6H26" '
        f'stroke="{colour}"{more}/></svg>'
    )
