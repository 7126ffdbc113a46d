"""When a page makes way for its widgets: once they are whole, in the script that pages carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from .conftest import REPO

TEMPLATES = REPO / "jupyter_config" / "nbconvert" / "templates" / "workbench"
OUTPUT = '<script type="application/vnd.voila.cell-output+json">{"data": {%s}}</script>'
VIEW = '"application/vnd.jupyter.widget-view+json": {}'
BUTTON = (
    '<div class="jupyter-widgets wb-form"><div class="wb-inputs"></div><button>Go</button></div>'
)


@pytest.fixture
def arrive(browser: Any) -> Iterator[Any]:
    """Opens a page whose outputs are these, with nothing of them drawn yet."""
    context = browser.new_context()

    def open_with(*outputs: str) -> Any:
        parts = Environment(loader=FileSystemLoader(TEMPLATES)).get_template(
            "workbench_parts.html.j2"
        )
        page = context.new_page()
        page.set_content(
            '<div id="loading">Opening</div><div id="rendered_cells"></div>'
            + "".join(OUTPUT % each for each in outputs)
        )
        # A page of its own has no cookies; what is tried here does not need them.
        page.evaluate("Object.defineProperty(document, 'cookie', {value: '_xsrf=1'})")
        page.add_script_tag(content=f"window.themeLoaded = true; {parts.module.arrival()}")
        page.evaluate("workbenchSnapshot(); voila_finish()")
        return page

    yield open_with
    context.close()


def draw(page: Any, html: str) -> None:
    page.evaluate("html => document.getElementById('rendered_cells').innerHTML += html", html)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def is_waiting(page: Any) -> bool:
    return bool(page.locator("#loading").count())


@pytest.mark.parametrize("drawn_ahead", [False, True])
def test_a_form_is_shown_with_its_fields_and_never_as_a_button_alone(
    arrive: Any, drawn_ahead: bool
) -> None:
    ahead = ', "text/html": "<p data-whole-page>drawn ahead</p>"' if drawn_ahead else ""
    page = arrive(VIEW + ahead)
    assert is_waiting(page)
    draw(page, '<div class="wb-tile jupyter-widgets"><h2>Ask</h2></div>' + BUTTON)
    assert is_waiting(page)
    page.evaluate("document.querySelector('.wb-inputs').append(document.createElement('input'))")
    page.wait_for_selector("#loading", state="detached")
    assert page.locator("button").is_visible()


def test_a_page_without_widgets_is_shown_at_once(arrive: Any) -> None:
    assert not is_waiting(arrive('"text/plain": "1"'))
    assert not is_waiting(arrive())
