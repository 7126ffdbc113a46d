"""The two lines of the serving page, as HTML: they are there as soon as the page is.

They were plotly's widgets once. Those have two seconds in a browser to start four megabytes of
script; on a busy machine they missed it, and then stood still or empty beside the words.
"""

from __future__ import annotations

from workbench.studio.serving_facts import ServingFacts
from workbench.studio.serving_panels import draw_now
from workbench.studio.serving_rates import draw_rates


class RatesTile:
    """A sentence and two pictures."""

    def __init__(self, facts: ServingFacts) -> None:
        self._facts = facts

    def draw(self) -> list[str]:
        """Both as they are now."""
        rows, now_s = self._facts.usage.recent, self._facts.looked_s
        drawn = draw_now(self._facts)
        return [drawn, draw_rates(rows, now_s=now_s)] if rows else [drawn]
