"""The privacy page in Chromium, over budgets, a signed ledger and a curve that was measured."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from workbench.core import settings
from workbench.privacy.auditing.accuracy_curve import AccuracyCurve, EpsilonPoint, keep_curve
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.mechanisms import PureSteps

from .conftest import REPO, Server, Watched, dashboards_command, running
from .test_home import live, press_until

Open = Callable[..., Watched]
DIGITS = "0232a94d070511d483926263e269e7d31d41722f2e94093269c0344d414834d5"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with a budget and a made curve."""
    own = tmp_path_factory.mktemp("privacy-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "privacy.ipynb", pages)
    points = tuple(
        EpsilonPoint(epsilon, (a, a), a, a - 0.02, a + 0.01, 4.0, 0.5, 30, most)
        for epsilon, a, most in ((0.5, 0.81, 0.06), (2.0, 0.93, 0.19), (8.0, 0.97, 0.59))
    )
    with settings.override(home=home):
        budgets = Budgets()
        budgets.set(DIGITS, epsilon=2.0, delta=1e-5)
        budgets.end(budgets.spend(DIGITS, PureSteps(0.5), purpose="count of label"))
        keep_curve(AccuracyCurve("digits", DIGITS, 1e-5, points, 0.98, 9, 450, 0, 1.76e9, 30.0))
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


def test_a_phone_reads_it_and_keys_move_the_slider(server: Server, open_page: Open) -> None:
    watched = open_page(
        server.url("/voila/render/privacy.ipynb"), color_scheme="dark",
        viewport={"width": 400, "height": 850},
    )  # fmt: skip
    live(watched.page)
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("1.5 left").wait_for()
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400
    shown.get_by_text("60 times in 100").wait_for()
    focus = "document.activeElement.getAttribute('role')"
    press_until(watched.page, lambda: watched.page.evaluate(focus) == "slider")
    watched.page.keyboard.press("ArrowRight")
    shown.get_by_text("80 times in 100").wait_for()
    press_until(watched.page, lambda: "Verify now" in watched.page.evaluate(
        "document.activeElement.textContent"))  # fmt: skip
    watched.page.keyboard.press("Space")
    shown.get_by_text("✓ sound").first.wait_for()
    assert watched.outside == [] and watched.errors == []
