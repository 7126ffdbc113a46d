"""Smaller forms of a model beside each other, a roll-out with its stages, a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.fleet_panels import draw_device
from workbench.studio.fleet_rollouts import draw_rollout
from workbench.studio.markup import escape, style
from workbench.studio.tables import Table

if TYPE_CHECKING:
    from workbench.edge.compression.results import FormsComparison
    from workbench.edge.fleet.devices import FleetDevice
    from workbench.edge.fleet.rollout_records import Rollout


def draw_comparison(found: FormsComparison) -> str:
    """A row a form, marked where nothing beats it, and the picture."""
    from workbench.edge.compression.pareto import draw

    rows = tuple(
        {
            "form": row.target,
            "engine": row.engine,
            "MB": row.size_bytes / 1e6,
            "MB of memory": row.memory_bytes / 1e6,
            "perplexity": row.perplexity,
            "change": f"{100 * (row.perplexity_ratio - 1):+.1f}%",
            "start (s)": row.start_s,
            "tokens/s": row.tokens_per_s,
            "frontier": row.frontier,
        }
        for row in found.rows
    )
    head = (
        f'<div class="top"><strong>{escape(found.model)}</strong><span class="q">'
        f"{escape(found.texts)}, sha256 {escape(found.texts_sha256[:16])}…</span></div>"
    )
    picture = draw(found.rows, title=f"{found.model}: speed against perplexity")
    return card(f"{head}{Table(rows, 'Forms').static_html()}<div class='wide'>{picture}</div>")


def draw_rollout_card(found: Rollout) -> str:
    """Its stages and how the devices of the present one are."""
    return card(style("serving", "fleet") + draw_rollout(found))


def draw_device_card(found: FleetDevice) -> str:
    """A device by its last word."""
    rows = f'<ul class="wb-rows">{draw_device(found)}</ul>'
    return f'<div class="wb-home">{card(style("home", "fleet") + rows)}</div>'
