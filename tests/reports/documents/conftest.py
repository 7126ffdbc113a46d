"""A document with a block of each kind."""

from __future__ import annotations

from typing import Any

import pytest


def line_chart(models: tuple[str, ...] = ("small", "large")) -> dict[str, Any]:
    rows = [
        {"day": f"2026-10-{day:02d}", "cost": day * 0.5 + place, "model": model}
        for day in range(1, 31)
        for place, model in enumerate(models)
    ]
    return {
        "data": {"values": rows},
        "mark": "line",
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None},
            "y": {"field": "cost", "type": "quantitative", "title": "cost, USD"},
            "color": {"field": "model", "type": "nominal"},
        },
    }


def chart(caption: str, **more: Any) -> dict[str, Any]:
    alternative = f"{caption}: it rises."
    return {
        "kind": "chart",
        "caption": caption,
        "alternative": alternative,
        "spec": line_chart(),
    } | more


@pytest.fixture
def told() -> dict[str, Any]:
    figures = [{"label": "Cost", "value": "$ 1,234", "detail": "90% interval 1,100 to 1,300"}]
    table = {
        "kind": "table",
        "caption": "Cost by team",
        "columns": [{"title": "team"}, {"title": "USD", "align": "right"}],
        "rows": [[f"team {number}", f"{number}.50"] for number in range(80)],
    }
    return {
        "title": "What October cost",
        "subtitle": "A made month",
        "author": "Workbench",
        "date": "2026-11-01",
        "summary": [
            {"kind": "key_figures", "items": figures},
            {"kind": "paragraph", "text": "One paragraph.\n\nAnother."},
            {"kind": "bullets", "items": ["first point", "second point"]},
            {"kind": "note", "title": "Assumption", "text": "An hour is worth 50 USD."},
            chart("Left", width="half"),
            chart("Right", width="half"),
        ],
        "sections": [
            {"title": "Cost", "blocks": [chart("Cost by day")]},
            {
                "title": "Teams",
                "new_page": True,
                "sections": [{"title": "All of them", "blocks": [table]}],
            },
        ],
    }
