"""An attribution reads as a table in a terminal."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.cli.interpretability import show_attribute
from workbench.interpretability.attribution.result import Attribution

# Made: no method gave these numbers.
MADE = Attribution(
    "made", ("The", " cat", " sat"), (" on",), (1, 2, 3), (4,), ((0, 1), (1, 2), (2, 3)),
    np.array([[0.0, 2.0, -1.0]]), "ablation", "space", None, -1.0, completeness_gap=0.012,
    deletion_auc=0.2, insertion_auc=0.6, held=(True, False, False), evaluations=42,
)  # fmt: skip


def test_a_line_a_part_and_the_checks(capsys: pytest.CaptureFixture[str]) -> None:
    show_attribute(MADE)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[:2] == ["ablation on made, baseline space", "answer: ' on', scores in nats"]
    assert lines[3].split() == ["'The'", "+0.000", "never", "replaced"]
    assert lines[4].split() == ["'", "cat'", "+2.000", "+" * 12]
    assert lines[5].split() == ["'", "sat'", "-1.000", "-" * 6]
    assert "miss 1.2%" in out and "the order holds" in out and "read 42 prompts" in out
    assert "array" not in out and "Attribution(" not in out
