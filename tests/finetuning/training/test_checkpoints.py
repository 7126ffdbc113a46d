"""Checkpoints: what is read is what was written, to the bit and to the kind of each key."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.finetuning.training.checkpoints import NAME, read_checkpoint, write_checkpoint


def _state() -> dict[str, Any]:
    weights = torch.nn.Parameter(torch.tensor([0.1, -0.0, 1e-42]))
    optimizer = torch.optim.AdamW([weights], lr=0.1 + 0.2)
    (weights * weights).sum().backward()
    optimizer.step()
    return {
        "optimizer": optimizer.state_dict(),
        "weights": {"a.b": weights, "half": torch.tensor([[1.5]], dtype=torch.bfloat16)},
        "rng": torch.get_rng_state(),
        "plain": [True, None, "x", 1, 1.0, 0.1 + 0.2, math.inf, {}, (), {3: {"pairs": [1, 2]}}],
        "nothing": torch.empty(0),
    }


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and bool(torch.equal(one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        pairs = zip(one, other, strict=True)
        return type(one) is type(other) and all(_same(a, b) for a, b in pairs)
    return type(one) is type(other) and one == other


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    state = _state()
    write_checkpoint(tmp_path, state, key="k")
    found = read_checkpoint(tmp_path, key="k")
    assert _same(state, found)
    assert [each.name for each in tmp_path.iterdir()] == [NAME]
    # The broken way: JSON alone makes text of a key and a list of a tuple.
    assert not _same(state["plain"], json.loads(json.dumps(state["plain"])))


def test_what_is_no_plain_data_is_refused_and_the_last_one_stays(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"step": 1}, key="k")
    with pytest.raises(TypeError, match="not type"):
        write_checkpoint(tmp_path, {"step": 2, "where": Path}, key="k")
    assert read_checkpoint(tmp_path, key="k") == {"step": 1}
