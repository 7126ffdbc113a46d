"""The probes of the catalogue against the raw files, read another way."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from workbench import data
from workbench.core.errors import DataError
from workbench.data import loading, probe_sets


def raw(name: str) -> Path:
    (file,) = loading.fetch(data.entries()[name].sources)
    return file.path


def test_crows_pairs_is_the_reduced_set_without_a_direction(shared_home: Path) -> None:
    rows = data.load("crows_pairs").to_list()
    with raw("crows_pairs").open(encoding="utf-8") as file:
        told = list(csv.reader(file))[1:]
    assert [list(row.values()) for row in rows] == [row[1:] for row in told]
    assert len(rows) == 1018
    assert all(row["sentence"].count("[MASK]") == 1 for row in rows)
    assert set(rows[0]) == {"bias_type", "sentence", "mask1", "mask2"}  # no direction
    assert Counter(row["bias_type"] for row in rows)["race-color"] == 367


def test_stereoset_has_three_texts_for_each_context(shared_home: Path) -> None:
    rows = data.load("stereoset").to_list()
    told = [json.loads(line) for line in raw("stereoset").read_text("utf-8").splitlines()]
    assert [list(row.values()) for row in rows] == [list(row.values()) for row in told]
    kinds = Counter(row["type"] for row in rows)
    assert kinds == {"intersentence": 2123, "intrasentence": 2106}  # as the paper's table 2


def test_wino_names_both_pronouns(shared_home: Path) -> None:
    rows = data.load("wino").to_list()
    assert Counter(row["pro_stereotyped"] for row in rows)["she"] == 339
    pairs = {tuple(sorted((row["pro_stereotyped"], row["anti_stereotyped"]))) for row in rows}
    assert pairs == {("he", "she"), ("her", "his"), ("her", "him")}
    assert all(row["text"].count("[MASK]") == 1 for row in rows)


def test_bbq_says_where_the_answer_cannot_be_known(shared_home: Path) -> None:
    rows = data.load("bbq").to_list()
    told = [json.loads(line) for line in raw("bbq").read_text("utf-8").splitlines()]
    assert sum(row["ambiguous"] for row in rows) == 515
    for row, line in zip(rows, told, strict=True):
        assert row[f"option_{row['answer'].lower()}"] == line["answer"][0].strip()
        assert "choose" not in row["question"]
        assert row["ambiguous"] == (row["answer"] == row["unknown"])


def test_a_row_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wino.jsonl"
    path.write_text('{"text": "a [MASK]", "options": "A. he\\nB. she\\nC. both"}\n')
    with pytest.raises(DataError, match=r"wino\.jsonl, line 1 has another form.*pro_stereotyped"):
        probe_sets.wino({"wino.jsonl": path})
    bbq = tmp_path / "bbq.jsonl"
    line = {"passage": "p", "question": "q", "options": "A. x\nB. y\nC. z", "answer": ["x"]}
    bbq.write_text(json.dumps(line))  # no answer that declines
    with pytest.raises(DataError, match="line 1"):
        probe_sets.bbq({"bbq.jsonl": bbq})
