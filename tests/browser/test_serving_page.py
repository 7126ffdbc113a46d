"""The serving page in Chromium, over a gateway that `workbench serve` started."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import REPO, Server, Watched, dashboards_command, environment, running, wait_for
from .test_home import focused, live, press_until

Open = Callable[..., Watched]
MODEL = "smollm2-135m"
PAGE = "/voila/render/serving.ipynb"


@pytest.fixture(scope="module")
def served(
    shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, subprocess.Popen[str]]]:
    """A gateway, and the dashboards' server in the same home."""
    from workbench.core import settings
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        model_files(catalogue.find(MODEL))
    own = tmp_path_factory.mktemp("serving-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    for name in ("blobs", "sources", "models", "converted"):
        (shared_home_path / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(shared_home_path / name)
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    for name in ("home.ipynb", "serving.ipynb"):
        shutil.copy(REPO / "notebooks" / "dashboards" / name, pages)
    log = own / "gateway.log"
    with log.open("w") as written:
        gateway = subprocess.Popen(
            [str(Path(sys.executable).with_name("workbench")), "serve", "--port", "0"],
            cwd=project, env=environment(own, home, WORKBENCH_THREADS="1"),
            stdout=written, stderr=written, text=True,
        )  # fmt: skip
    try:
        with running(dashboards_command, own / "voila", project, home) as server:
            state = home / "serving" / "running.json"
            wait_for(lambda: gateway.poll() is not None or state.exists(), log)
            yield server, gateway
    finally:
        gateway.send_signal(signal.SIGTERM)
        gateway.wait(timeout=60)


@pytest.fixture
def page(served: tuple[Server, Any], open_page: Open) -> Watched:
    watched = open_page(served[0].url(PAGE))
    live(watched.page)
    watched.page.locator("#rendered_cells").get_by_text("✓ ready").first.wait_for()
    return watched


def test_it_asks_nothing_of_the_network(page: Watched) -> None:
    assert (
        page.page.locator("#rendered_cells")
        .get_by_role("button", name="Load", exact=True)
        .is_visible()
    )
    page.page.wait_for_timeout(3000)  # a refresh, too, stays on this machine
    assert page.outside == []
    assert page.errors == []


def test_a_model_is_unloaded_and_loaded_by_keyboard(page: Watched) -> None:
    shown = page.page.locator("#rendered_cells")
    press_until(page.page, lambda: focused(page.page) == "Unload")
    assert page.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.page.keyboard.press("Space")
    shown.get_by_text(f"✓ {MODEL} is unloaded.").wait_for()
    press_until(page.page, lambda: page.page.evaluate("document.activeElement.tagName") == "SELECT")
    page.page.keyboard.type(MODEL)
    press_until(page.page, lambda: focused(page.page) == "Load")
    page.page.keyboard.press("Space")
    shown.get_by_text(f"✓ {MODEL} is loaded.").wait_for()
    shown.get_by_role("button", name="Unload").wait_for()


def ask(server: Server) -> None:
    """One call of the gateway: without any there are no lines to draw."""
    from workbench.core import settings
    from workbench.serving.asking import GatewayClient

    asked = {"model": MODEL, "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]}
    with settings.override(home=server.home):
        GatewayClient().ask("POST", "/v1/chat/completions", asked)


def test_the_lines_move_when_calls_come(page: Watched, served: tuple[Server, Any]) -> None:
    ask(served[0])
    shown = page.page.locator("#rendered_cells")
    shown.locator(".wb-curves").first.wait_for()
    shown.get_by_text(re.compile(r"In the last minute: \d+ requests?, ")).wait_for()
    shown.get_by_role(
        "img", name=re.compile("Requests in 10 seconds: answered at most [1-9]")
    ).wait_for()
    first = shown.locator(".wb-curves .xs").first.inner_text()
    page.page.wait_for_function(
        "first => document.querySelector('.wb-curves .xs').innerText !== first",
        arg=first,
        timeout=90_000,
    )  # a minute later another mark stands there
    assert page.outside == []


def test_revoking_asks_with_the_focus_on_the_harmless_answer(
    page: Watched, served: tuple[Server, Any]
) -> None:
    from workbench.core import settings
    from workbench.identity import access
    from workbench.identity.keys import Keys

    with settings.override(home=served[0].home):
        made = access.create_key("guest")
        shown = page.page.locator("#rendered_cells")
        shown.get_by_role("button", name="Revoke…").click()
        page.page.wait_for_function("document.activeElement.textContent.trim() === 'Keep it'")
        assert Keys().get(made.id).revoked_s is None
        press_until(page.page, lambda: focused(page.page) == "Revoke for good")
        page.page.keyboard.press("Space")
        shown.get_by_text("guest is refused from now on").wait_for()
        assert Keys().get(made.id).revoked_s is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_it_fits_a_phone_and_follows_the_system(
    served: tuple[Server, Any], open_page: Open, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 850}
    page = open_page(served[0].url(PAGE), color_scheme=scheme, viewport=size).page
    live(page)
    ask(served[0])
    page.locator("#rendered_cells .wb-curves").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ink = page.evaluate("getComputedStyle(document.querySelector('.wb-tile h2')).color")
    assert ink == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(226, 228, 231)")


def test_a_gateway_that_ends_leaves_the_page_standing(
    page: Watched, served: tuple[Server, Any]
) -> None:
    served[1].send_signal(signal.SIGTERM)
    shown = page.page.locator("#rendered_cells")
    shown.get_by_text("No gateway runs in this home").wait_for()
    assert "this month" in shown.inner_text()  # what was used stands all the same
    assert not shown.get_by_role("button", name="Load", exact=True).is_visible()
    assert page.errors == []
