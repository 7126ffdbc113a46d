"""The serving page: what the gateway of this home does, and buttons to change it."""

from __future__ import annotations

import functools
from typing import Any

from workbench.studio.errands import Errands
from workbench.studio.pages import Page, head_of, keep
from workbench.studio.serving_facts import ServingFacts
from workbench.studio.serving_figures import RatesTile
from workbench.studio.serving_keys import KeysTile
from workbench.studio.serving_models import ModelsTile
from workbench.studio.serving_panels import draw_cache, draw_errors, draw_gateway, draw_last
from workbench.studio.tiles import Tile

_SAID = "The models of this machine behind one door: what is loaded, who asks, and what it costs."


class ServingPage(Page):
    """Tiles over what one look found. ``facts`` is that look."""

    def __init__(self) -> None:
        self.facts = ServingFacts()
        self.model_errands = Errands(self.facts.look, self.refresh)
        self.key_errands = Errands(self.facts.look, self.refresh)
        tiles = self._tiles()
        super().__init__(
            tiles,
            head=head_of("Serving", _SAID, tiles),
            title="The serving page of Workbench",
            sheets=("serving", "curves"),
        )

    def _tiles(self) -> list[Tile]:
        facts = self.facts

        def stamp() -> Any:
            busy = (*self.model_errands.busy, *self.key_errands.busy)
            return facts.turn, busy

        models, keys = ModelsTile(facts, self.model_errands), KeysTile(facts, self.key_errands)
        rates = RatesTile(facts)
        made: list[tuple[str, str, Any, bool]] = [
            ("gateway", "Gateway", functools.partial(draw_gateway, facts), False),
            ("models", "Models in memory", models.draw, True),
            ("now", "Tokens and requests", rates.draw, True),
            ("keys", "Keys and spend", keys.draw, True),
            ("last", "Settled last", functools.partial(draw_last, facts), True),
            ("cache", "Cache", functools.partial(draw_cache, facts), False),
            ("errors", "Errors and refusals", functools.partial(draw_errors, facts), False),
        ]
        return [
            Tile(name, title, draw, wide=wide, stamp=stamp, look=facts.glance if first else None)
            for first, (name, title, draw, wide) in zip(
                [True] + [False] * len(made), made, strict=False
            )
        ]


def serving() -> Page:
    """The serving page, kept up to date in a running kernel."""
    return keep(ServingPage())
