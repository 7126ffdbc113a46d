"""What ``auto`` may stand for without a gateway: what one would have, by the same settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.models.routing.candidates import find_candidates
from workbench.models.routing.settings import read_routing

CONFIG = """
[upstreams.far]
url = "http://127.0.0.1:1/v1"
models = ["far-a", "far-b"]
completion_usd_per_million_tokens = 3.0

[prices]
smollm2-135m = { completion_usd_per_million_tokens = 2.0 }

[ensembles.vote]
kind = "majority"
members = ["smollm2-135m", "far-a"]

[ensembles.other]
kind = "majority"
members = ["smollm2-135m"]

[routing]
models = ["far-a"]

[routing.tasks]
code = "ensemble/vote"
maths = "smollm2-135m"
"""


def test_upstreams_and_what_is_named_are_among_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir(exist_ok=True)
    path = home / "workbench.toml"
    path.write_text(CONFIG, "utf-8")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(path))
    here = {each.name: each for each in find_candidates(read_routing())}
    assert set(here) == {"ensemble/vote", "far-a", "smollm2-135m"}
    assert here["ensemble/vote"].price_usd == 3.0
    assert here["smollm2-135m"].price_usd == 2.0
    assert "tools" not in (here["ensemble/vote"].capabilities or ())
    assert here["far-a"].capabilities is None
