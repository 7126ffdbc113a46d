"""Code in the documentation keeps the space in front of a token, which is a part of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SHEET = Path(__file__).resolve().parents[2] / "docs" / "static" / "site.css"
# As Sphinx writes "` Paris`": the space stands outside of the word.
PAGE = (
    "<style>{}</style><p>one for <code class='docutils literal notranslate'> "
    "<span class='pre'>Paris</span></code> and</p>"
)


def test_the_space_before_a_token_is_seen(browser: Any) -> None:
    page, sheet = browser.new_page(), SHEET.read_text("utf-8")
    widths = []
    for css in (sheet, sheet.replace("break-spaces", "normal")):
        page.set_content(PAGE.format(css), wait_until="domcontentloaded")
        widths.append(page.evaluate("document.querySelector('code').getBoundingClientRect().width"))
    page.close()
    assert widths[0] > widths[1] + 2, "without the rule the space is gone: the check can fail"
