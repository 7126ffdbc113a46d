"""Each control of the dashboards has a name in the tree that Chromium gives to screen readers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from .conftest import REPO, Server, Watched, dashboards_command, running, watch_page
from .test_home import live

PAGES = ("explain", "fairness", "training", "privacy", "serving", "knowledge", "review", "home")


def named_controls(page: Any) -> list[tuple[str, str]]:
    """Role and name of all that the focus can stand on."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in nodes
        if not node["ignored"] and _is_focusable(node)
    ]
    return [(role, name) for role, name in told if role != "RootWebArea"]


def _is_focusable(node: dict[str, Any]) -> bool:
    told = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
    return bool(told.get("focusable"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with nothing in it, and a made table to audit."""
    own = tmp_path_factory.mktemp("names")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    for name in PAGES:
        shutil.copy(REPO / "notebooks" / "dashboards" / f"{name}.ipynb", pages)
    generator = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"town": generator.choice(["north", "south"], 800), "points": generator.normal(size=800)}
    )
    chance = 1 / (1 + np.exp(-2 * frame.points - (frame.town == "north")))
    frame["invited"] = np.where(generator.random(800) < chance, "yes", "no")
    frame["zone"] = "x"
    frame.to_csv(own / "people.csv", index=False)
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


@pytest.fixture(scope="module")
def audited(server: Server, browser: Any) -> Iterator[Watched]:
    """The fairness page on a phone, with an audit on it."""
    context = browser.new_context(color_scheme="dark", viewport={"width": 400, "height": 900})
    found = watch_page(context, server.url("/voila/render/fairness.ipynb"))
    page = found.page
    live(page)
    form = page.locator("#rendered_cells .wb-form").first
    form.get_by_label("Data set or file").fill(str(server.home.parent / "people.csv"))
    form.get_by_label("Sensitive columns").fill("town")
    form.get_by_label("Column to predict").fill("invited")
    form.get_by_label("Model of the table").select_option("logistic")
    form.get_by_role("button", name="Audit").click()
    page.locator("#rendered_cells .wb-rates").wait_for()
    yield found
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_control_has_a_name(server: Server, browser: Any, name: str) -> None:
    context = browser.new_context()
    page = watch_page(context, server.url(f"/voila/render/{name}.ipynb")).page
    live(page)
    found = named_controls(page)
    assert [role for role, said in found if not said] == []
    assert len(found) >= 5
    context.close()


def test_the_sliders_of_the_groups_are_told_apart(audited: Watched) -> None:
    page = audited.page
    page.locator("[role=slider][aria-labelledby]").nth(1).wait_for()
    found = named_controls(page)
    assert [role for role, said in found if not said] == []
    sliders = [said for role, said in found if role == "slider"]
    assert sorted(sliders) == ["town=north", "town=south"]
    assert set(sliders) <= {said for role, said in found if role == "textbox"}  # typed numbers
    # The check sees a slider without its label, as ipywidgets makes it.
    page.locator("[role=slider]").first.evaluate("each => each.removeAttribute('aria-labelledby')")
    assert ("slider", "") in named_controls(page)


def test_a_wide_table_of_disparities_is_read_to_its_end_on_a_phone(audited: Watched) -> None:
    page = audited.page
    page.locator("#rendered_cells summary").get_by_text("Disparities and their tests").click()
    place = page.locator('#rendered_cells [aria-label="Disparities and their tests"]')
    last = place.locator("thead th").last
    assert last.inner_text().startswith("p (BH)")
    place.evaluate("each => { each.scrollLeft = 9999; }")
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box is not None and box["x"] > 0 and box["x"] + box["width"] <= 400
    # And what is there is seen: no frame around the table cuts it.
    assert last.evaluate(
        """each => { const at = each.getBoundingClientRect();
        const seen = document.elementFromPoint(at.right - 12, at.top + at.height / 2);
        return each.contains(seen) || each === seen; }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    notes = page.locator("#rendered_cells .wb-card li")
    notes.get_by_text("not read by the model: zone (constant: every value is 'x')").wait_for()
    assert audited.outside == [] and audited.errors == []
