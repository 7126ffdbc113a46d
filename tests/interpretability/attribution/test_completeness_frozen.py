"""On prompts that were frozen before the method was written, the scores add up to the change.

All twenty take minutes: `make soak` and `bench/run.py --only completeness` go through them, this
file by itself through the first, and a broken variant on the second.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.interpretability.attribution.attributing import attribute_target
from workbench.models.model import Model

FROZEN = Path(__file__).parents[1] / "frozen"
SHA256 = "bb7e35348a72bd18b2c6412b2e2146719f09b1d81bd4111ec547b9d4527b5fe3"
STEPS, MOST_GAP, MOST_MISSES = 64, 0.02, 0.1
AT_ONCE = 1


def read_rows(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, "changed after it was frozen"
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]


def relative_gap(model: Model, row: dict[str, str], **options: Any) -> float | None:
    """None where the change is refused as too small."""
    try:
        found = attribute_target(
            model,
            row["prompt"],
            row["target"],
            method="integrated_gradients",
            steps=STEPS,
            whole_target=True,
            curves=False,
            **options,
        )
    except InputError as refused:
        assert "share out no less than 1" in refused.message
        return None
    assert found.completeness_gap is not None
    return found.completeness_gap


def test_the_prompts_are_as_they_were_frozen(tmp_path: Path) -> None:
    (listed,) = tomllib.loads((FROZEN / "MANIFEST.toml").read_text("utf-8"))["set"]
    path = FROZEN / listed["file"]
    rows = read_rows(path)
    assert (len(rows), listed["sha256"]) == (20, SHA256)
    assert len({row["prompt"] for row in rows}) == 20
    (tmp_path / "changed").write_bytes(path.read_bytes().replace(b"Norway", b"Sweden"))
    with pytest.raises(AssertionError, match="after it was frozen"):
        read_rows(tmp_path / "changed")


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.soak
def test_gaps_are_within_two_percent(smollm2: Model, scale: int) -> None:
    rows = read_rows(FROZEN / "completeness_prompts.jsonl")[: AT_ONCE * scale]
    gaps = {row["id"]: relative_gap(smollm2, row) for row in rows}
    missed = {name: gap for name, gap in gaps.items() if gap is None or gap > MOST_GAP}
    assert len(missed) <= MOST_MISSES * len(rows), gaps


@pytest.mark.model
@pytest.mark.slow
def test_with_position_0_let_go_the_gap_is_wide(smollm2: Model) -> None:
    """The broken variant: the path crosses the attention sink's cliff.

    On the second prompt: how steep the cliff is depends on the prompt, and on the first, with a gap
    of .013 on one processor and above .02 on another, the variant would be found by chance. Here it
    is .134.
    """
    row = read_rows(FROZEN / "completeness_prompts.jsonl")[1]
    gap = relative_gap(smollm2, row, hold_first=False)
    assert gap is None or gap > MOST_GAP
