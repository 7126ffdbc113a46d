"""Pieces of HTML: what is typed looks typed, and a sentence does not."""

from __future__ import annotations

import pytest

from workbench.studio.markup import hint_html


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
