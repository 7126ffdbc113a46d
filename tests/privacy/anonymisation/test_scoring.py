"""Recall against labels by hand, its interval, and labelled files that are wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.scoring import Label, read_labelled, recall_interval, score

LINE = '{"text": "Ann and Bob", "spans": [{"start": 0, "end": 3, "type": "PERSON"}]}\n'


def spans(*pairs: tuple[int, int]) -> list[Found]:
    return [Found(start, end, "PERSON", 1.0, "test") for start, end in pairs]


def test_the_interval_is_of_documents() -> None:
    """Twenty documents of two spans each: one has both missed, so the spans hang together."""
    texts = ["Ann and Bob"] * 20
    labels = [[Label(0, 3, "PERSON"), Label(8, 11, "PERSON")]] * 20
    found = [spans((0, 3), (8, 11))] * 19 + [[]]
    recall = score(texts, found, labels)
    interval = recall_interval(texts, found, labels)
    assert interval.estimate == recall.masked_recall == pytest.approx(0.95)
    assert interval.rows == 20 and interval.low < 0.9 < interval.high <= 1.0
    other = recall_interval(texts, found, labels, kind="PERSON")
    assert other.estimate == interval.estimate
    with pytest.raises(InputError):
        recall_interval(texts, found, labels, kind="CARD")


def test_labelled_files_are_read_plain_and_packed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_text(LINE * 5)
    packed.write_bytes(gzip.compress((LINE * 5).encode()))
    texts, labels = read_labelled(packed)
    assert (texts, labels) == read_labelled(plain)
    assert len(texts) == 5 and labels[0] == [Label(0, 3, "PERSON")]
    assert len(read_labelled(plain, every=2)[0]) == 3
    with pytest.raises(InputError, match="every"):
        read_labelled(plain, every=0)
    with pytest.raises(NotFoundError):
        read_labelled(tmp_path / "b.jsonl")
    plain.write_text(LINE + '{"text": "x"}\n')
    with pytest.raises(DataError, match="line 2"):
        read_labelled(plain)
