"""The page: everything of a document is escaped, and pictures have words."""

from __future__ import annotations

import re
from typing import Any

from workbench.reports.documents import read_document, to_html


def test_each_block_is_there_and_nothing_is_fetched(told: dict[str, Any]) -> None:
    page = to_html(read_document(told))
    assert page.count('<svg role="img" aria-label="') == 3
    assert "<h3>All of them</h3>" in page
    assert "<dd>90% interval 1,100 to 1,300</dd>" in page
    assert '<th scope="col" class="right">USD</th>' in page
    assert page.count("<tr>") == 81
    addresses = set(re.findall(r"https?://[^\"' ]+", page))
    assert {each for each in addresses if "w3.org" not in each} == set()


def test_names_are_escaped(told: dict[str, Any]) -> None:
    name = '<script>alert(1)</script> & "Co"'
    told["title"] = name
    told["summary"][4] |= {"caption": name, "alternative": name}
    told["summary"][2]["items"] = [name]
    page = to_html(read_document(told))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;Co&#34;") >= 5
