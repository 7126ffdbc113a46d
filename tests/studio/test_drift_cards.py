"""Cards of drift and quality: the verdict, every figure, and words of others shown as words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.core.viewers import mime_bundle
from workbench.monitoring.drift.estimation import EstimatedAccuracy
from workbench.monitoring.drift.reading import Rows
from workbench.monitoring.drift.tables import compare_tables
from workbench.monitoring.quality.result import DayQuality, QualityReport, QualityShift


def shown(result: object) -> str:
    return str(mime_bundle(result)["text/html"])


def test_a_drift_names_what_moved_and_escapes_it() -> None:
    draw = np.random.default_rng(0)
    before = pd.DataFrame({"<b>x": draw.normal(size=500), "y": draw.normal(size=500)})
    now = before.assign(**{"<b>x": before["<b>x"] + 1, "new": 1})
    html = shown(compare_tables(Rows("a", before), Rows("b", now)))
    assert "1 of 2 columns drifted" in html
    assert "<b>x" not in html
    assert "not in the reference" in html
    assert "AUC" in html
    still = shown(compare_tables(Rows("a", before), Rows("b", before), classifier=False))
    assert "no column drifted" in still


def test_an_estimate_says_when_not_to_rely_on_it() -> None:
    found = EstimatedAccuracy(0.8, 0.78, 0.82, 0.95, 0.9, 400, 1000, 300.0, 0.9, True)
    assert "within 3 points" in shown(found)
    assert "do not rely on it" in shown(replace(found, low=0.7))


def test_quality_says_what_shifted_and_draws_days() -> None:
    days = tuple(
        DayQuality(f"2026-10-0{day}", 100, 0.01, None, 0.5, 0.3, 80.0, {"en": 1.0})
        for day in (1, 2)
    )
    shift = QualityShift(
        "errors", "fisher", 0.01, 0.09, 0.05, 0.11, None, 1e-5, 5e-5, True, 100, 100
    )
    html = shown(QualityReport("a", "b", 0.05, days, (shift,), None, ("<i>note",)))
    assert "shifted: errors" in html
    assert "<i>note" not in html
    assert "as before" in shown(
        QualityReport("a", "b", 0.05, days, (replace(shift, shifted=False),))
    )
