"""A PDF is its paragraphs, each line with the box that it stands in."""

from __future__ import annotations

import pytest
import typst

from workbench.core.errors import DataError
from workbench.knowledge.readers.pdf import read_pdf

from ..places import MakePlace

SOURCE = """#set page(width: 300pt, height: 300pt, margin: 30pt)
#set text(size: 10pt)
= Ada Lovelace
Ada Lovelace was born in London. She worked with Charles Babbage on the Analytical Engine, an
extraordinarily complicated mechanical general-purpose computer.

The World Health Organization (WHO) is located in Geneva.
#pagebreak()
#rect()
#pagebreak()
#set text(hyphenate: true)
#block(width: 60pt)[Paris is the uncharacteristically beautiful capital.]
"""


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Three pages: two of text, one of a drawing."""
    source = tmp_path_factory.mktemp("pdf") / "made.typ"
    source.write_text(SOURCE)
    found: bytes = typst.compile(str(source))
    return found


def test_paragraphs_are_whole_and_their_pages_known(pdf: bytes) -> None:
    reading = read_pdf(pdf)
    said = [(reading.text[b.start : b.end], b.place["page"]) for b in reading.blocks]
    assert said == [
        ("Ada Lovelace", 1),
        (
            "Ada Lovelace was born in London. She worked with Charles Babbage on the Analytical "
            "Engine, an extraordinarily complicated mechanical general-purpose computer.",
            1,
        ),
        ("The World Health Organization (WHO) is located in Geneva.", 1),
        ("Paris is the uncharacteristically beautiful capital.", 3),
    ]
    assert reading.note == "1 of 3 pages have no text, from page 2"


def test_boxes_hold_the_text_and_lie_on_the_page_from_top_to_bottom(pdf: bytes) -> None:
    reading = read_pdf(pdf)
    at, covered = 0, 0
    for box in reading.boxes:
        assert at <= box.start < box.end
        assert 30 <= box.x0 < box.x1 <= 271
        assert 0 < box.y0 < box.y1 < 300
        at, covered = box.end, covered + box.end - box.start
    blocks = sum(block.end - block.start for block in reading.blocks)
    assert covered == blocks
    first = [box for box in reading.boxes if box.page == 1]
    assert [box.y1 for box in first] == sorted((box.y1 for box in first), reverse=True)
    heading, line = first[:2]
    assert heading.y1 - heading.y0 > line.y1 - line.y0  # larger letters
    # A wide line has a wide box: as wide as letters of this size are.
    width = (line.x1 - line.x0) / (line.end - line.start)
    assert 3.5 < width < 6.5


@pytest.mark.parametrize("cut", [0, 30, 200, 2000])
def test_a_damaged_pdf_is_refused_or_read(pdf: bytes, cut: int) -> None:
    with pytest.raises(DataError, match="no PDF, or a damaged one") as caught:
        read_pdf(pdf[:cut])
    assert caught.value.hint


def test_a_graph_with_pdfs_keeps_their_boxes(make_place: MakePlace, pdf: bytes) -> None:
    place = make_place({"a.pdf": pdf, "broken.pdf": pdf[:500]})
    done = place.update()
    assert (done.documents, list(done.faults), list(done.notes)) == (1, ["broken.pdf"], ["a.pdf"])
    facts = [(fact.subject, fact.relation, fact.object) for fact in place.state().facts]
    assert facts == [
        ("ada lovelace", "born_in", "london"),
        ("world health organization", "located_in", "geneva"),
    ]
    support = place.state().facts[0].support[0]
    rows = place.graph.database.read(
        "SELECT page, start, stop FROM boxes WHERE start < ? AND stop > ?",
        (support.end, support.start),
    )
    assert [row["page"] for row in rows] == [1]


def test_a_pdf_that_needs_a_password_says_so() -> None:
    key = b"<" + b"5a" * 32 + b">"
    content = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
        b"3 0 obj<</Filter/Standard/V 1/R 2/P -4/O" + key + b"/U" + key + b">>endobj\n"
        b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]/Size 4>>\n%%EOF"
    )
    with pytest.raises(DataError, match="it needs a password"):
        read_pdf(content)
