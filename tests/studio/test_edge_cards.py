"""How a comparison of a model's forms, a roll-out and a device look in a notebook."""

from __future__ import annotations

from pathlib import Path

from workbench.core.viewers import mime_bundle
from workbench.edge.compression.pareto import mark_frontier
from workbench.edge.compression.results import FormsComparison, Measured
from workbench.edge.fleet.devices import FleetDevice
from workbench.edge.fleet.rollout_records import Rollout


def test_a_comparison_is_a_table_with_its_picture() -> None:
    rows = mark_frontier(
        [
            Measured("as it came", "llamacpp", 98_000_000, 150_000_000, 19.2, 0.9, 100, 76.0),
            Measured("gguf:q4_0", "llamacpp", 92_000_000, 140_000_000, 25.1, 1.0, 100, 122.0),
        ]
    )
    found = FormsComparison("<smol>", rows, "passages", "ab" * 32, "machine")
    html = mime_bundle(found)["text/html"]
    assert html.count("<svg") == 1
    assert html.count("<circle") == 2
    for word in ("gguf:q4_0", "&lt;smol&gt;", "passages", "122", "perplexity"):
        assert word in html
    assert "<smol>" not in html


def test_a_roll_out_and_a_device_are_drawn_as_on_their_page() -> None:
    rollout = Rollout(
        "ab" * 16, Path("/srv/<shelf>"), "notes-2.bundle", 2, "cd" * 32, (0.25, 1.0), 1, "running",
        0.8, 0.05, 1.79e9, well=7, failed=1, waiting=2,
    )  # fmt: skip
    html = mime_bundle(rollout)["text/html"]
    assert "▶ running" in html and ">✓ 25%<" in html and ">▶ 100%<" in html
    assert "7 well, 1 failed, 2 not heard of" in html and "<shelf>" not in html
    device = FleetDevice("<kiosk>", "ab", False, 3, 1.79e9, 1.79e9, bundle="notes", version=2,
                         healthy=True, waiting=4)  # fmt: skip
    html = mime_bundle(device)["text/html"]
    assert "&lt;kiosk&gt;" in html and "✓ well" in html and "3 records here, 4 waited" in html
