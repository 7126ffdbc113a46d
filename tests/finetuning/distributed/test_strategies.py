"""Every strategy takes the steps of one process; each with a fault in it is seen not to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("shared_runs.py")
# Rounding: the sums are taken in another order, and Adam divides small ones by small ones.
MOST = {"loss": 1e-5, "extra": 1e-5, "norm": 1e-4, "evaluation": 1e-5, "weights": 1e-4}

Run = Callable[[int, list[dict[str, Any]]], dict[str, dict[str, Any]]]


def _case(strategy: str, **options: Any) -> dict[str, Any]:
    name = " ".join([strategy, *(f"{key}={value}" for key, value in options.items())])
    return {"name": name, "strategy": strategy, **options}


# The first test of each group waits for the runs of all of them.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
STRATEGIES = ("ddp", "fsdp", "tp", "pp")
SOUND = [
    *(_case(strategy, method=m) for strategy in STRATEGIES for m in ("lora", "full")),
    *(_case(strategy, anchors=3) for strategy in STRATEGIES),
    *(_case(strategy, few=True) for strategy in ("ddp", "fsdp", "pp")),
    _case("tp", model="odd"),
    _case("tp", model="odd", method="full"),
    *(_case(strategy, model="tied", method="full") for strategy in ("fsdp", "tp", "pp")),
]
# With the base in 16 bits a row's numbers depend on which rows it is computed with, and Adam's
# first steps go by the signs of gradients.
HALVED = [_case(strategy, precision="bf16") for strategy in STRATEGIES]
HALVED_MOST = dict.fromkeys(("loss", "evaluation", "first norm"), 0.03)
PATIENT = [_case(strategy, patience=2) for strategy in ("fsdp", "pp")]
BROKEN = [
    *(_case("ddp", broken=b) for b in ("gradients averaged", "same rows", "mean of means")),
    *(_case("fsdp", broken=b) for b in ("gradients averaged", "norm of its own part")),
    _case("tp", broken="input of lora_B not summed"),
    _case("tp", broken="norm of its own part"),
    _case("tp", broken="norm counts what all have"),
    _case("pp", broken="gradients scaled by micro-batches"),
    _case("pp", broken="norm of its own stage"),
    _case("pp", broken="tied embedding not summed", model="tied", method="full"),
]
MESHES = [
    *(_case(s, tensor=2, method=m) for s in ("ddp", "fsdp") for m in ("lora", "full")),
    *(_case(s, tensor=2, model="odd", anchors=3) for s in ("ddp", "fsdp")),
    *(_case(s) for s in ("ddp", "fsdp", "pp")),
    _case("tp", model="odd"),
]
BROKEN_MESHES = [
    _case("ddp", tensor=2, broken="not summed over the data"),
    _case("ddp", tensor=2, broken="same rows"),
    _case("fsdp", tensor=2, broken="gradients averaged"),
    _case("fsdp", tensor=2, broken="norm of its own part"),
]


def _run(folder: Path, processes: int, cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), str(processes), json.dumps(cases)],
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, dict[str, Any]] = json.loads((folder / "results.json").read_text())
    return found


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All cases of two processes, gone through by the same two."""
    handed = {"name": "handed on", "model": "tied", "method": "lora"}
    return _run(tmp_path_factory.mktemp("two"), 2, [*SOUND, *HALVED, *PATIENT, *BROKEN, handed])


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Those of four."""
    return _run(tmp_path_factory.mktemp("four"), 4, [*MESHES, *BROKEN_MESHES])


def _faults(found: dict[str, Any], most: dict[str, float] = MOST) -> dict[str, float]:
    assert (
        found["clipped"] and found["changed"] > 0.01 and found["whole"]
    )  # else nothing would be compared
    return {name: found[name] for name in most if not found[name] <= most[name]}


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case["name"])
def test_two_processes_take_the_steps_of_one(case: dict[str, Any], two: Any) -> None:
    assert _faults(two[case["name"]]) == {}


@pytest.mark.parametrize("case", HALVED, ids=lambda case: case["name"])
def test_a_base_in_16_bits_is_shared(case: dict[str, Any], two: Any) -> None:
    assert _faults(two[case["name"]], HALVED_MOST) == {}


@pytest.mark.parametrize("case", PATIENT, ids=lambda case: case["name"])
def test_the_best_weights_are_given_where_it_ends_early(case: dict[str, Any], two: Any) -> None:
    found = two[case["name"]]
    assert found["stopped"] == ["patience", "patience"] and _faults(found) == {}


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["name"])
def test_a_fault_is_seen(case: dict[str, Any], two: Any) -> None:
    assert _faults(two[case["name"]]) != {}


def test_adam_hides_a_gradient_that_is_too_small_everywhere(two: Any) -> None:
    faults = _faults(two[_case("ddp", broken="gradients averaged")["name"]])
    assert "norm" in faults and faults["norm"] > 0.4


def test_a_run_is_handed_on_from_strategy_to_strategy(two: Any) -> None:
    found = two["handed on"]
    assert found["steps"] == 6 and found["loss"] < 3e-5 and found["norm"] < 1e-4


@pytest.mark.parametrize("case", MESHES, ids=lambda case: case["name"])
def test_four_processes_take_the_steps_of_one(case: dict[str, Any], four: Any) -> None:
    assert _faults(four[case["name"]]) == {}


@pytest.mark.parametrize("case", BROKEN_MESHES, ids=lambda case: case["name"])
def test_a_fault_of_a_mesh_is_seen(case: dict[str, Any], four: Any) -> None:
    assert _faults(four[case["name"]]) != {}
