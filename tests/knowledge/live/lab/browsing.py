"""What the tests of JupyterLab in Chromium do there: a notebook, and typing in it."""

from __future__ import annotations

from typing import Any

import nbformat

from .conftest import Lab

CODE = ".jp-CodeCell .cm-content"


def write(page: Any, text: str, *, at: str = "End") -> None:
    page.locator(CODE).first.click()
    page.keyboard.press(at)
    page.keyboard.type(text, delay=15)


def has(page: Any, text: str) -> None:
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.innerText.includes(text)",
        arg=[CODE, text],
    )


def fresh_book(lab: Lab) -> str:
    """A notebook that no other test has open."""
    name = f"book{len(list((lab.files / 'team').iterdir()))}.ipynb"
    cell = nbformat.v4.new_code_cell("1 + 1")
    cell["metadata"]["trusted"] = True
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Book"), cell])
    book.metadata["kernelspec"] = dict.fromkeys(("name", "display_name"), "python3")
    nbformat.write(book, lab.files / "team" / name)
    return f"notebooks/team/{name}"
