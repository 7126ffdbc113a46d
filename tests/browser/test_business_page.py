"""The business page in Chromium, over a made log in a home's store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from workbench.core import settings
from workbench.monitoring.business.costs import costs_by
from workbench.monitoring.business.operations import _read
from workbench.monitoring.business.wording import usd
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .conftest import REPO, Server, Watched, dashboards_command, running
from .test_home import live

Open = Callable[..., Watched]
TEAMS = "teams: {ada: research, grace: research, bob: sales}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home where three users asked two models."""
    own = tmp_path_factory.mktemp("business-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    (home / "metrics.yaml").write_text(TEAMS)
    shutil.copy(REPO / "notebooks" / "dashboards" / "business.ipynb", pages)
    with settings.override(home=home):
        log = UsageLog()
        for number in range(60):
            row = UsageRow(
                f"req_{number}", "key", ("ada", "grace", "bob")[number % 3], "m",
                model_served=("small", "large")[number % 2], prompt_tokens=100,
                completion_tokens=50, cost_usd=0.5 + number % 3,
            )  # fmt: skip
            log.settle(row).result(timeout=30)
        log.close()
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


def test_a_choice_is_drawn_and_a_team_looked_into(server: Server, open_page: Open) -> None:
    watched = open_page(
        server.url("/voila/render/business.ipynb"), color_scheme="dark",
        viewport={"width": 400, "height": 850},
    )  # fmt: skip
    live(watched.page)
    with settings.override(home=server.home):
        spent = {line.name: line.cost_usd for line in costs_by(_read(None, None, None), "user")}
    shown = watched.page.locator("#rendered_cells")
    cost = shown.locator(".wb-key-figures .value").first
    shown.get_by_text(usd(sum(spent.values())), exact=True).first.wait_for()
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400
    shown.get_by_label("Team").select_option("sales")
    shown.locator(".wb-key-figures").get_by_text(usd(spent["bob"]), exact=True).wait_for()
    research = shown.get_by_role("button", name="research", exact=True)
    research.wait_for(state="detached")  # a press on what is being taken away comes to nothing
    shown.get_by_label("Team").select_option("all")
    research.click()
    shown.get_by_role("button", name="grace", exact=True).wait_for()
    assert cost.inner_text() == usd(spent["ada"] + spent["grace"])
    shown.get_by_role("button", name="Make files of it").click()
    with watched.page.expect_download() as download:
        shown.get_by_text("CSV (").click()
    content = download.value.path().read_text("utf-8")
    assert "research" in content
    assert "sales" not in content and "grace" not in content
    assert watched.outside == [] and watched.errors == []


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home that nobody asked anything."""
    own = tmp_path_factory.mktemp("empty-business-page")
    project = own / "project"
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "business.ipynb", pages)
    with running(dashboards_command, own / "voila", project, own / "home") as started:
        yield started


def test_without_usage_one_card_says_what_to_do(empty_server: Server, open_page: Open) -> None:
    watched = open_page(
        empty_server.url("/voila/render/business.ipynb"), viewport={"width": 400, "height": 850}
    )
    live(watched.page)
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("No call was settled in this home yet").wait_for()
    assert [each.inner_text() for each in shown.locator("h2:visible").all()] == [
        "Nothing was asked yet"
    ]
    assert shown.get_by_role("link", name="Cost by day").count() == 0
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400
    shown.get_by_role("button", name="Show made traffic").click()
    shown.get_by_text("This is made traffic").wait_for()
    assert "Nothing was asked yet" not in shown.inner_text()
    shown.get_by_label("Team").select_option("sales")
    shown.get_by_role("heading", name="Cost by day").wait_for()
    assert watched.outside == [] and watched.errors == []
