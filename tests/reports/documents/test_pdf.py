"""The PDF: its text can be selected, it is tagged, and nothing of a document is read as markup."""

from __future__ import annotations

import re
from typing import Any

import pytest

from workbench.reports.documents import read_document, to_pdf, to_png_pages
from workbench.reports.documents.reading import page_texts

# Each would do something in typst's markup; one would stop it.
MARKUP = [
    "Team #1",
    '#panic("no")',
    "$x^2$",
    "*bold* _slanted_",
    "@nobody <label>",
    "= no heading",
    "\\u{41} \\",
    "`code` // comment /* more */",
    "[x] ~ -- ---",
    "#include \"secret.typ\"",
]  # fmt: skip


@pytest.fixture
def pdf(told: dict[str, Any]) -> bytes:
    return to_pdf(read_document(told))


def test_all_text_can_be_selected(pdf: bytes) -> None:
    pages = page_texts(pdf)
    assert "What October cost" in pages[0]
    for words in (
        "$ 1,234",
        "90% interval 1,100 to 1,300",
        "second point",
        "An hour is worth 50 USD.",
    ):
        assert words in pages[0]
    assert "cost, USD" in pages[0], "the letters of a chart are text"
    assert all(f"team {number}" in "".join(pages) for number in range(80))


def test_a_long_table_goes_on_with_its_head(pdf: bytes) -> None:
    pages = page_texts(pdf)
    with_rows = [page for page in pages if re.search(r"team \d", page)]
    assert len(with_rows) >= 2
    assert all("USD" in page.splitlines() for page in with_rows)
    assert all(f"{number} of {len(pages)}" in page for number, page in enumerate(pages, 1))


def test_a_short_table_stays_on_one_page() -> None:
    """Cut after its first row it left the others on a page of their own. At one of these lengths
    of the text before it the table meets the page's end."""
    columns = [{"title": "team"}, {"title": "cost", "align": "right"}]
    table = {
        "kind": "table", "caption": "Cost by team", "columns": columns,
        "rows": [[f"team {number}", f"{number} USD"] for number in range(5)],
    }  # fmt: skip
    ends = set()
    for lines in range(30, 50, 2):
        text = [{"kind": "paragraph", "text": f"Line {n}."} for n in range(lines)]
        told = {"title": "Costs", "date": "2026-10-31", "summary": [*text, table]}
        pages = page_texts(to_pdf(read_document(told)))
        (with_rows,) = [at for at, page in enumerate(pages) if re.search(r"team \d", page)]
        assert "Cost by team" in pages[with_rows]
        ends.add(with_rows)
    assert ends == {0, 1}, "the page's end was met"


def test_it_is_tagged_named_and_outlined(pdf: bytes) -> None:
    assert b"/Marked true" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/Lang(en)" in pdf
    assert b"/Alt(Left: it rises.)" in pdf
    outline = re.findall(rb"/Title\(([^)]*)\)", pdf)
    assert {b"Cost", b"Teams", b"All of them"} <= set(outline)


def test_nothing_is_markup(told: dict[str, Any]) -> None:
    plain = "\n".join(page_texts(to_pdf(read_document(told))))
    assert not any(each in plain for each in MARKUP)
    told["title"] = MARKUP[0]
    told["subtitle"] = MARKUP[1]
    told["summary"] += [{"kind": "bullets", "items": MARKUP}]
    told["sections"][1]["sections"][0]["blocks"][0]["rows"] = [[each, each] for each in MARKUP]
    told["sections"] += [{"title": each} for each in MARKUP]
    text = "\n".join(page_texts(to_pdf(read_document(told)))).replace("\n", "")
    for each in MARKUP:
        assert text.count(each) >= 4, each


def test_one_document_gives_one_file(told: dict[str, Any]) -> None:
    document = read_document(told)
    assert to_pdf(document) == to_pdf(document)
    told["author"] = "Somebody"
    assert to_pdf(read_document(told)) != to_pdf(document)


def test_a_word_longer_than_its_cell_stays_on_the_page(told: dict[str, Any]) -> None:
    word = "key_" + "0123456789abcdef" * 9
    told["sections"] = [{"title": "Long", "blocks": [{**_table(), "rows": [[word, "1"]]}]}]
    document = read_document(told)
    text = "".join(page_texts(to_pdf(document))[1].splitlines())
    assert word in text, "nothing is put into it"
    (_, page) = to_png_pages(document, pixels_per_inch=48)
    assert _rightmost_ink(page) < 0.93


def _table() -> dict[str, Any]:
    columns = [{"title": "key"}, {"title": "n", "align": "right"}]
    return {"kind": "table", "caption": "Keys", "columns": columns}


def _rightmost_ink(png: bytes) -> float:
    """Where the last column of pixels with ink is, as a share of the width."""
    import io

    import numpy as np
    from PIL import Image

    dark = np.asarray(Image.open(io.BytesIO(png)).convert("L")) < 200
    return float(np.flatnonzero(dark.any(axis=0))[-1] / dark.shape[1])
