"""JupyterLab in Chromium: two write a notebook, a third only reads, and nobody's script runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.identity.passwords import Passwords

from .browsing import CODE, fresh_book, has, write
from .conftest import PATIENCE_MS, Lab, lab_in, wait_for, write_files

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, shared_home_path: Path) -> Iterator[Lab]:
    with lab_in(tmp_path_factory.mktemp("browser"), shared_home_path) as found:
        yield found


def test_two_write_one_notebook_and_each_takes_back_his_own(
    lab: Lab, come: Callable[..., Any]
) -> None:
    # Neither may run code: a kernel that does not start would lay its message over the page.
    path = fresh_book(lab)
    cora, tess = come("cora", path), come("tess", path, color_scheme="dark")
    write(cora, " # by cora")
    has(tess, "by cora")
    write(tess, " # by tess")
    has(cora, "by tess")
    # Each sees the other's cursor, in the other's colour, with the name that the server knows.
    for page, other in ((cora, "tess"), (tess, "cora")):
        cursor = page.locator(".jp-remote-cursor").first
        cursor.wait_for(state="attached")
        page.get_by_role("tab", name="Collaboration").click()
        page.get_by_role("heading", name="Online Collaborators").wait_for()
        assert page.locator("#jp-collaboration-panel").get_by_text(other, exact=True).count() >= 1
    write(cora, "", at="End")
    cora.keyboard.press("Control+z")
    cora.wait_for_function(
        "where => !document.querySelector(where).innerText.includes('by cora')", arg=CODE
    )
    has(cora, "by tess")
    has(tess, "by tess")
    file = lab.files / path.removeprefix("notebooks/")
    wait_for(lambda: "by tess" in file.read_text() and "by cora" not in file.read_text())
    if folder := os.environ.get("WORKBENCH_TEST_PICTURES"):  # to be looked at
        cora.screenshot(path=f"{folder}/live-lab-light.png")
        tess.screenshot(path=f"{folder}/live-lab-dark.png")


def test_a_reader_sees_what_is_typed_and_why_he_cannot(lab: Lab, come: Callable[..., Any]) -> None:
    path = fresh_book(lab)
    rita, tess = come("rita", path), come("tess", path)
    line = rita.get_by_role("status").filter(has_text="You may read this")
    line.wait_for()
    assert "granted reader in /notebooks" in line.inner_text()
    assert line.bounding_box()["height"] > 10
    write(tess, " # seen")
    has(rita, "seen")
    write(rita, " # by rita")
    rita.keyboard.press("Escape")
    for key in ("b", "d", "d", "Control+s"):
        rita.keyboard.press(key)
    write(tess, " # more")
    has(rita, "more")
    assert "by rita" not in tess.locator(CODE).first.inner_text()
    assert "by rita" not in rita.locator(CODE).first.inner_text()
    file = lab.files / path.removeprefix("notebooks/")
    wait_for(lambda: "more" in file.read_text())
    assert "by rita" not in file.read_text()
    assert len(json.loads(file.read_text())["cells"]) == 2
    assert rita.get_by_role("dialog").count() == 0


def test_the_launcher_offers_what_one_may_and_says_why_not_more(lab: Lab, chromium: Any) -> None:
    consoles = '.jp-LauncherCard[data-category="Console"]'
    for who, runs in (("tess", False), ("ada", True)):
        context = chromium.new_context(viewport={"width": 1100, "height": 720})
        session = {"name": "workbench_lab_session", "value": lab.shows[who], "url": lab.url}
        context.add_cookies([session])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{lab.url}/lab/workspaces/launcher-{who}")
        page.locator('.jp-LauncherCard[data-category="Notebook"]').first.wait_for()
        line = page.get_by_role("status").filter(has_text="not run by you")
        if runs:
            page.locator(consoles).first.wait_for()
            assert line.count() == 0
        else:
            line.wait_for()
            assert "it takes who may administer in /" in line.inner_text()
            page.locator(consoles).first.wait_for(state="hidden")
        context.close()


def test_a_script_in_an_output_does_not_run_as_who_opens_it(
    lab: Lab, come: Callable[..., Any]
) -> None:
    """Whoever may edit can write it, and say of it that it is trusted."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    scripts = {
        "text/html": "<p>shown</p><script>window.ran = 1</script><img src=x onerror='ran = 2'>"
        "<script src='/files/notebooks/team/evil.js'></script>",
        "application/javascript": "window.ran = 3",
    }
    outputs = [
        nbformat.v4.new_output("display_data", data={kind: text}) for kind, text in scripts.items()
    ]
    book.cells[0]["outputs"] = outputs
    book.cells[0]["metadata"]["trusted"] = True
    (lab.files / "team" / "evil.js").write_text("window.ran = 4")
    nbformat.write(book, lab.files / "team" / "evil.ipynb")
    ada = come("ada", "notebooks/team/evil.ipynb")
    ada.get_by_text("shown", exact=True).wait_for()
    ada.wait_for_timeout(1000)
    assert ada.evaluate("window.ran") is None


def test_one_signs_in_by_keyboard_and_a_wrong_password_is_said(chromium: Any, lab: Lab) -> None:
    write_files(lab.files)
    Passwords(lab.database).set("tess", "a long enough password")
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{lab.url}/lab/tree/notebooks/plan.md?reset")
    # A browser gives a field the focus at its first drawing: on a busy machine that is after the
    # page is loaded, and a letter that is typed before is lost.
    page.locator("#user:focus").wait_for()
    page.keyboard.type("tess")
    page.keyboard.press("Tab")
    page.keyboard.type("a wrong one")
    page.keyboard.press("Enter")
    assert "password" in page.get_by_role("alert").inner_text()
    page.locator("#password:focus").wait_for()
    assert page.get_by_label("Name").input_value() == "tess"
    page.keyboard.type("a long enough password")
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-FileEditor .cm-content")
    assert page.url.endswith("/lab/tree/notebooks/plan.md")
    context.close()
