"""Audits in a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def write(path: Path, rows: int = 600) -> Path:
    """A made file of predictions, worse for one town."""
    generator = np.random.default_rng(6)
    town = generator.choice(["a", "b"], rows, p=(0.8, 0.2))
    y = (generator.random(rows) < 0.5).astype(int)
    flipped = generator.random(rows) < np.where(town == "b", 0.45, 0.05)
    frame = pd.DataFrame({"y": y, "y_hat": np.where(flipped, 1 - y, y), "town": town})
    frame["score"] = np.where(frame.y_hat == 1, 0.9, 0.1)
    frame.loc[0, "town"] = None
    frame.to_csv(path, index=False)
    return path


def test_an_audit_is_read_in_lines(run: Any, tmp_path: Path) -> None:
    file = str(write(tmp_path / "p.csv"))
    done = run("fairness", "audit", "--predictions", file, "--sensitive", "town")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0][:6] == ["as", "given", "on", "p.csv,", "600", "rows;"]
    assert lines[2][:4] == ["group", "rows", "selection_rate", "true_positive_rate"]
    assert [line[0] for line in lines if line[:1] in (["town=a"], ["town=b"], ["everyone"])]
    assert any(line[:1] == ["equalized_odds_difference"] for line in lines)
    assert "left out: town=(missing) (1 rows): a sensitive value is missing" in done.err
    assert "predictions: " in done.err
    # Labels have four hypotheses of counts and scores more of rows, with fewer resamples: the
    # note names each number, so that the table's p's can be found in it.
    tests = int(re.search(r"corrected for (\d+) tests", done.out)[1])
    floors = re.findall(
        r"that ([\d,]+) resamples can tell is ([\d.]+): .*, corrected (.+)", done.out
    )
    assert [floor[:2] for floor in floors] == [("4,000", "0.00025"), ("1,000", "0.001")]
    assert floors[0][2] == f"{tests / 4001:.2g}"  # the smallest of the family: times all of it
    table = [line[-1] for line in lines if line and "_difference" in line[0]]
    for _, _, corrected in floors:
        assert set(corrected.split(" or ")) <= set(table)


def test_nothing_is_said_of_the_floor_where_no_p_value_lies_there(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv")
    frame = pd.read_csv(path)
    frame["town"] = np.where(np.arange(len(frame)) % 2, "a", "b")  # says nothing about the rows
    frame.to_csv(path, index=False)
    done = run("fairness", "audit", "--predictions", str(path), "--sensitive", "town")
    assert "p (Holm)" in done.out and "resamples can tell" not in done.out


def test_slices_and_thresholds_too(run: Any, tmp_path: Path) -> None:
    file = str(write(tmp_path / "p.csv"))
    done = run("fairness", "slices", "--predictions", file, "--columns", "town")
    assert "town = b" in done.out
    swept = run(
        "fairness", "thresholds", "--predictions", file, "--sensitive", "town", "--at", "0.5"
    )
    assert swept.out.splitlines()[1].split()[0] == "0.5"


def test_hints_are_options_that_can_be_typed(run: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv")
    frame = pd.read_csv(path)
    frame["y_hat"] = frame.pop("score")
    frame.to_csv(path, index=False)
    told = run("fairness", "audit", "--predictions", str(path))
    assert "hint: --sensitive town, say" in told.err
    asked = ("fairness", "audit", "--predictions", str(path), "--sensitive", "town")
    told = run(*asked)
    assert told.status == 2 and "hint: --threshold 0.5 makes decisions" in told.err
    assert "--task regression" in told.err
    done = run(*asked, "--threshold", "0.5")
    assert done.status == 0 and "1 counts as 1" in done.out
    done = run(*asked, "--task", "regression")
    assert "judged as a regression" in done.out
