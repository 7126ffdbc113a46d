"""JupyterLab in Chromium: it begins with the home page, and no request leaves the machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .conftest import TOKEN, Server, Watched, lab_command, notebook, running, wait_for
from .test_home import HOME, ask, focused, live, press_until

Open = Callable[..., Watched]


def back_home(page: Any) -> None:
    """Back as often as it takes: JupyterLab notes each folder that it opens."""
    for _ in range(4):
        page.go_back()
        if "/voila/render/" in page.url:
            break
    live(page)


def test_lab_begins_at_home_and_asks_nothing_of_the_network(lab: Server, open_page: Open) -> None:
    home = open_page(lab.url("/"))
    home.page.wait_for_url("**/voila/render/notebooks/dashboards/home.ipynb**")
    live(home.page)
    home.page.wait_for_timeout(1000)
    assert home.outside == []
    assert home.errors == []


def test_keyboard_alone_from_home_to_a_notebook_a_report_and_back(
    lab: Server, open_page: Open
) -> None:
    watched = open_page(lab.url(HOME))
    page = watched.page
    live(page)
    original = lab.project / "notebooks" / "small.ipynb"
    committed = original.read_bytes()
    press_until(page, lambda: focused(page) == "Small")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lab/tree/work/notebooks/small.ipynb")
    page.locator(".jp-MarkdownOutput").get_by_text("Does it run?").wait_for()
    # Voila's page was shown before by the same server, and its themes must not take Lab's place.
    page.wait_for_selector('body[data-jp-theme-name^="JupyterLab"]', state="attached")
    assert page.get_by_text("Error Loading Theme").count() == 0
    assert watched.outside == []
    # What a reader writes and saves is theirs: the project's notebook stays as it is.
    page.locator("#jp-main-statusbar").get_by_text("(ipykernel) | Idle").wait_for()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.type("# mine\n")
    page.keyboard.press("Control+s")
    copy = lab.project / "work" / "notebooks" / "small.ipynb"
    wait_for(lambda: "# mine" in copy.read_text())
    assert original.read_bytes() == committed
    back_home(page)
    press_until(page, lambda: focused(page) == "last report")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workbench/reports/small/**/report.html")
    page.get_by_role("heading", name="Small").wait_for()
    page.go_back()
    live(page)
    assert watched.outside == []


def help_leads_home(page: Any, base: str) -> None:
    """Click the entry of the Help menu, and see where the new tab ends."""
    page.locator(".lm-MenuBar-item").get_by_text("Help", exact=True).click()
    with page.expect_popup() as opened:
        page.locator(".lm-Menu-item").get_by_text("Home page of Workbench").click()
    opened.value.wait_for_url(f"**{base}voila/render/notebooks/dashboards/home.ipynb**")
    live(opened.value)


def test_the_help_menu_leads_home_below_any_address_and_from_any_page(
    project: tuple[Path, Path], open_page: Open, tmp_path: Path
) -> None:
    """A hub's servers have an address of their own, and the page's own address gets longer."""

    def below(port: int) -> list[str]:
        return [*lab_command(port), "--ServerApp.base_url=/user/ada/"]

    with running(below, tmp_path / "below", *project) as server:
        for place in ("lab", "lab/tree/notebooks/small.ipynb", "lab/workspaces/other"):
            page = open_page(server.url(f"/user/ada/{place}")).page
            page.wait_for_selector("#jp-main-dock-panel")
            help_leads_home(page, "/user/ada/")


def test_palette_and_launcher_lead_home(lab: Server, open_page: Open) -> None:
    watched = open_page(lab.url("/lab/workspaces/palette"))
    page = watched.page
    tile = page.locator(".jp-LauncherCard").get_by_text("Home page of Workbench")
    for words in ("home", "workbench"):
        tile.wait_for()
        page.keyboard.press("Control+Shift+c")
        field = page.locator(".jp-ModalCommandPalette .lm-CommandPalette-input")
        field.fill(words)
        found = page.locator(".jp-ModalCommandPalette .lm-CommandPalette-item")
        found.get_by_text("Home page of Workbench").click(trial=True)
        with page.expect_popup() as opened:
            found.get_by_text("Home page of Workbench").click()
        opened.value.wait_for_url("**/voila/render/notebooks/dashboards/home.ipynb**")
    with page.expect_popup() as opened:
        tile.click()
    live(opened.value)
    # A page of Voila's is no JupyterLab: what is made for that is not loaded there.
    assert opened.value.evaluate("'workbench-home' in (window._JUPYTERLAB ?? {})") is False
    assert page.evaluate("'workbench-home' in window._JUPYTERLAB") is True
    assert watched.outside == [] and watched.errors == []


def test_a_phone_sees_the_notebook_and_not_the_file_browser(lab: Server, open_page: Open) -> None:
    place = "/lab/workspaces/{}/tree/notebooks/small.ipynb"
    for width, is_folded in ((400, True), (1280, False)):
        size = {"width": width, "height": 800}
        page = open_page(lab.url(place.format(f"wide{width}")), viewport=size).page
        cell = page.locator(".jp-Notebook .jp-MarkdownOutput").first
        cell.wait_for()
        browser = page.locator("#filebrowser")
        if is_folded:
            browser.wait_for(state="hidden")
            box = cell.bounding_box()
            assert box is not None and box["width"] > 0.5 * width
            page.keyboard.press("Control+b")  # and unfolds by the key that the page says
        browser.wait_for(state="visible")


def test_lab_follows_the_colours_of_the_system(lab: Server, open_page: Open) -> None:
    for scheme, is_light in (("dark", "false"), ("light", "true")):
        page = open_page(lab.url("/lab"), color_scheme=scheme).page
        page.wait_for_selector(f'body[data-jp-theme-light="{is_light}"]', state="attached")


def test_a_planted_request_is_caught_in_lab(lab: Server, open_page: Open) -> None:
    planted = open_page(lab.url("/lab"))
    planted.page.wait_for_selector("#jp-main-dock-panel")
    assert planted.outside == []
    planted.page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'),"
        " { src: 'http://192.0.2.1/x.js' }))"
    )
    planted.page.wait_for_timeout(200)
    assert planted.outside == ["http://192.0.2.1/x.js"]


def test_two_labs_at_once_both_work(lab: Server, open_page: Open, tmp_path: Path) -> None:
    with running(lab_command, tmp_path / "second", lab.project, lab.home) as second:
        for server in (lab, second):
            live(open_page(server.url(HOME)).page)


_WIDGET = """
import numpy as np
from workbench.interpretability.attribution.result import Attribution
tokens, scores = (' one', ' two', ' three'), np.array([[1.0, -2.0, 0.5], [0.1, 0.2, 0.3]])
Attribution('made', tokens, (' a', ' b'), (1, 2, 3), (4, 5), ((0, 1), (1, 2), (2, 3)), scores,
            'occlusion', 'space', None, -1.0)
"""


def test_keys_in_a_widget_are_its_own_and_cut_no_cell(lab: Server, open_page: Open) -> None:
    """Lab takes letters for commands on cells: `x` cuts one."""
    path = lab.project / "notebooks" / "widget.ipynb"
    path.write_text(notebook(_WIDGET, "'another cell'"))
    # A workspace of its own: Lab opens again what an earlier test had open, hidden behind this.
    watched = open_page(lab.url("/lab/workspaces/keys/tree/notebooks/widget.ipynb"))
    page = watched.page
    # A cell that is run before its kernel is there is never run. The status bar waits for the
    # kernel; the toolbar's circle is no sign, it says idle before there is one.
    page.locator("#jp-main-statusbar").get_by_text("(ipykernel) | Idle").wait_for()
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    chips = page.locator(".wb-w .alive .chip")
    chips.first.wait_for()
    assert page.locator(".jp-OutputArea .wb-w").count() == 1  # alive, and not its twin beside it
    chips.first.focus()
    for key in ("x", "d", "d", "b", "Delete", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.place") == "1"
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 2
    assert chips.count() == 3
    # Without the mark that keeps Lab away the same key does cut: the check can fail.
    chips.evaluate_all("all => all.forEach(e => e.removeAttribute('data-lm-suppress-shortcuts'))")
    page.keyboard.press("x")
    page.wait_for_function(
        "document.querySelectorAll('.jp-Notebook .jp-CodeCell').length == 1", timeout=5000
    )
    assert watched.outside == []
    assert watched.errors == []


def test_a_notebook_that_is_not_there_is_said_with_a_way_home(lab: Server) -> None:
    status, text = ask(lab.port, "/workbench/open/notebooks/nothere.ipynb", token=TOKEN)
    assert status == 404
    assert "there is no notebook notebooks/nothere.ipynb" in text
    assert 'workbench/home">Back to the home page</a>' in text


_GRAPH = """
from workbench.knowledge.views.picture import DrawnEntity, DrawnFact, Picture
names = ("Ada", "London", "England", "Bob")
entities = tuple(DrawnEntity(each, each, (each,), (), 1, n, n % 2) for n, each in enumerate(names))
facts = tuple(
    DrawnFact(n, relation, n + 1, None, None, 0.9, False, None, f"words of {n}", "a.txt", 0, 5, 1,
              ((0, 0),))
    for n, relation in enumerate(("born_in", "located_in", "home_of")))
Picture("made", "made", None, 2, "none", ("now",), entities, facts)
"""


def test_a_graph_is_searched_and_walked_and_its_keys_are_no_commands_of_labs(
    lab: Server, open_page: Open
) -> None:
    """Lab keeps Enter from the fields of an output, and takes ``x`` for "cut the cell"."""
    (lab.project / "graph.ipynb").write_text(notebook(_GRAPH))
    # A workspace of its own: the default one may bring back a tab of another test, which hides.
    watched = open_page(lab.url("/lab/workspaces/graph/tree/graph.ipynb"))
    page = watched.page
    page.locator("#jp-main-statusbar").get_by_text("(ipykernel) | Idle").wait_for()
    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    for _ in range(60):
        if cell.locator(".jp-InputPrompt").inner_text().strip("[]: "):
            break
        cell.locator(".cm-content").click()  # Lab puts the focus elsewhere while it starts
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(500)
    page.wait_for_selector(".wb-graph[data-entities]")
    page.focus('.wb-graph input[type="search"]')
    page.keyboard.type("eng")
    page.keyboard.press("Enter")
    read = page.locator(".wb-graph .read")
    read.get_by_text("England").wait_for()
    page.keyboard.press("ArrowRight")
    read.get_by_text("Bob").wait_for()
    for place in (".cursor", "summary", 'input[type="search"]', "[data-zoom]", "[data-do]"):
        page.locator(f".wb-graph {place}").first.focus()
        for key in ("x", "d", "d", "a"):
            page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 1
    assert page.locator(".wb-graph[data-entities]").count() == 1
    assert watched.outside == [] and watched.errors == []
