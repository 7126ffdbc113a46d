"""The language model's answer: only what stands in the sentence is kept, whatever it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.extraction.language_model import grounded_facts
from workbench.knowledge.extraction.protocol import Passage
from workbench.knowledge.extraction.registry import make_extractor, settings_of

TEXT = "First words. Oslo is a city in Norway."
SENTENCE = (13, 38)


def answer(*facts: tuple[str, str, str]) -> str:
    keys = ("subject", "relation", "object")
    return json.dumps({"facts": [dict(zip(keys, fact, strict=True)) for fact in facts]})


def kept(*facts: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    found = grounded_facts(answer(*facts), TEXT, SENTENCE)
    return [(TEXT[slice(*x.subject)], x.relation, TEXT[slice(*x.object)]) for x in found]


def test_what_stands_in_the_sentence_is_kept() -> None:
    assert kept(("oslo", "is_a", "city")) == [("Oslo", "is_a", "city")]


@pytest.mark.parametrize(
    "fact",
    [
        ("Oslo", "located_in", "Sweden"),  # stands nowhere
        ("First words", "is_a", "city"),  # stands in another sentence
        ("Os", "is_a", "city"),  # a piece of a word
        ("Oslo", "is_a", "Oslo"),
        ("Oslo", "likes", "Norway"),  # no relation of ours
        ("  ", "is_a", "city"),
    ],
)
def test_what_does_not_is_dropped(fact: tuple[str, str, str]) -> None:
    assert kept(fact) == []


def test_an_answer_that_was_cut_short_has_no_facts() -> None:
    assert list(grounded_facts('{"facts": [{"subj', TEXT, SENTENCE)) == []


def test_an_answer_of_another_form_is_an_error() -> None:
    with pytest.raises(InputError, match="no list of facts"):
        list(grounded_facts('{"facts": [1]}', TEXT, SENTENCE))


def test_an_unknown_model_is_refused_when_the_extractor_is_made(home: Path) -> None:
    with pytest.raises(NotFoundError, match="no-such-model"):
        make_extractor("language-model", {"model": "no-such-model"})


@pytest.mark.model
def test_a_real_model_writes_json_that_is_grounded(shared_home: Path) -> None:
    extractor = make_extractor("language-model", {"model": "smollm2-135m"})
    assert settings_of(extractor) == {"model": "smollm2-135m"}
    text = "Oslo is the capital of Norway."
    found = extractor.extract(Passage(text))
    assert all(one.evidence == (0, len(text)) for one in found.assertions)
    extractor.close()  # type: ignore[attr-defined]
