"""Notes that were written before they were read: what is found in them, judged fact by fact.

The documents of ``development`` were looked at while the filter was made, those of ``check`` only
after it; both were written by who made it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.knowledge.chunking import cut
from workbench.knowledge.extraction.dependency import extractor as dependency
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.grounding import ground
from workbench.knowledge.extraction.plain import PlainExtractor
from workbench.knowledge.extraction.protocol import Extractor, Passage
from workbench.knowledge.extraction.tables import TableExtractor
from workbench.knowledge.readers.registry import reader_of

NOTES = Path(__file__).with_name("made_notes")
SETS = ("development", "check")
STILL_WRONG = {"development": 5, "check": 1}
Judged = tuple[str, str, str, str, str]


def judged(name: str) -> dict[Judged, bool]:
    rows = map(json.loads, (NOTES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    return {(row["document"], row["extractor"], *row["fact"]): row["right"] for row in rows}


def found(name: str) -> set[Judged]:
    extractors: tuple[Extractor, ...] = (
        *(DependencyExtractor(settler=None), PlainExtractor(), TableExtractor()),
    )
    told = set()
    for path in sorted((NOTES / name).iterdir()):
        reader = reader_of(path.suffix)
        assert reader is not None
        reading = reader.read(path.read_bytes())
        for chunk in cut(reading):
            text = reading.text[chunk.start : chunk.end]
            for each in extractors:
                said = ground(text, each.extract(Passage(text, chunk.kind)))
                told |= {(path.name, each.name, *row[3:6]) for row in said.assertions}
    return told


def wrong(name: str) -> list[Judged]:
    """What is found and wrong; all that is right is found, and nothing that nobody judged."""
    known, told = judged(name), found(name)
    assert told <= known.keys()
    assert {each for each, right in known.items() if right} <= told
    return sorted(each for each in told if not known[each])


@pytest.mark.parametrize("name", SETS)
def test_what_is_found_in_notes_is_mostly_right(name: str) -> None:
    assert len(wrong(name)) <= STILL_WRONG[name]


@pytest.mark.parametrize("name", SETS)
def test_without_the_filter_much_is_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "is_believable", lambda found: True)
    assert len(wrong(name)) >= STILL_WRONG[name] + 4
