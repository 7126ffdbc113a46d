"""What is put into a sentence is read apart, and every token stands where it stood."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.dependency.parsing import INSERTED, parse_without_insertions
from workbench.knowledge.extraction.protocol import Passage
from workbench.models.english import load_english

TEXTS = [
    "Oslo is a city in Norway.",
    "Karl Berg (born Karl Holm, 4 May 1804) was a painter (and poet).\n\nHe died in 1860.",
    "Tiran I, also known as Tiran the Tall, was a king of Armenia (Artaxiad).",
    "",
]


def test_the_text_and_its_tokens_are_kept() -> None:
    pipeline = load_english()
    found = list(parse_without_insertions(pipeline, TEXTS, batch_size=2))
    assert [each.text for each in found] == TEXTS
    for doc, text in zip(found, TEXTS, strict=True):
        assert [each.text for each in doc] == [each.text for each in pipeline.make_doc(text)]
    inserted = [each.text for each in found[1] if each.dep_ == INSERTED]
    assert len(inserted) >= 2


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (TEXTS[1], ("Karl Berg", "is_a", "painter")),
        (TEXTS[1], ("Karl Berg", "died_on", "1860")),
        (TEXTS[2], ("Tiran I", "also_known_as", "Tiran the Tall")),
        (TEXTS[2], ("Tiran I", "held_office", "king of Armenia")),
    ],
)
def test_what_is_said_around_an_insertion(text: str, fact: tuple[str, str, str]) -> None:
    found = DependencyExtractor(settler=None).extract(Passage(text)).assertions
    said = {(text[slice(*x.subject)], x.relation, text[slice(*x.object)]) for x in found}
    assert fact in said
