"""The fleet page in Chromium, over devices of every state and a roll-out under way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.studio.made_fleet import MadeFleet
from workbench.core import settings
from workbench.edge.fleet import rollouts
from workbench.edge.fleet.rollout_records import list_rollouts

from .conftest import REPO, Server, Watched, dashboards_command, running, wait_for
from .test_home import live, press_until

Open = Callable[..., Watched]
PAGE = "/voila/render/fleet.ipynb"


def make_fleet(folder: object) -> MadeFleet:
    """Twelve devices, of which two went back from the version that is being given out."""
    made = MadeFleet(folder)  # type: ignore[arg-type]
    for number in range(10):
        made.say(f"kiosk-{number}", 1, temperature_c=48.0 + number, records_waiting=3 * number)
    rollouts.start(made.shelf, made.bundle(1), stages=(1.0,))
    rollouts.look(made.shelf)
    rollouts.start(made.shelf, made.bundle(2), stages=(0.25, 0.5, 1.0))
    made.say("kiosk-2", 2, battery_percent=64)
    made.fail("kiosk-5", 2, "it does not fit in 400,000,000 bytes")
    made.say("kiosk-7", 2, healthy=False)
    made.say("kiosk-8", 1, clock="the clock here says 2024-01-02, 697 days behind")
    made.enrol("new-one")
    made.send("kiosk-2", "usage", b"x" * 900)
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with a made fleet."""
    own = tmp_path_factory.mktemp("fleet-page")
    home, project = own / "home", own / "project"
    home.mkdir()
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "fleet.ipynb", pages)
    with settings.override(home=home):
        make_fleet(own / "made")
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


def test_a_phone_reads_it_and_nothing_leaves_the_machine(server: Server, open_page: Open) -> None:
    watched = open_page(
        server.url(PAGE), color_scheme="dark", viewport={"width": 400, "height": 850}
    )
    live(watched.page)
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("✗ fell back 1").wait_for()
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400
    assert shown.get_by_text("it does not fit in 400,000,000 bytes").count() >= 1
    assert watched.outside == [] and watched.errors == []


def test_a_roll_out_is_halted_by_keys_alone(server: Server, open_page: Open) -> None:
    """The question has the focus on the answer that changes nothing; one Tab on is the deed."""
    watched = open_page(server.url(PAGE))
    live(watched.page)
    said = "document.activeElement?.textContent.trim()"

    def focused() -> str:
        return str(watched.page.evaluate(said))

    press_until(watched.page, lambda: focused() == "Halt…")
    watched.page.keyboard.press("Enter")
    wait_for(lambda: focused() == "Leave it")
    with settings.override(home=server.home):
        assert list_rollouts()[0].state == "running"
    watched.page.keyboard.press("Tab")
    assert focused() == "Halt for all"
    watched.page.keyboard.press("Enter")
    watched.page.locator("#rendered_cells").get_by_text("✗ halted").first.wait_for()
    with settings.override(home=server.home):
        found = list_rollouts()[0]
    assert (found.state, found.reason) == ("halted", "on the fleet page")
    assert watched.outside == [] and watched.errors == []
