"""Results on a page in Chromium: tables sort by keyboard, tokens can be read, work can stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Server, Watched
from .test_home import focused, press_until

Open = Callable[..., Watched]
PAGE = "/voila/render/viewers.ipynb"


def first_cells(page: Any) -> list[str]:
    texts: list[str] = page.locator(
        ".wb-table tbody tr:not([hidden]) td:first-child"
    ).all_inner_texts()
    return texts


def test_a_table_sorts_and_filters_by_keyboard(dashboards: Server, open_page: Open) -> None:
    watched = open_page(dashboards.url(PAGE))
    page = watched.page
    page.wait_for_selector(".wb-table.alive")
    before = first_cells(page)
    press_until(page, lambda: focused(page) == "name")
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("name")
    names = first_cells(page)
    assert names != before
    assert sorted(names) == sorted(before)
    assert names[:3] == ["codellama-7b", "codellama-13b", "codellama-34b"]  # as numbers, not text
    press_until(page, lambda: focused(page) == "size")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    sizes = page.locator(".wb-table tbody td.n:nth-child(3)").evaluate_all(
        "cells => cells.map(cell => Number(cell.dataset.v))"
    )
    assert sizes == sorted(sizes, reverse=True)
    press_until(page, lambda: page.evaluate("document.activeElement.type") == "search",
                key="Shift+Tab")  # fmt: skip
    page.keyboard.type("hub codellama")
    assert all("codellama" in name for name in first_cells(page))
    assert "3 of 15 rows" in page.locator("[aria-live]").first.inner_text()
    assert watched.errors == []
    assert watched.outside == []


def test_formulas_are_drawn_with_what_is_here(dashboards: Server, open_page: Open) -> None:
    """In a text cell, in an output and in a widget, by the MathJax that Voila ships."""
    watched = open_page(dashboards.url("/voila/render/formulas.ipynb"))
    page = watched.page
    page.wait_for_function("document.querySelectorAll('#rendered_cells mjx-container').length == 3")
    assert page.locator("#rendered_cells mjx-msqrt, #rendered_cells mjx-mtable").count() == 2
    assert "\\" not in page.locator("#rendered_cells").inner_text()
    assert "costs $5" in page.locator("h1").inner_text()
    assert page.evaluate("document.fonts.ready.then(f => [...f].some(x => x.status == 'loaded'))")
    assert watched.outside == []
    assert watched.errors == []


LUMINANCE = """element => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let ground = element;
  const opaque = each => (parts(getComputedStyle(each).backgroundColor)[3] ?? 1) !== 0;
  while (!opaque(ground)) ground = ground.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
  const [low, high] = pair.map(colour => light(parts(colour))).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tokens_are_readable_as_they_are_painted(
    dashboards: Server, open_page: Open, scheme: str
) -> None:
    page = open_page(dashboards.url(PAGE), color_scheme=scheme).page
    page.wait_for_selector(".wb-tokens .tok")
    tokens = page.locator(".wb-tokens .tok")
    grounds = tokens.evaluate_all("all => all.map(each => getComputedStyle(each).backgroundColor)")
    assert len(set(grounds)) == 5
    for index in range(tokens.count()):
        for part in ("code", "small"):
            assert tokens.nth(index).locator(part).evaluate(LUMINANCE) >= 4.5
    page.evaluate("document.querySelector('.wb-tokens .l4').style.background = 'rgb(110,110,110)'")
    assert page.locator(".wb-tokens .l4 small").first.evaluate(LUMINANCE) < 4.5  # it can fail
    tokens.nth(2).focus()
    assert page.get_by_text("·other").nth(2).is_visible()


def test_running_work_is_stopped_by_its_button(dashboards: Server, open_page: Open) -> None:
    page = open_page(dashboards.url(PAGE)).page
    page.get_by_text("waiting").first.wait_for()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Space")
    page.get_by_text("– cancelled").wait_for()
