"""Attribution of a classifier's label, on an encoder of random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.interpretability import attribute_label

from .conftest import PROMPT

WORDS = ("[CLS]", "a", "b", "c", "d", "e", "[SEP]")


def logit(module: Any, ids: tuple[int, ...], label: int) -> float:
    import torch

    with torch.no_grad():
        return float(module(torch.tensor([ids])).logits[0, label])


def test_integrated_gradients_of_a_label(classifier: Any) -> None:
    found = attribute_label(classifier, PROMPT, 1, tokens=WORDS, least_change=0.0)
    assert (found.tokens, found.targets) == (WORDS, ("LABEL_1",))
    assert found.scores.shape == (1, len(PROMPT))
    assert found.held == (True, *[False] * 5, True)
    assert found.value == pytest.approx(logit(classifier, PROMPT, 1), abs=1e-5)
    bare = (PROMPT[0], *[0] * 5, PROMPT[-1])
    assert found.baseline_value == pytest.approx(logit(classifier, bare, 1), abs=1e-5)
    assert found.scores.sum() == pytest.approx(found.value - found.baseline_value, abs=1e-3)
    assert found.completeness_gap_nats is not None
    assert (found.baseline, found.completeness_gap_nats < 1e-3) == ("padding", True)
    other = attribute_label(classifier, PROMPT, 1, baseline_id=9, least_change=0.0)
    assert other.baseline == "token 9"
    assert np.abs(other.scores - found.scores).max() > 1e-3
    assert to_plain(found)["tokens"] == list(WORDS)


@pytest.mark.parametrize("method", ["gradient_x_input", "smoothgrad"])
def test_the_other_methods(method: Any, classifier: Any) -> None:
    found = attribute_label(classifier, PROMPT, 2, method=method, samples=3, seed=4)
    assert found.tokens[1] == str(PROMPT[1])
    assert (found.baseline, found.completeness_gap) == ("none", None)
    assert found.value == pytest.approx(logit(classifier, PROMPT, 2), abs=1e-5)
    assert np.all(found.scores[0, [0, -1]] == 0)
    assert np.all(found.scores[0, 1:-1] != 0)
    assert found.seed == (4 if method == "smoothgrad" else None)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"label": 3}, InputError, "labels 0 to 2"),
        ({"tokens": ("a",)}, InputError, "1 tokens for 7 ids"),
        ({"method": "lime"}, NotFoundError, "gradient method"),
        ({"ids": ()}, InputError, "prompt is empty"),
        ({"ids": (2, 3)}, InputError, "all 2 tokens"),
        ({"least_change": 1000.0}, InputError, "logits from the baseline"),
        ({"baseline_id": 512}, InputError, "outside the vocabulary"),
    ],
)
def test_bad_input_is_refused(
    options: dict[str, Any], error: type[Exception], message: str, classifier: Any
) -> None:
    with pytest.raises(error, match=message):
        attribute_label(classifier, **{"ids": PROMPT, "label": 1, **options})


def test_a_model_without_padding_says_so(classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier.config, "pad_token_id", None)
    with pytest.raises(InputError, match="no padding token"):
        attribute_label(classifier, PROMPT, 1)
