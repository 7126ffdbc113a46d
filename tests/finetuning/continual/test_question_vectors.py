"""An embedder is loaded once, and a question that comes again is not read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.finetuning.continual.question_vectors import QuestionVectors
from workbench.models import loading

FIRST, SECOND = ["Where is the key?", "Who bakes?"], ["Who bakes?", "When is it?", "When is it?"]


class Forgetful(QuestionVectors):
    """As it was: loaded at each call, and nothing known from the one before."""

    def describe(self, texts: Sequence[str]) -> np.ndarray:
        found = super().describe(texts)
        self.close()
        self._known.clear()
        return found


def _costs(vectors: QuestionVectors, patch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """How often the embedder was loaded, and all that it was asked."""
    loads, asked = [], []
    load = loading.load

    def counting(name: str) -> Any:
        model = load(name)
        embed = model.embed
        patch.setattr(model, "embed", lambda texts: (asked.extend(texts), embed(texts))[1])
        loads.append(name)
        return model

    with patch.context() as within:
        within.setattr(loading, "load", counting)
        for texts in (FIRST, SECOND):
            vectors.describe(texts)
    vectors.close()
    return len(loads), asked


def test_each_question_is_read_once(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _costs(QuestionVectors(), monkeypatch) == (1, ["Where is the key?", *SECOND[:2]])
    assert _costs(Forgetful(), monkeypatch) == (2, [*FIRST, *SECOND[:2]])


def test_vectors_are_the_embedder_s_in_the_order_of_the_questions(shared_home: Path) -> None:
    vectors = QuestionVectors()
    first = vectors.describe(FIRST)
    again = vectors.describe([*reversed(FIRST), FIRST[0]])
    vectors.close()
    with loading.load("minilm-l6-v2") as model:
        wanted = np.stack([model.embed(each) for each in FIRST])
    assert np.allclose(first, wanted, atol=1e-5)
    assert np.array_equal(again, first[[1, 0, 0]])
    assert np.abs(first[0] - first[1]).max() > 0.01, "the two questions differ"
    assert np.array_equal(vectors.describe(FIRST), first), "known ones need no embedder"
