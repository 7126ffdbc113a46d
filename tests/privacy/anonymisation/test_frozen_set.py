"""The 1,000 made documents that somebody else froze: floors under what is reached, not the aim.

The aims (masked recall .97, PERSON .93, at most 8% false) are not met; docs/lab-log.md has the
figures and why. These floors see it when something that works today is lost.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from workbench.privacy.anonymisation import recognisers
from workbench.privacy.anonymisation.scoring import Label, Recall, score
from workbench.privacy.anonymisation.texts import detect

FILE = Path(__file__).parents[1] / "frozen" / "pii_documents.jsonl.gz"
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("loaded")]


def measured(**options: object) -> Recall:
    rows = [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]
    texts = [row["text"] for row in rows]
    labels = [[Label(s["start"], s["end"], s["type"]) for s in row["spans"]] for row in rows]
    return score(texts, detect(texts, **options), labels)  # type: ignore[arg-type]


def holds(found: Recall) -> bool:
    return (
        found.masked_recall >= 0.82
        and found.recall_of("PERSON") >= 0.86
        and found.recall_of("EMAIL_ADDRESS") >= 0.99
        and found.recall_of("IBAN_CODE") >= 0.95
    )


def test_what_is_reached_on_the_frozen_set_is_kept() -> None:
    found = measured()
    print(f"masked {found.masked_recall:.4f} false {found.false_share:.4f} {found.by_kind}")
    assert holds(found), found


def test_the_floors_see_recognisers_that_are_off() -> None:
    ours = [name for name in recognisers.NAMES if "names" not in name]
    assert not holds(measured(recognisers=ours))
