"""Small results of monitoring are told as sentences with their figures, and not as raw fields."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.viewers import mime_bundle
from workbench.evaluation.number_sketch import SketchedDistance
from workbench.monitoring.anomalies.result import Anomaly
from workbench.monitoring.drift.result import ConceptDrift
from workbench.monitoring.drift.watching import StreamAlarm
from workbench.monitoring.warehouse.building import Rebuilt


def html(result: object) -> str:
    """What a notebook shows of a result."""
    return str(mime_bundle(result)["text/html"])


def test_an_anomaly_says_when_and_how_much() -> None:
    found = Anomaly(585, 595, 1_769_331_600.0, 1_769_367_600.0, "level", "up", 17.83, 51.5, 3.13,
                    6.876, False)  # fmt: skip
    shown = html(found)
    assert "2026-01-25 09:00 to 2026-01-25 19:00 (UTC)" in shown and "! level up" in shown
    assert "6.876 where 3.13 was expected, for 10 steps: 17.8 standard deviations" in shown
    assert "and goes on" in html(replace(found, lasts=True))


def test_an_alarm_says_since_when() -> None:
    found = StreamAlarm("answer_tokens", 70, 4, 4.9e-5, 0.1917, 67, 66, 68)
    shown = html(found)
    assert "answer_tokens" in shown and "changed at hour 67, likely between 66 and 68" in shown
    assert "seen at hour 70, over 4 hours" in shown and "p 4.9e-05" in shown
    assert "no other hour" in html(replace(found, began_first=67, began_last=67))


def test_a_truth_that_changed_and_one_that_did_not() -> None:
    found = ConceptDrift(0.1282, 0.1575, 1.074, 0.388, False, 10, 2000, 1500, 0.1089)
    shown = html(found)
    assert "the same truth" in shown and "12.8% to 15.8%" in shown
    assert "2,000 rows have a label, 1,500 wait" in shown and "are like the others" in shown
    other = html(replace(found, drifted=True, selected_p_value=0.001))
    assert "the truth has changed" in other and "are unlike the others" in other


def test_a_distance_from_sketches_is_a_range() -> None:
    shown = html(SketchedDistance(0.0045, 0.00645, 0.8119, 40_000, 40_000))
    assert "0.0045 to 0.00645" in shown and "p 0.81" in shown
    assert "40,000 rows against 40,000" in shown


def test_a_warehouse_says_what_it_set_aside() -> None:
    found = Rebuilt(3, 1200, ("2026-05",), {"negative <tokens>": 2}, ("2026-04",), ("a note",), 1.2)
    shown = html(found)
    assert "! 2 rows set aside" in shown and "negative &lt;tokens&gt;: 2" in shown
    assert "1,200 rows of 3 months; made anew: 2026-05." in shown
    assert "without rows: 2026-04" in shown and "a note" in shown
    whole = html(Rebuilt(1, 5, (), {}, (), (), 0.1))
    assert "every row counts" in whole and "nothing had changed" in whole and "<ul>" not in whole
