"""How a comparison of a model's forms looks in a notebook."""

from __future__ import annotations

from workbench.core.viewers import mime_bundle
from workbench.edge.compression.pareto import mark_frontier
from workbench.edge.compression.results import Comparison, Measured


def test_a_comparison_is_a_table_with_its_picture() -> None:
    rows = mark_frontier(
        [
            Measured("as it came", "llamacpp", 98_000_000, 150_000_000, 19.2, 0.9, 100, 76.0),
            Measured("gguf:q4_0", "llamacpp", 92_000_000, 140_000_000, 25.1, 1.0, 100, 122.0),
        ]
    )
    found = Comparison("<smol>", rows, "passages", "ab" * 32, "machine")
    html = mime_bundle(found)["text/html"]
    assert html.count("<svg") == 1
    assert html.count("<circle") == 2
    for word in ("gguf:q4_0", "&lt;smol&gt;", "passages", "122", "perplexity"):
        assert word in html
    assert "<smol>" not in html
