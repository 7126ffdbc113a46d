"""Attributions made by hand: the scores are random and mean nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.interpretability.attribution.result import Attribution

BROKEN = "\N{REPLACEMENT CHARACTER}"
PROMPT = ("<|im_start|>", "user", "\n", "Is", " France", " a", " <b>", f" {BROKEN}", BROKEN, "?")
TARGET = ("Yes", ",", f" {BROKEN}", BROKEN, ".")


def make(
    tokens: tuple[str, ...] = PROMPT,
    targets: tuple[str, ...] = TARGET,
    *,
    seed: int = 3,
    **more: Any,
) -> Attribution:
    """An attribution with scores that were drawn at random."""
    groups = more.pop("groups", tuple((i, i + 1) for i in range(len(tokens))))
    rng = np.random.default_rng(seed)
    target_ids = more.pop("target_ids", tuple(range(len(targets))))
    scores = more.pop("scores", rng.normal(size=(len(targets), len(groups))))
    fields: dict[str, Any] = {
        "model": "made", "method": "integrated_gradients", "baseline": "first_token", "steps": 64,
        "value": -2.5, "baseline_value": -14.0, "completeness_gap": 0.012,
        "completeness_gap_nats": 0.14, "deletion_auc": 0.31, **more,
    }  # fmt: skip
    return Attribution(
        tokens=tokens, targets=targets, token_ids=tuple(range(100, 100 + len(tokens))),
        target_ids=target_ids, groups=groups, scores=scores, **fields,
    )  # fmt: skip


@pytest.fixture
def attribution() -> Attribution:
    return make()
