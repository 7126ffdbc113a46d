"""The health page in Chromium, over a made day and in a home where nothing was recorded."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.monitoring.alerts.operations import alerts_list
from workbench.store.database import close_all

from ..studio.made_health import make_day
from .conftest import REPO, Server, Watched, dashboards_command, running
from .test_home import focused, live, press_until

Open = Callable[..., Watched]


def project_of(own: Path) -> Path:
    project = own / "project"
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    for name in ("health", "home"):
        shutil.copy(REPO / "notebooks" / "dashboards" / f"{name}.ipynb", pages)
    return project


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home where a made day has just ended."""
    own = tmp_path_factory.mktemp("health-page")
    home = own / "home"
    with settings.override(home=home):
        make_day(time.time())
        close_all()
    with running(dashboards_command, own / "voila", project_of(own), home) as started:
        yield started


def open_health(open_page: Open, server: Server, **options: Any) -> Watched:
    watched = open_page(server.url("/voila/render/health.ipynb"), **options)
    live(watched.page)
    return watched


def test_what_is_wrong_is_seen_and_silenced_by_keyboard(server: Server, open_page: Open) -> None:
    watched = open_health(
        open_page, server, color_scheme="dark", viewport={"width": 400, "height": 850}
    )
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("Little room on the disk").first.wait_for()
    assert shown.locator(".wb-curves .frame").count() == 6
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400
    press_until(watched.page, lambda: "Silence for" in focused(watched.page))
    watched.page.keyboard.press("Enter")
    shown.get_by_text("Nobody is told until").wait_for()
    with settings.override(home=server.home):
        held = {each.name: each.silenced_until_s for each in alerts_list()}
        close_all()
    assert held["disk"] is not None and held["memory"] is None
    shown.get_by_role("button", name="Tell again").click()
    shown.get_by_text("Nobody is told until").wait_for(state="detached")
    assert watched.outside == [] and watched.errors == []


def test_a_choice_is_drawn_and_taken_along(server: Server, open_page: Open) -> None:
    watched = open_health(open_page, server)
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("Of all models and teams").wait_for()
    shown.get_by_label("Team").select_option("sales")
    shown.get_by_text("Of team sales").wait_for()
    shown.get_by_label("Span").select_option("last 6 hours")
    shown.get_by_text("A step is 5 min").wait_for()
    shown.get_by_role("button", name="Make files of it").click()
    with watched.page.expect_download() as download:
        shown.get_by_text("CSV (").click()
    head = download.value.path().read_text("utf-8").splitlines()[0]
    assert "disk_free_bytes" in head and "latency_p95_s" in head
    assert watched.outside == [] and watched.errors == []


def test_a_date_is_chosen_in_a_field_like_the_others(server: Server, open_page: Open) -> None:
    """The browser's own frame and height stood between our lists."""
    page = open_health(open_page, server).page
    looks = page.evaluate(
        """() => [...document.querySelectorAll(
            "#rendered_cells .wb-choose :is(select, input[type=date])"
        )].map(each => {
            const style = getComputedStyle(each);
            return [each.offsetHeight, style.borderTopColor, style.borderRadius, style.fontFamily];
        })"""
    )
    assert len(looks) == 5
    assert all(each == looks[0] for each in looks), looks


def test_home_names_the_page_with_its_question(server: Server, open_page: Open) -> None:
    watched = open_page(server.url("/voila/render/home.ipynb"))
    live(watched.page)
    row = watched.page.locator("#rendered_cells li", has_text="Is something wrong with the gateway")
    row.wait_for()
    assert "1 min" in row.inner_text()
    assert "health.ipynb" in (row.get_by_role("link", name="Health").get_attribute("href") or "")


def test_an_empty_home_says_how_to_begin(
    tmp_path_factory: pytest.TempPathFactory, open_page: Open
) -> None:
    own = tmp_path_factory.mktemp("health-empty")
    with running(dashboards_command, own / "voila", project_of(own), own / "home") as started:
        watched = open_health(open_page, started)
        shown = watched.page.locator("#rendered_cells")
        shown.get_by_text("Nothing was recorded in this time").first.wait_for()
        shown.get_by_text("The rules have not been looked at yet").wait_for()
        shown.get_by_role("button", name="Look now").click()
        shown.get_by_text("Looked at every rule").wait_for()
        shown.get_by_text("At last:").first.wait_for()
        assert watched.errors == []
