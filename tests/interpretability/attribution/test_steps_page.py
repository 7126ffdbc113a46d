"""The table of docs/how-to/attribution.md on the steps of integrated gradients is what comes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.interpretability.attribution.attributing import attribute_target
from workbench.models.model import Model

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "attribution.md"
ROW = re.compile(r"^\| (\d+)[^|]*\| (\d+) \| ([\d.]+) \| ([\d.]+)% \|$", re.MULTILINE)
TRIED = (8, 16, 32)  # the others are of the same kind and take longer
PROMPT, TARGET = "The capital of France is Paris. The capital of Germany is", " Berlin"


@pytest.mark.model
@pytest.mark.slow
def test_the_gap_falls_with_the_steps_as_the_page_says(smollm2: Model) -> None:
    text = PAGE.read_text("utf-8")
    assert PROMPT in text and f'"{TARGET}" --steps' in text
    told = {int(steps): tuple(map(float, rest)) for steps, *rest in ROW.findall(text)}
    assert set(told) == {8, 16, 32, 64, 128}
    for steps in TRIED:
        taken, nats, percent = told[steps]
        found = attribute_target(
            smollm2, PROMPT, TARGET, method="integrated_gradients", steps=steps, curves=False
        )
        assert found.completeness_gap is not None and found.completeness_gap_nats is not None
        assert found.steps == taken
        assert found.completeness_gap_nats == pytest.approx(nats, rel=0.1)
        assert 100 * found.completeness_gap == pytest.approx(percent, rel=0.15)
