"""Short forms: pairs of the kinds that the paper treats, and what only looks like one."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.schwartz_hearst import find_short_forms


def found(text: str) -> list[tuple[str, str]]:
    return [(text[slice(*short)], text[slice(*long)]) for short, long in find_short_forms(text)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "The World Health Organization (WHO) is in Geneva.",
            [("WHO", "World Health Organization")],
        ),
        ("the heat shock transcription factor (HSF)", [("HSF", "heat shock transcription factor")]),
        ("Heat shock protein 70 (HSP70) and", [("HSP70", "Heat shock protein 70")]),
        ("lysyl-tRNA synthetase (LysRS)", [("LysRS", "lysyl-tRNA synthetase")]),
        ("European Union (EU; see below) law", [("EU", "European Union")]),
        (
            "Artificial Intelligence (AI) or Amnesty International (AI)",
            [("AI", "Artificial Intelligence"), ("AI", "Amnesty International")],
        ),
        ("He came. It (IT) was late.", []),
        ("a house (which is old)", []),
        ("in London (1999)", []),
        ("nothing (XYZ) fits", []),
        ("(WHO) first", []),
        ("()", []),
        ("((A))", []),
    ],
)
def test_pairs(text: str, pairs: list[tuple[str, str]]) -> None:
    assert found(text) == pairs


def test_the_words_before_are_of_the_same_sentence() -> None:
    assert found("We saw World Health. Organization (WHO) came.") == []
