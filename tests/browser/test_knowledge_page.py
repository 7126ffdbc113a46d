"""The knowledge page in Chromium, over a small real graph, by keyboard and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations, settings
from workbench.store.database import close_all

from .conftest import REPO, Server, Watched, dashboards_command, running, watch_page
from .test_accessible_names import named_controls
from .test_home import focused, live, press_until

DOCUMENTS = {
    "observatory.txt": "The Ostra Observatory was founded by Maria Winkel in 1871. It is located "
    "in Ostra. Its largest telescope was built in Tamber.",
    "ostra.txt": "Ostra is located in Levania. The mill of Ostra was closed in 1902. Tamber is "
    "located in Lévania.",
    "tamber.txt": "Tamber is the capital of Levania. Maria Winkel was born in Ostra.",
    "broken.ipynb": "{",
}


@pytest.fixture(scope="module")
def server(shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboards' server in a home with a small graph and the models of the shared home."""
    from workbench.models.loading import prepare

    own = tmp_path_factory.mktemp("knowledge-page")
    home, project, documents = own / "home", own / "project", own / "documents"
    for folder in (home, documents):
        folder.mkdir()
    for name, text in DOCUMENTS.items():
        (documents / name).write_text(text)
    with settings.override(home=shared_home_path):
        prepare("minilm-l6-v2", engine="transformers")
    for name in ("blobs", "sources", "models", "converted"):
        (shared_home_path / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(shared_home_path / name)
    pages = project / "notebooks" / "dashboards"
    pages.mkdir(parents=True)
    (project / "workbench.toml").write_text("")
    shutil.copy(REPO / "notebooks" / "dashboards" / "knowledge.ipynb", pages)
    with settings.override(home=home):
        values = {"name": "towns", "folders": [str(documents)], "extractors": ["patterns"]}
        operations.find("knowledge.build").run(values)
        close_all()
    with running(dashboards_command, own / "voila", project, home) as started:
        yield started


@pytest.fixture(scope="module")
def watched(server: Server, browser: Any) -> Iterator[Watched]:
    """One page for all tests: dark, and as wide as a phone."""
    size = {"width": 400, "height": 900}
    context = browser.new_context(color_scheme="dark", viewport=size)
    found = watch_page(context, server.url("/voila/render/knowledge.ipynb"))
    live(found.page)
    yield found
    assert found.outside == [] and found.errors == []
    context.close()


def ask(page: Any, question: str) -> None:
    page.locator("#rendered_cells").get_by_label("Question").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(question)
    press_until(page, lambda: focused(page) == "Ask")
    page.keyboard.press("Enter")


def test_it_counts_and_says_what_was_left_out(watched: Watched) -> None:
    shown = watched.page.locator("#rendered_cells")
    shown.get_by_text("this is no notebook").wait_for()
    assert "3 documents" in shown.locator(".wb-big").inner_text()
    assert "facts" in shown.locator(".wb-big").inner_text()
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 400


def test_an_answer_unfolds_its_source_by_keyboard(watched: Watched) -> None:
    page = watched.page
    shown = page.locator("#rendered_cells")
    shown.get_by_label("Ask no model").check()
    ask(page, "Who founded the Ostra Observatory?")
    shown.get_by_text("✓ answered").wait_for()
    assert "Maria Winkel" in shown.locator(".answer").first.inner_text()
    press_until(page, lambda: focused(page).startswith("[1] observatory.txt"))
    page.keyboard.press("Enter")
    place = shown.locator("details.source[open] .place").first
    assert "founded by Maria Winkel" in place.locator("mark").inner_text()
    assert "telescope" in place.inner_text()
    ask(page, "Which football club won the cup in Brazil?")
    shown.get_by_text("– no answer").wait_for()
    assert shown.get_by_text("✓ answered").count() == 0  # what was asked before is gone


def test_the_graph_around_a_name_is_drawn(watched: Watched) -> None:
    page = watched.page
    shown = page.locator("#rendered_cells")
    shown.get_by_label("Around", exact=True).fill("Ostra")
    press_until(page, lambda: focused(page) == "Draw it")
    page.keyboard.press("Enter")
    shown.locator(".wb-graph[data-entities]").wait_for()
    page.locator(".wb-graph .cursor").focus()
    assert shown.locator(".wb-graph .read").inner_text().startswith("Ostra")
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_a_pair_is_merged_and_taken_back_by_keyboard(watched: Watched, server: Server) -> None:
    page = watched.page
    shown = page.locator("#rendered_cells")
    shown.get_by_label("At most so many pairs").focus()
    press_until(page, lambda: focused(page) == "Look for pairs")
    page.keyboard.press("Enter")
    shown.get_by_role("button", name="They are one").first.wait_for()
    press_until(page, lambda: focused(page) == "They are one")
    page.keyboard.press("Enter")
    shown.get_by_text("are one now").wait_for()
    page.wait_for_function("document.activeElement.textContent.trim() === 'Take back'")
    with settings.override(home=server.home):
        assert len(operations.find("knowledge.candidates_decided").run({"name": "towns"})) == 1
    page.keyboard.press("Enter")
    shown.get_by_text("as if they had never been merged").wait_for()
    with settings.override(home=server.home):
        assert operations.find("knowledge.candidates_decided").run({"name": "towns"}) == []
        close_all()
    unnamed = [role for role, name in named_controls(page) if not name]
    assert unnamed == []
