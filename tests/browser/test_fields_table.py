"""A table of fields in Chromium: a hash in it does not make a phone's page wider."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.studio.tables import plain_table

pytestmark = pytest.mark.browser
_HEAD = '<!doctype html><meta name="viewport" content="width=device-width">'


def _width(browser: Any, html: str) -> int:
    context = browser.new_context(viewport={"width": 400, "height": 600})
    try:
        page = context.new_page()
        page.set_content(_HEAD + html)
        return int(page.evaluate("document.documentElement.scrollWidth"))
    finally:
        context.close()


def test_a_hash_is_broken_where_the_page_is_narrow(browser: Any) -> None:
    html = plain_table({"sha256 of the data": "9" * 64, "seed": 0})
    assert _width(browser, html) == 400
    assert _width(browser, html.replace("overflow-wrap: anywhere", "")) > 500  # it would be
