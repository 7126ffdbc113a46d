"""Several methods on one prompt: their scores under each other, and how far they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.tables import table
from workbench.studio.widgets.heat_map import HeatMap
from workbench.studio.widgets.saliency import UNIT, WHOLE, saliency
from workbench.studio.widgets.showing import can_live

if TYPE_CHECKING:
    from workbench.interpretability.attribution.comparison import Comparison


def bundle(found: Comparison) -> dict[str, Any]:
    """The map of methods by parts of the prompt, and the tables of agreement below it."""
    shown, tables = methods_map(found), tables_of(found)
    still = {"text/html": shown.html() + tables, "text/plain": shown.text()}
    if not can_live():
        return still
    widgets = require("ipywidgets", extra="studio")
    alive = widgets.VBox([shown.live(), widgets.HTML(tables)])
    return {**alive._repr_mimebundle_(), **still}


def methods_map(found: Comparison) -> HeatMap:
    """What each method gave each part of the prompt, for the whole answer, on one scale."""
    import numpy as np

    each = [saliency(attribution) for attribution in found.attributions]
    first = found.attributions[0]
    answer = "".join(first.targets)
    return HeatMap(
        f"Methods on one prompt: {found.model}",
        np.stack([view.of(WHOLE) for view in each])[None],
        tuple(attribution.method.replace("_", " ") for attribution in found.attributions),
        tuple(part.sign for part in each[0].parts),
        UNIT, "method", "part of the prompt", facts=(f"answer: {answer.strip()}",),
    )  # fmt: skip


def tables_of(found: Comparison) -> str:
    """Agreement, stability, and the curves beside those of random orders."""
    agreements = [
        {
            "methods": f"{_words(each.first)} and {_words(each.second)}",
            "rank correlation": each.rank_correlation,
            f"share of the highest {found.top} in common": each.top_overlap,
        }
        for each in found.agreements
    ]
    stabilities = [
        {
            "method": _words(each.method),
            "seeds": each.seeds,
            "rank correlation": each.rank_correlation,
            f"share of the highest {found.top} in common": each.top_overlap,
            "largest spread (nats)": each.spread_nats,
        }
        for each in found.stabilities
    ]
    curves: list[dict[str, Any]] = [
        {
            "order": _words(each.method),
            "area under deletion": each.deletion_auc,
            "area under insertion": each.insertion_auc,
            "baseline": _words(each.checked_with or each.baseline),
        }
        for each in found.attributions
    ]
    curves += [
        {
            "order": f"random, mean of {each.orders}",
            "area under deletion": each.deletion_auc,
            "area under insertion": each.insertion_auc,
            "baseline": _words(each.baseline),
        }
        for each in found.random_orders
    ]
    parts = (
        ("How far the methods agree", agreements),
        ("How still those hold that draw", stabilities),
        ("The curves, beside those of random orders", curves),
    )
    return "".join(table(rows, title=title).static_html() for title, rows in parts if rows)


def _words(name: str) -> str:
    return name.replace("_", " ")
