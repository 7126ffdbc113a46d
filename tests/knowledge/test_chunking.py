"""Every word is in exactly one chunk, and a chunk is no longer than it may be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.knowledge.chunking import Chunk, cut
from workbench.knowledge.readers.reading import Kind, Reading, Script

WORDS = st.text("ab .!\n。é", max_size=90)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(("heading", "text", "code", "row"))


def written(blocks: list[tuple[Kind, str, dict[str, object]]]) -> Reading:
    script = Script()
    for kind, text, place in blocks:
        script.add(text, kind, **place)
    return script.finish()


def faults(reading: Reading, chunks: list[Chunk], *, most: int) -> list[str]:
    """What is wrong with chunks."""
    found, at = [], 0
    for chunk in chunks:
        if reading.text[at : chunk.start].strip():
            found.append("words in no chunk")
        if not at <= chunk.start < chunk.end:
            found.append("out of order")
        if chunk.end - chunk.start > most:
            found.append("too long")
        at = chunk.end
    return found + (["words in no chunk"] if reading.text[at:].strip() else [])


@given(st.lists(st.tuples(KINDS, WORDS, st.sampled_from(({}, {"page": 1}, {"page": 2})))))
@settings(max_examples=200, deadline=None)
def test_every_word_is_in_one_chunk(blocks: list[tuple[Kind, str, dict[str, object]]]) -> None:
    reading = written(blocks)
    assert faults(reading, cut(reading, most=40), most=40) == []


def test_the_look_at_chunks_sees_each_fault() -> None:
    reading = written([("text", "one two three four", {})])
    whole = Chunk(0, 18, "text", {})
    assert faults(reading, [whole], most=10) == ["too long"]
    assert faults(reading, [Chunk(0, 3, "text", {})], most=10) == ["words in no chunk"]
    assert "out of order" in faults(reading, [whole, whole], most=40)


def said(reading: Reading, *, most: int = 1200) -> list[str]:
    return [reading.text[chunk.start : chunk.end] for chunk in cut(reading, most=most)]


def test_paragraphs_stay_together_under_their_heading() -> None:
    first, second = {"section": "A"}, {"section": "B"}
    reading = written(
        [
            ("heading", "A", first),
            ("text", "One.", first),
            ("text", "Two.", first),
            ("heading", "B", second),
            ("text", "Three.", second),
            ("code", "f()", second),
            ("row", "a: 1", {"row": 1}),
            ("row", "a: 2", {"row": 2}),
        ]
    )
    assert said(reading) == ["A\n\nOne.\n\nTwo.", "B\n\nThree.", "f()", "a: 1", "a: 2"]


def test_a_long_paragraph_is_cut_at_ends_of_sentences() -> None:
    reading = written([("text", "One two three. Four five. Six seven eight nine.", {})])
    assert said(reading, most=27) == ["One two three. Four five.", "Six seven eight nine."]
    assert said(written([("text", "abc def ghi", {})]), most=8) == ["abc def", "ghi"]
    assert said(written([("text", "x" * 20, {})]), most=8) == ["x" * 8, "x" * 8, "x" * 4]


def test_a_change_in_one_section_leaves_the_others_chunks() -> None:
    def chapters(middle: str) -> list[str]:
        return said(
            written(
                [
                    (kind, text, {"section": name})
                    for name in ("A", "B", "C")
                    for kind, text in (("heading", name), ("text", middle if name == "B" else name))
                ]
            )
        )

    before, after = chapters("short"), chapters("much longer " * 300)
    assert {before[0], before[-1]} <= set(after)
