"""Pages ask nobody anything while nobody looks at them; models of other homes are not shown."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.studio import serving_facts, tile_models
from workbench.studio.chart import PLOTLY_MIME, lines
from workbench.studio.pages import Page
from workbench.studio.presence import SILENT_S, Presence
from workbench.studio.serving_facts import GLANCE_S, GatewayFacts, ServingFacts
from workbench.studio.tile_models import LoadedModel
from workbench.studio.tiles import Tile


def test_somebody_is_there_until_the_script_is_silent_or_says_no() -> None:
    now_s = [0.0]
    presence = Presence(clock=lambda: now_s[0])
    assert not presence.is_there  # a page that was rendered ahead of its reader
    presence.widget.seen = 1
    assert presence.is_there
    now_s[0] = SILENT_S + 1
    assert not presence.is_there  # closed
    presence.widget.seen = 2
    assert presence.is_there
    presence.widget.seen = 0
    assert not presence.is_there  # hidden


def test_a_page_looks_only_while_it_is_seen() -> None:
    looks: list[int] = []
    tile = Tile("made", "Made", lambda: "text", look=lambda: looks.append(1))
    page = Page([tile], head="", title="made")
    assert len(looks) == 1  # as it is drawn

    async def turns(count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0.01)

    async def run() -> None:
        task = asyncio.create_task(page.keep_fresh(every_s=0.01))
        await turns(20)
        assert len(looks) == 1
        page.presence.widget.seen = 1
        while len(looks) < 4:
            await asyncio.sleep(0.01)
        page.presence.widget.seen = 0
        await turns(5)  # the one that is under way
        seen = len(looks)
        await turns(20)
        assert len(looks) == seen
        task.cancel()

    asyncio.run(run())


def test_a_gateway_that_does_nothing_is_asked_seldom(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    status = {"in_flight": 0, "queued": 0}

    def find() -> GatewayFacts:
        asked.append(1)
        return GatewayFacts("ready", "http://127.0.0.1:1", status=status)

    monkeypatch.setattr(serving_facts, "find_gateway", find)
    now_s = [0.0]
    facts = ServingFacts(clock=lambda: now_s[0])
    for _ in range(5):
        facts.glance()
    assert len(asked) == 1
    now_s[0] = GLANCE_S
    facts.glance()
    assert len(asked) == 2
    status["in_flight"] = 1
    facts.glance()
    facts.glance()
    assert len(asked) == 4
    facts.look()
    assert len(asked) == 5


def test_models_of_another_home_are_not_shown(home: Path, tmp_path: Path) -> None:
    wait = [sys.executable, "-c", "input()", tile_models._WORKER]
    started = [
        subprocess.Popen(wait, stdin=subprocess.PIPE, env={**os.environ, "WORKBENCH_HOME": str(at)})
        for at in (home, tmp_path / "another")
    ]
    try:
        found = [each.pid for each in tile_models.find_loaded()]
        assert started[0].pid in found
        assert started[1].pid not in found
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_a_model_with_two_processes_is_one_row_with_the_memory_of_both() -> None:
    chat, vectors = LoadedModel("m", 7, 200_000_000, 1), LoadedModel("m", 8, 100_000_000, 1)
    told = tile_models.loaded_rows([chat, vectors])
    assert told.count("<li>") == 1
    assert "300 MB" in told and "texts and embeddings: 7 and 8" in told
    elsewhere = LoadedModel("m", 9, 100_000_000, 2)  # of a notebook, beside the gateway's
    assert tile_models.loaded_rows([chat, elsewhere]).count("<li>") == 2


def test_a_chart_on_a_page_has_a_place_of_its_height() -> None:
    """It follows the window, and plotly then asks the place: without a height it vanished."""
    rows = [{"x": 1, "y": 1.0}, {"x": 2, "y": 2.0}]
    chart = lines(rows, "x", "y", title="Made", x_title="x", y_title="y", height_px=180)
    page = Page([Tile("one", "One", lambda: chart)], head="", title="A page")
    drawn = page.panels[0].box.children[1]
    assert drawn.outputs[0]["data"][PLOTLY_MIME]["config"] == {"responsive": True}
    assert drawn.layout.height == "180px" and "wb-chart" in drawn._dom_classes


def test_a_page_says_of_when_it_is_until_its_reader_was_waited_for() -> None:
    page = Page([Tile("one", "One", lambda: "all is well")], head="", title="A page")
    assert "being brought up to date" in page.html()  # it may be old when read

    async def look() -> None:
        task = asyncio.create_task(page.keep_fresh(every_s=0.01))
        await asyncio.sleep(0.05)
        assert "being brought up to date" in page.html()
        page.presence.widget.seen = 1
        while "being brought up to date" in page.html():
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(look(), 20))
