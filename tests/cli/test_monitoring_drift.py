"""Drift, a watch and quality in a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def sides(tmp_path: Path) -> list[str]:
    draw = np.random.default_rng(0)
    paths = []
    for name, moved in (("before", 0.0), ("now", 1.0)):
        hours = np.sort(draw.uniform(0, 30, 900))
        score = draw.random(900)
        table = pd.DataFrame(
            {
                "x": draw.normal(size=900) + moved * (hours >= 10),
                "y": draw.normal(size=900),
                "score": score,
                "paid": (draw.random(900) < score).astype(int),
                "time": hours * 3600,
            }
        )
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        paths += [str(tmp_path / f"{name}.csv")]
    return paths


def test_what_drifted_stands_first_and_the_verdict_last(run: Any, sides: list[str]) -> None:
    given = ("monitoring", "drift", "--reference", sides[0], "--current", sides[1])
    done = run(*given, "--prediction", "score", "--label", "paid")
    lines = done.out.splitlines()
    assert lines[0].startswith("900 rows of before.csv against 900 of now.csv")
    assert lines[2].split()[:2] == ["x", "drifted"]
    assert lines[-1].startswith("drifted: x (level 0.05, holm)")
    assert any(line.startswith("truth given the score") for line in lines)
    plain = json.loads(run(*given, "--json").out)
    assert plain["columns"][0]["name"] == "x"
    assert plain["columns"][0]["drifted"] is True


def test_a_watch_says_since_when(run: Any, sides: list[str]) -> None:
    done = run("monitoring", "watch", "--reference", sides[0], "--current", sides[1])
    assert "x changed at about 1970-01-01T" in done.out
    assert "no change" in run(
        "monitoring", "watch", "--reference", sides[0], "--current", sides[0]
    ).out  # fmt: skip
