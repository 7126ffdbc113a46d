"""The shadow of what goes on sideways: there while it does, and no line where it ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from PIL import Image

from .conftest import Watched

SHEETS = {
    "workbench.reports": ("templates/page.css", "", "--ground"),
    "workbench.studio": ("sheets/tokens.css", "wb", "--raised"),
}


def edges(page: Any) -> tuple[int, int]:
    """How many colours the outermost pixels of the box have, left and right, in its blank foot."""
    shot = Image.open(io.BytesIO(page.locator(".wide").screenshot())).convert("RGB")
    width, height = shot.size
    rows = range(height - 8, height - 2)
    left = {shot.getpixel((x, y)) for x in range(6) for y in rows}
    right = {shot.getpixel((x, y)) for x in range(width - 6, width) for y in rows}
    return len(left), len(right)


@pytest.mark.parametrize("room", SHEETS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [300, 300.3, 300.7, 321.1])
def test_a_table_that_fits_has_no_line_at_its_edge(
    open_page: Callable[..., Watched], room: str, scheme: str, width: float
) -> None:
    """At a width that is no whole number of pixels the cover ended a pixel before its shadow."""
    name, kind, ground = SHEETS[room]
    page = open_page(viewport={"width": 500, "height": 300}, color_scheme=scheme).page
    inside = f"<div class='wide'><div id='inside' style='height: 60px; width: {width - 20}px'>"
    place = f"width: {width}px; padding: 10.4px"
    tile = f"<div class='wb-tile' style='{place}'>{inside}</div></div></div>"
    sheet = files(room).joinpath(name).read_text("utf-8")
    around = f"<div class='{kind}' style='background: var({ground})'>{tile}</div>"
    page.set_content(f"<style>{sheet}</style>{around}")
    assert edges(page) == (1, 1)
    page.evaluate("document.getElementById('inside').style.width = '600px'")
    left, right = edges(page)
    assert left == 1 and right > 1, "what goes on to the right has its shadow there"
