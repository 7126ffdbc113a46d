"""The training page in Chromium, over records of runs, one of which goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from workbench.core import settings
from workbench.finetuning.training import records
from workbench.store.records import Records

from .conftest import REPO, Server, Watched, dashboards_command, running, wait_for
from .test_home import live, press_until

Open = Callable[..., Watched]
PAGE = "/voila/render/training.ipynb"
LIVE, FIRST, SECOND = "c" * 16, "a" * 16, "b" * 16


def put(run: str, **changes: Any) -> None:
    """A made record of a run, as the store keeps one."""
    told = {
        "state": "finished", "kind": "answers", "model": "tiny", "adapter": "facts", "steps": 20,
        "steps_done": 3, "examples": 12, "tokens_per_s": 99.0, "seconds": 9.0, "started_s": 1.0,
        "updated_s": 2.0, "precision": "fp32", "data_sha256": "d" * 64, "snapshot": None,
        "base_sha256": "b" * 64, "stopped": "", "machine": {}, "samples": [], "process": None,
        "curve": [[1, 3.0, 0.001, 90.0], [2, 2.0, 0.001, 91.0], [3, 1.0, 0.001, 92.0]],
        "evaluations": [[0, 3.5]], "recipe": {"seed": 0, "rank": 16}, **changes,
    }  # fmt: skip
    Records().put(records.NAMESPACE, run, document=told)


def going_on() -> dict[str, Any]:
    """This process, as if it trained."""
    created_s = psutil.Process().create_time()
    return {"state": "running", "process": {"pid": os.getpid(), "created_s": created_s}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with three runs."""
    own = tmp_path_factory.mktemp("training-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    for name in ("home.ipynb", "training.ipynb"):
        shutil.copy(REPO / "notebooks" / "dashboards" / name, pages)
    with settings.override(home=home):
        put(FIRST)
        put(SECOND, recipe={"seed": 1, "rank": 16}, adapter="other")
        put(LIVE, **going_on(), adapter="live")
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


@pytest.fixture
def page(server: Server, open_page: Open) -> Watched:
    watched = open_page(server.url(PAGE))
    live(watched.page)
    watched.page.locator("#rendered_cells .wb-runs-table td").first.wait_for()
    return watched


def test_runs_are_filtered_ticked_and_compared_by_keyboard(page: Watched) -> None:
    shown = page.page.locator("#rendered_cells")
    told = "document.activeElement.dataset.run"
    press_until(page.page, lambda: page.page.evaluate(told) == FIRST)
    page.page.keyboard.press("Space")
    shown.get_by_text("run " + FIRST).wait_for()
    assert page.page.evaluate(told) == FIRST  # the focus stays where it was
    press_until(page.page, lambda: page.page.evaluate(told) == SECOND)
    page.page.keyboard.press("Space")
    shown.get_by_text("2 runs side by side").wait_for()
    assert shown.locator(".wb-differs td").first.inner_text() == "seed"
    shown.get_by_placeholder("Filter").fill("other")
    shown.get_by_text("1 of 3 runs").wait_for()
    assert page.outside == []
    assert page.errors == []


def test_a_run_that_goes_on_is_watched_and_stopped(page: Watched, server: Server) -> None:
    shown = page.page.locator("#rendered_cells")
    with settings.override(home=server.home):
        put(LIVE, **going_on(), adapter="live", steps_done=7)
        shown.get_by_text("7 of 20 steps").wait_for()
        shown.get_by_role("button", name="Stop this run").click()
        wait_for(lambda: records.is_stop_asked(LIVE))
        shown.get_by_text("It stops at its next step.").wait_for()
        put(LIVE, adapter="live", state="stopped")
        shown.get_by_text("Nothing is trained now.").wait_for()
        put(LIVE, **going_on(), adapter="live")
        Records().delete(records.STOPS, LIVE)
    assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_follows_the_system(
    server: Server, open_page: Open, scheme: str
) -> None:
    size = {"width": 400, "height": 850}
    page = open_page(server.url(PAGE), color_scheme=scheme, viewport=size).page
    live(page)
    page.locator("#rendered_cells .wb-curves").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    ink = page.evaluate("getComputedStyle(document.querySelector('.wb-tile h2')).color")
    assert ink == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(226, 228, 231)")
