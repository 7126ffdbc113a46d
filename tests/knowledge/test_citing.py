"""A cited place in its document: the characters asked for, and what stands around them."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.citing import read
from workbench.knowledge.texts import document_texts

from .places import MakePlace
from .terminals import Terminal

LONG = "\n\n".join(f"Town number {n} lies in region {n}. " + "It is old. " * 40 for n in range(9))
DOCUMENTS = {
    "a.md": "# Ada\n\nAda Lovelace was born in London.\n\n## Work\n\nShe wrote notes.",
    "long.txt": LONG,
}


def test_a_span_is_read_as_its_document_has_it(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    found = read("made", "a.md", 5, 37, around=100)
    assert found.words == "Ada Lovelace was born in London."
    assert found.before.strip() == "Ada" and "She wrote notes." in found.after and found.first == 0
    assert len(found.before + found.words + found.after) == found.characters
    texts = document_texts(place.state())
    last = len(texts["long.txt"])
    assert read("made", "long.txt").characters == last > 3000  # of several chunks
    for start, end in ((0, 10), (1190, 1260), (2000, 2600), (last - 30, last - 3)):
        found = read("made", "long.txt", start, end, around=500)
        # Blanks between two chunks are told in another way; the words are those, in their places.
        assert found.words.split() == texts["long.txt"][start:end].split()
        assert found.before.split() == texts["long.txt"][found.first : start].split()
        assert len(found.words) == end - start and len(found.before) == start - found.first
        assert found.first == max(0, start - 500)


def test_every_span_that_the_graph_cites_can_be_read(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    facts = place.state().facts
    assert facts
    for fact in facts:
        for each in fact.support:
            found = read("made", each.document, each.start, each.end, around=0)
            assert found.before == found.after == "" and found.words.strip() == found.words
            assert read("made", each.document, each.start + 1, each.end).words != found.words


def test_the_place_is_told_in_words_of_the_format(make_place: MakePlace) -> None:
    make_place(DOCUMENTS)
    text = read("made", "a.md")
    assert text.start == 0 and text.end == text.characters and "notes" in text.words
    start = text.words.index("She wrote")
    assert "Work" in str(read("made", "a.md", start, start + 3).place)
    assert "Work" not in str(read("made", "a.md", 0, 3).place)


def test_what_is_not_there_is_refused(
    make_place: MakePlace, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(DOCUMENTS)
    with pytest.raises(NotFoundError, match=r"b\.md"):
        read("made", "b.md")
    for start, end in ((5, 4), (0, 10_000), (10_000, None)):
        with pytest.raises(InputError, match="characters"):
            read("made", "a.md", start, end)
    terminal = Terminal(capsys)
    status, out, _ = terminal.run("read", "made", "a.md", 5, 37, "--around", 0)
    assert status == 0 and out.splitlines()[0].startswith("a.md 5-37")
    assert out.splitlines()[1] == "...Ada Lovelace was born in London...."
    assert terminal.json("read", "made", "a.md", 5, 37)["words"] == DOCUMENTS["a.md"][7:39]
