"""A model of a table and one row: what each column added, and what would have to be different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.studio.markup import count, escape, number
from workbench.studio.widgets import shades
from workbench.studio.widgets.saliency_html import frame, measure, side

if TYPE_CHECKING:
    from workbench.interpretability.tabular.counterfactuals import Counterfactual, Counterfactuals
    from workbench.interpretability.tabular.explanation import Contribution, RowExplanation

_MOST_SHOWN = 15


def draw_row(found: RowExplanation) -> str:
    """Each column's value, what it added, and a bar to the side on which it counts."""
    limit = max((abs(each.contribution) for each in found.contributions), default=0.0)
    shown, rest = found.contributions[:_MOST_SHOWN], found.contributions[_MOST_SHOWN:]
    rows = "".join(_line(each, limit) for each in shown)
    decimals = shades.digits(limit)
    if rest:
        total = shades.signed(sum(each.contribution for each in rest), decimals)
        named = f"{count(len(rest), 'more column')} together"
        rows += f"<tr><td>{named}</td><td></td><td class='n'>{total}</td><td></td></tr>"
    facts = (
        f"{found.model} on {found.data}, row {found.row}",
        f"it says {_said(found.prediction)}, and the truth is {_said(found.truth)}",
        f"{found.output}: {_signed(found.value)} {found.unit}, on average "
        f"{_signed(found.base_value)} over {count(found.background_rows, 'background row')}",
        f"by {found.method.replace('_', ' ')}, {'exact' if found.exact else 'an estimate'}",
        f"the sum misses {number(found.additivity_gap)}",
    )
    head = (
        f"<tr><th>Column</th><th>Value</th><th class='n'>Added ({escape(found.unit)})</th>"
        "<th>less ← → more</th></tr>"
    )
    table = (
        f'<div class="wide"><table class="wb-adds"><thead>{head}</thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    return frame("What each column added", facts, " ".join(found.notes), table)


def _line(each: Contribution, limit: float) -> str:
    said = shades.signed(each.contribution, shades.digits(limit))
    if each.standard_error is not None:
        said += f" ± {each.standard_error:.2g}"
    width = 50 * shades.share(each.contribution, limit)
    bar = (
        f'<i class="{side(each.contribution)}" style="{measure(each.contribution, limit)};'
        f'width:{width:.1f}%"></i>'
    )
    return (
        f"<tr><td>{_breakable(each.feature)}</td><td>{escape(_said(each.value))}</td>"
        f"<td class='n'>{said}</td>"
        f"<td><span class='wb-balance' aria-hidden='true'>{bar}</span></td></tr>"
    )


def draw_counterfactuals(found: Counterfactuals) -> str:
    """Each other row with what would have to change; or why there is none."""
    facts = (
        f"{found.model} on {found.data}, row {found.row}",
        f"it says {_said(found.prediction)}; wanted is {found.wanted}",
        f"the model was asked {found.asked_rows:,} rows",
        f"never changed: {', '.join(found.fixed)}" if found.fixed else "any column may change",
        "a step is one standard deviation of a number, or one changed category",
    )
    parts = [_changes(place, each) for place, each in enumerate(found.found, start=1)]
    if found.reason:
        parts.append(f'<p class="q">{escape(found.reason)}</p>')
    title = "What would have to be different"
    return frame(title, facts, " ".join(found.notes), "".join(parts))


def _changes(place: int, found: Counterfactual) -> str:
    rows = "".join(
        f"<tr><td>{escape(change.feature)}</td><td>{escape(_said(change.before))}</td>"
        f"<td>{escape(_said(change.after))}</td></tr>"
        for change in found.changes
    )
    sure = "" if found.probability is None else f" ({100 * found.probability:.0f}%)"
    far = f"{number(found.distance)} steps away"
    if found.nearest_example is not None:
        far += f", {number(found.nearest_example)} from the nearest row that is known"
    return (
        f'<p class="wb-step"><strong>{place}. {escape(_said(found.prediction))}</strong>{sure}: '
        f'{count(len(found.changes), "change")} <span class="q">{far}</span></p>'
        "<table><thead><tr><th>Column</th><th>now</th><th>instead</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _said(value: Any) -> str:
    return number(value).replace("-", shades.MINUS) if isinstance(value, float) else str(value)


def _breakable(name: str) -> str:
    """A column's name that a narrow page may part between its words."""
    return escape(name).replace("_", "_<wbr>")


def _signed(value: float) -> str:
    return number(float(value)).replace("-", shades.MINUS)
