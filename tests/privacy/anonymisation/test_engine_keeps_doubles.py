"""What is found reaches what settles it: Presidio's analysis by itself leaves doubles out."""

from __future__ import annotations

from workbench.privacy.anonymisation import engine
from workbench.privacy.anonymisation.recognisers import NAMES, load_recognisers

TEXT = (
    "Patient: Ngozi Okafor, born 12 March 1961, hospital no 4471902\n"
    "Dear Ms Okafor, Dr Amund Brekke saw you on Monday. Please ring Amund on 0161 496 0123."
)


def spans(found: object) -> set[tuple[int, int, str, str]]:
    return {(each.start, each.end, each.kind, each.by) for each in found}  # type: ignore[attr-defined]


def test_no_find_of_a_recogniser_is_dropped_before_it_is_settled() -> None:
    (reading,) = engine.read_texts([TEXT])
    asked = load_recognisers(NAMES).values()
    every = spans(each for find in asked for each in find(TEXT, reading))
    ((found, _),) = engine.find_spans([TEXT])
    assert spans(found) == every
    analyzer = engine._analyzer(tuple(sorted(NAMES)))
    fewer = {
        (each.start, each.end, each.entity_type, each.recognition_metadata["recognizer_name"])
        for each in analyzer.analyze(TEXT, engine.LANGUAGE)
    }
    assert fewer < every
