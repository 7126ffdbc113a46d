"""What the frozen sets are checked for is seen where it does not hold."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path

import pytest

from .frozen_3.test_pii_documents_3 import SET
from .frozen_documents import CHECKS, FrozenSet


def spoiled(folder: Path, kind: str) -> FrozenSet:
    """The third set with a span of one kind moved, or a digit of it changed."""
    made = SET.read()
    document = next(d for d in made if any(s["type"] == kind for s in d["spans"]))
    span = next(s for s in document["spans"] if s["type"] == kind)
    if kind == "PERSON":
        span["start"] += 1
    else:
        last, text = span["end"] - 1, document["text"]
        document["text"] = text[:last] + str((int(text[last]) + 1) % 10) + text[last + 1 :]
    file = folder / "spoiled.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, made)).encode()))
    return dataclasses.replace(SET, file=file)


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("PERSON", "has_spans_in_order_on_whole_words"),
        ("CREDIT_CARD", "has_check_digits_that_hold"),
        ("IBAN_CODE", "has_check_digits_that_hold"),
        ("PERSON", "is_the_frozen_file"),
    ],
)
def test_a_spoiled_set_is_seen(kind: str, check: str, tmp_path: Path) -> None:
    CHECKS[check](SET)
    with pytest.raises(AssertionError):
        CHECKS[check](spoiled(tmp_path, kind))


def test_other_counts_than_were_told_are_seen() -> None:
    for more in ({"kinds": SET.kinds + 1}, {"most_of_a_shape": 1}, {"types": {}}):
        with pytest.raises(AssertionError):
            CHECKS["has_the_counts_that_were_told"](dataclasses.replace(SET, **more))


def test_another_generator_is_seen() -> None:
    other = dataclasses.replace(SET, plain_sha256="0" * 64)
    with pytest.raises(AssertionError):
        CHECKS["is_made_again_by_its_generator"](other)
