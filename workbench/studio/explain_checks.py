"""What an attribution's own checks say, beside its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.studio.chart import lines
from workbench.studio.markup import escape, number, pill

if TYPE_CHECKING:
    from workbench.interpretability.attribution.result import Attribution

MOST_GAP = 0.02
_NOTHING = (
    '<p class="wb-empty">Explain something, and here stands how far the scores can be trusted: '
    "what they miss of their sum, and whether the answer falls when the highest go first.</p>"
)


def draw_checks(found: Attribution | None) -> list[Any]:
    """The gap and the curves of a result, with what they mean; what to do where there is none."""
    if found is None:
        return [_NOTHING]
    parts: list[Any] = [f'<p class="q">{_about(found)}</p>', _gap(found), _areas(found)]
    curves = [
        {"share": fraction, "probability": probability, "curve": name}
        for name, curve in (("deletion", found.deletion), ("insertion", found.insertion))
        if curve is not None
        for fraction, probability in zip(curve.fractions, curve.probabilities, strict=True)
    ]
    if curves:
        parts.append(
            lines(
                curves, "share", "probability", series="curve",
                title="The answer as tokens go, or come",
                x_title="share of the tokens", y_title="probability per token", height_px=260,
            )
        )  # fmt: skip
    return parts


def _about(found: Attribution) -> str:
    said = [found.model, found.method.replace("_", " "), f"baseline {found.baseline}"]
    if found.evaluations:
        said.append(f"the model read {found.evaluations:,} prompts for it")
    return escape(", ".join(said).replace("_", " "))


def _gap(found: Attribution) -> str:
    """Whether the scores add up to what the prompt did."""
    if found.completeness_gap is None or found.completeness_gap_nats is None:
        return (
            "<p><strong>Sum.</strong> This method does not promise that its scores add up; "
            f"they come to {number(float(found.scores.sum()))} nats.</p>"
        )
    holds = found.completeness_gap <= MOST_GAP
    moved = ""
    if found.baseline_value is not None:
        far = number(abs(found.value - found.baseline_value))
        moved = f" of the {far} nats between prompt and baseline"
    return (
        f"<p><strong>Sum.</strong> {pill('holds' if holds else 'fails')} The scores miss "
        f"{number(found.completeness_gap_nats)} nats, {100 * found.completeness_gap:.1f}%{moved}; "
        f"at most {100 * MOST_GAP:g}% is right.</p>"
    )


def _areas(found: Attribution) -> str:
    """Whether the answer falls faster when the highest scores go first than it rises without."""
    if found.deletion_auc is None or found.insertion_auc is None:
        return '<p class="q">No curves were drawn.</p>'
    holds = found.order_holds
    said = (
        "the answer falls early as they go and comes early with them"
        if holds
        else "the highest scores are not what the answer hangs on"
    )
    return (
        f"<p><strong>Order.</strong> {pill('holds' if holds else 'fails')} Area under deletion "
        f"{number(found.deletion_auc)}, under insertion {number(found.insertion_auc)}: {said}.</p>"
    )
