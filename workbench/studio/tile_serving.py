"""The home page's tile of the gateway: does it run, what has it loaded, what was asked today."""

from __future__ import annotations

from collections.abc import Hashable

from workbench.studio.links import current_links
from workbench.studio.markup import escape, number, pill
from workbench.studio.serving_facts import ServingFacts
from workbench.studio.serving_panels import fields
from workbench.studio.tiles import tile

_PAGE = "notebooks/dashboards/serving.ipynb"
_facts = ServingFacts()


def _stamp() -> Hashable:
    gateway, usage = _facts.gateway, _facts.usage
    return gateway.situation, gateway.url, gateway.message, _loaded(), usage.today


@tile("serving", title="Serving", order=35, stamp=_stamp, look=_facts.glance)
def draw_serving() -> str:
    """In a few lines, with the way to the page that has all of it."""
    if _facts.usage_trouble is not None:
        raise _facts.usage_trouble
    gateway, today = _facts.gateway, _facts.usage.today
    words = {
        "none": "No gateway runs. Start one: <code>workbench serve</code>",
        "silent": "✗ A gateway should run here, but does not answer.",
        "locked": "A gateway runs, but does not let this page in.",
    }
    said = words.get(gateway.situation)
    head = f"<p>{said}</p>" if said else (
        f"<p>{pill(gateway.situation)} <code>{escape(gateway.url)}</code></p>"
    )  # fmt: skip
    rows = [
        ("Requests today", number(sum(each.requests for each in today))),
        ("Tokens today", f"{sum(e.prompt_tokens + e.completion_tokens for e in today):,}"),
    ]
    if not said:
        names = _loaded()
        shown = f"{', '.join(map(escape, names))}" if names else "none"
        rows.insert(0, ("Models in memory", shown))
    link = escape(current_links().dashboard(_PAGE))
    return f'{head}{fields(rows)}<p><a href="{link}">The serving page</a></p>'


def _loaded() -> tuple[str, ...]:
    pool = _facts.gateway.models.get("pool", {})
    return tuple(each["name"] for each in pool.get("models", ()))
