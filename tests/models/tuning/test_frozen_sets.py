"""Sets that figures are measured on do not change unseen."""

from __future__ import annotations

import pytest

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.models.tuning import frozen_sets


@pytest.mark.parametrize("name", frozen_sets.SHA256)
def test_each_set_is_what_was_frozen(name: str) -> None:
    assert len(frozen_sets.read_set(name)) >= 6


def test_a_set_that_was_edited_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(frozen_sets.SHA256, "prompts", "0" * 64)
    with pytest.raises(IntegrityError, match="was frozen as 0000"):
        frozen_sets.read_set("prompts")


def test_an_unknown_set_names_the_known() -> None:
    with pytest.raises(NotFoundError, match="passages"):
        frozen_sets.read_set("passage")


def test_the_word_that_is_to_be_replaced_stands_in_each_text() -> None:
    for row in frozen_sets.read_set("rewrites"):
        assert row["old"] in row["text"]
