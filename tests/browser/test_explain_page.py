"""The page that explains answers in Chromium, over the real model, by keyboard."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import REPO, Server, Watched, dashboards_command, running, watch_page
from .test_accessible_names import named_controls
from .test_home import focused, live, press_until

PAGE = "/voila/render/explain.ipynb"


@pytest.fixture(scope="module")
def server(shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home that has the model and nothing else."""
    from workbench.core import settings
    from workbench.models.loading import prepare

    with settings.override(home=shared_home_path):
        prepare("smollm2-135m", engine="transformers")
    own = tmp_path_factory.mktemp("explain-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    for name in ("blobs", "sources", "models", "converted"):
        (shared_home_path / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(shared_home_path / name)
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "explain.ipynb", pages)
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


@pytest.fixture(scope="module")
def watched(server: Server, browser: Any) -> Iterator[Watched]:
    """One page for all tests: dark, and as wide as a phone."""
    size = {"width": 400, "height": 900}
    context = browser.new_context(color_scheme="dark", viewport=size)
    found = watch_page(context, server.url(PAGE))
    live(found.page)
    yield found
    context.close()


def test_an_answer_is_explained_by_keyboard(watched: Watched) -> None:
    page = watched.page
    press_until(page, lambda: page.evaluate("document.activeElement.tagName") == "TEXTAREA")
    page.keyboard.press("Control+a")
    page.keyboard.type("The capital of Italy is")
    page.keyboard.press("Tab")
    page.keyboard.type(" Rome")
    press_until(page, lambda: focused(page) == "Explain")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    shown = page.locator("#rendered_cells .wb-w:has(> .alive)").first
    shown.locator(".chip").first.wait_for()
    tokens = shown.locator(".chip code").all_inner_texts()
    assert tokens == ["The", "·capital", "·of", "·Italy", "·is"]
    assert shown.locator(".opt code").all_inner_texts() == ["·Rome"]
    page.get_by_text("Area under deletion").wait_for()


def test_what_cannot_be_explained_is_said_plainly(watched: Watched) -> None:
    page = watched.page
    page.locator("#rendered_cells textarea").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.get_by_text("The form has changed since").nth(1).wait_for()  # at the picture, the checks
    press_until(page, lambda: focused(page) == "Explain")
    page.keyboard.press("Enter")
    page.locator("#rendered_cells .trouble").get_by_text("the prompt is empty").wait_for()
    page.locator("#rendered_cells").get_by_text("Explain something, and here").wait_for()
    assert page.get_by_text("Area under deletion").count() == 0
    assert page.locator("#rendered_cells .wb-w .chip").count() == 0
    page.wait_for_function(
        "[...document.querySelectorAll('.wb-go')].some(b => b.textContent.trim() == 'Explain'"
        " && !b.classList.contains('wb-waits'))"
    )


def test_every_tab_is_reached_by_keyboard_and_told_in_full(watched: Watched) -> None:
    page = watched.page
    tabs = page.get_by_role("tab")
    names = [
        "Methods", "Two prompts", "Two models", "Lens", "Patching", "Attention", "A table's row",
        "What if",
    ]  # fmt: skip
    assert tabs.all_inner_texts() == names
    labels = page.locator("#rendered_cells .lm-TabBar-tabLabel")
    assert labels.evaluate_all("all => all.every(each => each.scrollWidth <= each.clientWidth)")
    press_until(page, lambda: page.evaluate("document.activeElement.role") == "tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Compare the prompts").is_visible()


def test_two_prompts_are_set_side_by_side(watched: Watched) -> None:
    page = watched.page
    page.get_by_role("button", name="Compare the prompts").focus()
    page.keyboard.press("Enter")
    shown = page.locator("#rendered_cells .wb-w:has(.wb-two)")
    shown.locator(".chip").first.wait_for()
    sides = shown.locator(".wb-two .wb-chips")
    assert [each.locator("code").all_inner_texts() for each in sides.all()] == [
        ["The", "·capital", "·of", "·France", "·is"],
        ["The", "·capital", "·of", "·Italy", "·is"],
    ]
    differences = shown.locator('.wb-chips[aria-label^="second prompt less first"]')
    assert differences.locator(".only code").all_inner_texts() == ["·France", "·Italy"]


_CUT = """all => all.filter(each => each.placeholder && !each.value && each.offsetParent)
  .filter(each => {
    const style = getComputedStyle(each), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const room = each.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(each.placeholder).width > room;
  }).map(each => each.placeholder)"""


def test_no_hint_in_a_field_is_cut_and_the_arrow_at_a_choice_is_light(watched: Watched) -> None:
    page = watched.page
    inputs = page.locator("#rendered_cells .wb-inputs input")
    assert inputs.evaluate_all(_CUT) == []
    arrow = page.locator("#rendered_cells .wb-inputs select").first
    drawn = arrow.evaluate("each => getComputedStyle(each).backgroundImage")
    stroke = re.search(r"stroke='%23([0-9a-f]{6})'", drawn)
    assert stroke, drawn
    assert arrow.evaluate("each => getComputedStyle(each).appearance") == "none"  # and no other one
    light = [int(stroke[1][at : at + 2], 16) for at in (0, 2, 4)]
    assert min(light) > 100  # on the dark ground of a field
    # A hint that is longer than its field is found.
    hinted = page.locator("#rendered_cells .wb-inputs input[placeholder]:visible").first
    hinted.evaluate("each => { each.value = ''; each.placeholder = 'its own '.repeat(20); }")
    assert len(inputs.evaluate_all(_CUT)) == 1


def test_it_fits_a_phone_in_the_dark_and_asks_nothing_of_the_network(watched: Watched) -> None:
    page = watched.page
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    ink = page.evaluate("getComputedStyle(document.querySelector('.wb-tile h2')).color")
    assert ink == "rgb(226, 228, 231)"
    field = page.locator("#rendered_cells .wb-inputs select").first
    assert field.evaluate("each => getComputedStyle(each).color") == "rgb(226, 228, 231)"
    assert watched.outside == []
    assert watched.errors == []


def test_what_was_drawn_has_names_for_who_hears_it(watched: Watched) -> None:
    """The widgets of two results stand here by now, beside every form."""
    found = named_controls(watched.page)
    assert [role for role, name in found if not name] == []
    assert len(found) > 40
