"""The sets that fine-tuning is measured on are those that were frozen."""

from __future__ import annotations

import pytest

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.finetuning.frozen_sets import DIGESTS, read_frozen

ROWS = {"facts_a": 60, "facts_b_fresh": 24, "facts_d": 60, "facts_d_fresh": 36, "facts_g": 60,
        "facts_g_fresh": 24, "general": 80, "domains": 480, "parity": 50,
        "preferences": 64}  # fmt: skip


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_each_set_is_the_one_that_was_frozen(name: str) -> None:
    rows = read_frozen(name)
    assert all(row.get("messages") or row["prompt"].strip() for row in rows)
    assert len(rows) == ROWS.get(name, len(rows))


def test_no_fresh_question_was_taught() -> None:
    for letter in "abcdefg":
        taught = {row["prompt"] for row in read_frozen(f"facts_{letter}")}
        assert not taught & {row["prompt"] for row in read_frozen(f"facts_{letter}_fresh")}


def test_a_set_that_was_edited_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DIGESTS, "parity", "0" * 64)
    with pytest.raises(IntegrityError, match="it was frozen as 0000"):
        read_frozen("parity")
    with pytest.raises(NotFoundError, match="facts_z"):
        read_frozen("facts_z")
