"""The home page in Chromium: no request leaves the machine, and the keyboard reaches everything."""

from __future__ import annotations

import http.client
import json
import subprocess
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.studio.server import ICON

from .conftest import Server, Watched, dashboards_command, environment, wait_for

Open = Callable[..., Watched]
HOME = "/workbench/home"


def live(page: Any) -> None:
    """Wait until the widgets have taken the place of the page that was drawn ahead."""
    page.wait_for_selector("#rendered_cells .wb-tile h2", state="visible")
    page.wait_for_selector("#loading", state="detached")


def press_until(page: Any, found: Callable[[], bool], *, key: str = "Tab") -> None:
    for _ in range(80):
        page.keyboard.press(key)
        if found():
            return
    raise AssertionError(f"{key} never came there")


def focused(page: Any) -> str:
    said: str = page.evaluate("document.activeElement?.textContent ?? ''")
    return said.strip()


def test_home_asks_nothing_of_the_network(dashboards: Server, open_page: Open) -> None:
    home = open_page(dashboards.url(HOME))
    live(home.page)
    home.page.wait_for_timeout(1000)  # what comes late counts as well
    assert home.outside == []
    assert home.errors == []


def test_a_planted_request_is_caught(dashboards: Server, open_page: Open) -> None:
    planted = open_page(dashboards.url("/voila/render/planted.ipynb"))
    planted.page.wait_for_selector("#rendered_cells #p", state="attached")
    planted.page.wait_for_timeout(500)
    assert planted.outside == ["http://192.0.2.1/x.js"]


def test_content_is_painted_before_the_widgets_have_come(
    dashboards: Server, open_page: Open
) -> None:
    wait_for(lambda: dashboards.log.read_text().count("is filled") >= 1)
    home = open_page()
    home.page.route("**/voila.js", lambda route: route.abort())  # no script of Voila ever comes
    home.page.goto(dashboards.url(HOME))
    home.page.wait_for_selector("#loading .wb-tile h2", state="visible")
    assert "Does it run?" in home.page.locator("#loading").inner_text()


@pytest.mark.parametrize("path", [HOME, "/voila/render/nowhere.ipynb", "/workbench/reports/x.html"])
def test_every_page_has_its_icon(dashboards: Server, open_page: Open, path: str) -> None:
    """A page without one in its head has the browser ask for /favicon.ico, which was not there."""
    page = open_page(dashboards.url(path)).page
    href = page.evaluate("document.head.querySelector('link[rel=icon]')?.href ?? '/favicon.ico'")
    if href.startswith("data:"):
        assert urllib.parse.unquote(href.partition(",")[2]) == ICON
    else:
        answer = page.request.get(dashboards.url(href))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert answer.text() == ICON


def test_home_says_what_is_there(dashboards: Server, open_page: Open) -> None:
    home = open_page(dashboards.url(HOME))
    live(home.page)
    text = home.page.locator("#rendered_cells").inner_text()
    for said in ("Does it run?", "1 min · 0.1 GB", "1 of 1 claim holds", "broken.ipynb is not a"):
        assert said in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_home_fits_a_phone_and_follows_the_system(
    dashboards: Server, open_page: Open, scheme: str, width: int
) -> None:
    home = open_page(
        dashboards.url(HOME), color_scheme=scheme, viewport={"width": width, "height": 850}
    )
    live(home.page)
    assert home.page.evaluate("document.documentElement.scrollWidth") == width
    ground = home.page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = home.page.evaluate("getComputedStyle(document.querySelector('.wb-tile h2')).color")
    light, dark = "rgb(252, 252, 250)", "rgb(22, 24, 27)"
    assert ground == (light if scheme == "light" else dark)
    assert ink == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(226, 228, 231)")


@pytest.mark.parametrize("width", [400, 1280])
def test_labs_and_dashboards_stand_high_up(dashboards: Server, open_page: Open, width: int) -> None:
    page = open_page(dashboards.url(HOME), viewport={"width": width, "height": 850}).page
    live(page)

    def place(name: str) -> dict[str, float]:
        script = f"""() => {{
            const tile = document.querySelector("#rendered_cells #wb-{name}").closest(".wb-tile");
            const {{ left, right, top, bottom }} = tile.getBoundingClientRect();
            return {{ left, right, top, bottom }};
        }}"""
        found: dict[str, float] = page.evaluate(script)
        return found

    names = ("notebooks", "labs", "dashboards", "models", "runs")
    notebooks, labs, dashboards_, models, runs = map(place, names)
    assert labs["bottom"] < dashboards_["top"] < dashboards_["bottom"] < models["top"]
    assert 0 <= runs["top"] - notebooks["bottom"] < 40 or width == 400  # no hole in the column
    if width == 1280:
        assert labs["top"] == notebooks["top"] and labs["left"] > notebooks["right"]
        assert runs["left"] == notebooks["left"]
    else:
        assert 0 <= labs["top"] - notebooks["bottom"] < 40
        assert models["bottom"] < runs["top"]


def test_a_page_keeps_its_colours_when_the_system_turns_dark(
    dashboards: Server, open_page: Open
) -> None:
    """Its themes are chosen as it opens; a ground that changed alone left dark ink on dark."""
    page = open_page(dashboards.url(HOME), color_scheme="light").page
    page.wait_for_selector(".wb-tile h2")  # as it was drawn ahead, or as it lives
    page.emulate_media(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(252, 252, 250)", "rgb(22, 24, 27)"
    assert page.evaluate(ground) == light
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    # Without the mark of what was chosen it does follow: the check can fail.
    # In one go: a page that comes to life just now would put it back.
    assert page.evaluate(f"(delete document.body.dataset.jpThemeLight, {ground})") == dark


def test_a_report_opened_as_a_file_has_no_link_to_a_server(
    dashboards: Server, open_page: Open, tmp_path: Path
) -> None:
    """Whatever the folders are called that it lies in."""
    page = open_page(dashboards.url("/workbench/reports/index.html")).page
    page.get_by_role("link", name="Home", exact=True).wait_for(state="visible")
    saved = tmp_path / "workbench" / "reports" / "index.html"
    saved.parent.mkdir(parents=True)
    saved.write_text(page.request.get(page.url).text())
    page.goto(saved.as_uri())
    page.get_by_role("heading", name="Reports").wait_for()
    assert page.get_by_role("link", name="Home", exact=True).count() == 0


def test_keyboard_alone_from_home_to_a_report_and_back(dashboards: Server, open_page: Open) -> None:
    page = open_page(dashboards.url(HOME)).page
    live(page)
    press_until(page, lambda: focused(page) == "last report")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/workbench/reports/small/**/report.html")
    assert page.get_by_role("heading", name="Small").is_visible()
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("heading", name="Reports").wait_for()
    page.get_by_role("link", name="Home", exact=True).wait_for(state="visible")
    page.go_back()
    press_until(page, lambda: focused(page) == "Home")
    page.keyboard.press("Enter")
    live(page)
    assert "Does it run?" in page.locator("#rendered_cells").inner_text()


def test_claims_unfold_by_keyboard(dashboards: Server, open_page: Open) -> None:
    page = open_page(dashboards.url(HOME)).page
    live(page)
    press_until(page, lambda: "1 of 1 claim hold" in focused(page))
    page.keyboard.press("Enter")
    assert page.get_by_text("exactly 42").is_visible()


def test_a_job_is_cancelled_by_keyboard(dashboards: Server, open_page: Open) -> None:
    from workbench.core import settings
    from workbench.store import JobQueue

    with settings.override(home=dashboards.home):
        queue = JobQueue()
        job = queue.enqueue("models.list", {})
    page = open_page(dashboards.url(HOME)).page
    live(page)
    page.get_by_role("button", name="Cancel").wait_for()
    press_until(page, lambda: focused(page) == "Cancel")
    page.keyboard.press("Space")
    page.locator("#rendered_cells").get_by_text("– cancelled").wait_for()
    assert queue.get(job.id).state == "cancelled"


def ask(port: int, path: str, token: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"token {token}"} if token else {}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_nothing_is_shown_without_the_token(dashboards: Server) -> None:
    report = next((dashboards.project / "reports").glob("small/*/report.html"))
    path = f"/workbench/reports/small/{report.parent.name}/report.html"
    for address in ("/", HOME, path, "/voila/render/home.ipynb"):
        status, text = ask(dashboards.port, address)
        assert status in (302, 403), address
        assert "Does it run?" not in text
    assert ask(dashboards.port, path, token="a-token-of-this-test")[0] == 200
    # Voila's own route for files asks for no token: nothing may come by it.
    assert ask(dashboards.port, "/voila/files/home.ipynb")[0] == 403


def test_no_file_beside_the_reports_is_sent(dashboards: Server) -> None:
    for path in ("../workbench.toml", "..%2Fworkbench.toml", "%2Fetc%2Fpasswd", ".index.lock"):
        status, text = ask(
            dashboards.port, f"/workbench/reports/{path}", token="a-token-of-this-test"
        )
        assert status == 404, path
        assert "root:" not in text


def test_a_report_deleted_by_hand_is_said_plainly(dashboards: Server, open_page: Open) -> None:
    page = open_page(dashboards.url("/workbench/reports/small/gone/report.html")).page
    assert page.get_by_role("heading", name="This report is not here").is_visible()
    assert "workbench report run notebooks/small.ipynb" in page.content()
    page.get_by_role("link", name="small").click()  # the last one that is here
    page.get_by_role("heading", name="Small").wait_for()
    page.goto(dashboards.url("/workbench/reports/nope/gone/report.html"))
    said = page.locator("body").inner_text()
    assert "No notebook of this project is called nope" in said
    assert "notebooks/nope.ipynb" not in said
    assert page.get_by_role("link", name="small").is_visible()
    page.get_by_role("link", name="Back to the home page").click()
    live(page)


def test_a_port_that_is_taken_is_said_plainly(dashboards: Server, tmp_path: Path) -> None:
    second = subprocess.run(
        dashboards_command(dashboards.port),
        cwd=dashboards.project,
        env=environment(tmp_path, dashboards.home),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 1
    assert "no available port could be found" in second.stderr
    assert f"{dashboards.port}" in second.stderr
    assert "Traceback" not in second.stderr


def test_leaving_a_page_ends_its_kernel(dashboards: Server, open_page: Open) -> None:
    page = open_page(dashboards.url(HOME)).page
    live(page)
    page.wait_for_timeout(1000)  # the page has its kernel
    told = page.locator("#jupyter-config-data").text_content()
    page.goto("about:blank")
    ended = f"Kernel shutdown: {json.loads(told)['kernelId']}"
    wait_for(lambda: ended in dashboards.log.read_text())


def test_a_notebook_is_run_as_a_report_by_keyboard(dashboards: Server, open_page: Open) -> None:
    """The worker is a real one that the page starts, and the report opens from the page."""
    from workbench.core import settings
    from workbench.store import JobQueue

    page = open_page(dashboards.url(HOME)).page
    live(page)
    button = page.get_by_role("button", name="Run as report: Small")
    button.wait_for()
    old = page.get_by_role("link", name="last report").get_attribute("href")
    press_until(page, lambda: focused(page) == "Run as report")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.get_by_text("it goes on when this page is closed").or_(
        page.get_by_text("already.")
    ).first.wait_for()
    page.get_by_role("button", name="Run as report: Small").wait_for(state="detached")
    assert page.evaluate("document.activeElement.classList.contains('wb-run-report')")
    page.get_by_role("button", name="Run as report: Small").wait_for()
    with settings.override(home=dashboards.home):
        jobs = [job for job in JobQueue().list() if job.operation == "reports.run"]
    assert [job.state for job in jobs] == ["succeeded"]
    page.wait_for_function(
        "old => [...document.querySelectorAll('#rendered_cells a')].some("
        "a => a.textContent === 'last report' && a.getAttribute('href') !== old)",
        arg=old,
    )
    page.get_by_role("link", name="last report").click()
    page.wait_for_url("**/workbench/reports/small/**/report.html")
    assert page.get_by_role("heading", name="Small").is_visible()
