"""The page that is kept ahead: one, however many are given away at once."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.studio.server import say_nothing_of_trust
from workbench.studio.warm_page import WarmPage


def test_two_visits_in_a_row_begin_one_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home.ipynb").write_text("")
    begun: list[int] = []

    async def render(self: WarmPage) -> Any:
        begun.append(1)
        await asyncio.sleep(60)

    monkeypatch.setattr(WarmPage, "_render", render)

    async def visits() -> None:
        page = WarmPage(SimpleNamespace(root_dir=str(tmp_path)), "home.ipynb")
        page._begin()
        page._begin()
        await asyncio.sleep(0)
        assert page.get_pool_size("home.ipynb") == 1
        assert page.get_pool_size("other.ipynb") == 0
        assert page._next is not None
        page._next.cancel()

    asyncio.run(visits())
    assert begun == [1]


def test_only_our_own_pages_are_spared_the_warning_of_trust(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = SimpleNamespace(log=logging.getLogger("made.server"))
    say_nothing_of_trust(server, folder="notebooks/dashboards/")
    for path in ("notebooks/dashboards/home.ipynb", "notebooks/00_tour.ipynb"):
        server.log.warning("Notebook %s is not trusted", path)
    server.log.warning("notebooks/dashboards/home.ipynb is broken")
    assert [each.getMessage() for each in caplog.records] == [
        "Notebook notebooks/00_tour.ipynb is not trusted",
        "notebooks/dashboards/home.ipynb is broken",
    ]
