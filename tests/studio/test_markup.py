"""Pieces of HTML: what is typed looks typed, and a sentence does not."""

from __future__ import annotations

import re

import pytest

from workbench.studio.markup import hint_html, whole_options
from workbench.studio.pages import Page
from workbench.studio.tiles import Tile


@pytest.mark.parametrize(
    ("hint", "typed"),
    [
        ("workbench models pull smollm2-135m", True),
        ("--sensitive COLUMN, once or several times", True),
        ("WORKBENCH_HOME=/somewhere", True),
        ("give a text of two tokens or more", False),
        ("a <longer> prompt", False),
    ],
)
def test_a_hint(hint: str, typed: bool) -> None:
    html = hint_html(hint)
    assert ("<code>" in html) is typed
    assert html.startswith("Try: ") and "<longer>" not in html


def test_no_hint_says_nothing() -> None:
    assert hint_html(None) == ""


def test_an_option_of_a_command_is_kept_on_one_line() -> None:
    page = "<p>a --b</p><code>workbench x --model a-b--c\n--data rows.jsonl</code> <code>y</code>"
    assert whole_options(page) == (
        '<p>a --b</p><code>workbench x <span class="whole">--model</span> a-b--c\n'
        '<span class="whole">--data</span> rows.jsonl</code> <code>y</code>'
    )
    assert re.sub(r"</?span[^>]*>", "", whole_options(page)) == page


def test_every_text_of_a_page_keeps_its_options_whole() -> None:
    page = Page([Tile("one", "One", lambda: "<code>x --model y</code>")], head="", title="A page")
    assert '<span class="whole">--model</span>' in page.html()
    assert ".wb .whole" in page.html()
