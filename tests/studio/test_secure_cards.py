"""How secure computations are drawn: what was opened, what was sent, what is assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.viewers import mime_bundle
from workbench.privacy.secure.results import (
    SEMI_HONEST,
    Cost,
    PartyCost,
    PrivateJoin,
    SecureInference,
    SecureResult,
)

PARTIES = (
    PartyCost("the <a> owner", 9, 31_000, 0, 0.004, 0.01),
    PartyCost("the dealer", 0, 0, 39_000, 0, 0.02),
)
COST = Cost.of(PARTIES)


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def test_costs_add_up_and_the_slowest_counts() -> None:
    assert (COST.rounds, COST.online_bytes, COST.offline_bytes) == (9, 31_000, 39_000)
    assert (COST.online_s, COST.offline_s) == (0.004, 0.02)


def test_an_inference_says_whether_it_is_the_plain_models() -> None:
    said = SecureInference(
        "mlp", "two-servers", 3, (1, 2, 3), 1.0, 0.5, "3 labels", SEMI_HONEST, COST
    )
    drawn = html(said)
    assert "✓ as the plain model" in drawn and "Semi-honest" in drawn and "50.0% right" in drawn
    assert "the &lt;a&gt; owner" in drawn and "39 kB offline, 0 B online" in drawn
    other = SecureInference("mlp", "two-servers", 3, (1, 2, 3), 0.9, None, "3", SEMI_HONEST, COST)
    assert "✗ not as the plain model" in html(other) and "same on 90.0%" in html(other)


def test_values_and_joins() -> None:
    values = SecureResult("relu", "replicated", np.arange(30.0), "30", SEMI_HONEST, COST)
    assert "and 6 more" in html(values) and "9 rounds" in html(values)
    join = PrivateJoin(
        Path("a/out.csv"), ("email",), "tables", 40, 100, 60, 3, 0, ("email",), "sizes",
        SEMI_HONEST, COST,
    )  # fmt: skip
    drawn = html(join)
    assert 'aria-label="left alone: 60; in both: 40; right alone: 20"' in drawn
    assert "3 rows without a key left out" in drawn and "out.csv" in drawn
