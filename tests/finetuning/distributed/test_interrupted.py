"""Runs whose processes are killed end as the run that nobody interrupts; broken ones do not."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("interrupted_runs.py")
STEPS, EVERY, KEPT = 9, 2, 2
SEED = 20261128
# Rounding: on other processes the sums are taken in another order.
MOST = {"loss": 3e-5, "norm": 1e-3, "weights": 1e-3}

# The first test of each group waits for the runs of all of them.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
MESH = {"processes": 4, "tensor": 2}
WAYS = [
    {"strategy": "ddp"}, {"strategy": "fsdp"}, {"strategy": "tp"}, {"strategy": "pp"},
    {"strategy": "fsdp", **MESH}, {"strategy": "ddp", **MESH},
]  # fmt: skip
MOMENTS = ("done", "amid", "uncommitted")


def _name(*attempts: dict[str, Any], **options: Any) -> str:
    told = [
        f"{a.get('strategy', 'alone')}{a.get('processes', 2)}"
        + (f" {a.get('moment', 'done')} {a['step']} of {a['victim']}" if a.get("step") else "")
        for a in attempts
    ]
    return ", ".join([*told, *(f"{key}={value}" for key, value in options.items())])


def _case(*attempts: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"name": _name(*attempts, **options), "attempts": list(attempts), **options}


def _kill(chance: random.Random, way: dict[str, Any]) -> dict[str, Any]:
    """Any process at any step; amid a checkpoint only where there is one."""
    moment = chance.choice(MOMENTS)
    every = 1 if moment == "done" else EVERY
    step = chance.randrange(every, STEPS, every)
    victim = 0 if moment == "uncommitted" else chance.randrange(way.get("processes", 2))
    return {**way, "victim": victim, "step": step, "moment": moment}


def _draw() -> list[dict[str, Any]]:
    """Two random kills of each way and on to the end; then on other processes than before."""
    chance = random.Random(SEED)
    same = [_case(_kill(chance, way), _later(chance, way), way) for way in WAYS]
    others = [
        _case(_kill(chance, way), chance.choice([each for each in WAYS if each != way]))
        for way in WAYS
    ]
    alone = {"processes": 1}
    return [
        *same, *others,
        _case({**alone, "victim": 0, "step": 5}, {"strategy": "fsdp"}),
        _case({"strategy": "fsdp", "victim": 1, "step": 5}, alone),
        _case({"strategy": "fsdp", "victim": 1, "step": 7}, {"strategy": "ddp", "processes": 3},
              method="full"),
        _case({"strategy": "ddp", "processes": 3, "victim": 2, "step": 5},
              {"strategy": "tp", "victim": 0, "step": 8}, {"strategy": "fsdp", "processes": 4}),
        _case({"strategy": "fsdp", "victim": 0, "step": 4}, {"strategy": "fsdp"}, dropout=0.3),
    ]  # fmt: skip


def _later(chance: random.Random, way: dict[str, Any]) -> dict[str, Any]:
    return {**_kill(chance, way), "step": STEPS - 1, "moment": "done"}


TORN = [
    _case({**WAYS[1], "victim": 1, "step": 7}, WAYS[0], damage=kind)
    for kind in ("cut", "flipped", "manifest")
]
LOST = [_case({**WAYS[1], "victim": 1, "step": 7}, WAYS[0], damage="cut all")]
SLOW = [_case({**WAYS[0], "victim": 1, "step": 6}, WAYS[0], slow_s=0.6)]
BROKEN = [
    _case({**WAYS[1], "victim": 1, "step": 5}, WAYS[1], broken="sampler's place not restored"),
    _case({**WAYS[0], "victim": 1, "step": 5}, WAYS[1], broken="optimizer not restored"),
    _case({**WAYS[1], "victim": 1, "step": 5}, WAYS[1], broken="moments of another's box"),
    _case({**WAYS[1], "victim": 0, "step": 4}, WAYS[1], broken="chance not restored", dropout=0.3),
    _case({**WAYS[1], "victim": 1, "step": 4, "moment": "amid"}, WAYS[1],
          broken="committed before the others have written"),
    _case({**WAYS[1], "victim": 1, "step": 7}, WAYS[0], broken="digests not checked",
          damage="flipped"),
    _case({**WAYS[1], "victim": 1, "step": 7}, WAYS[0], broken="one checkpoint kept",
          damage="cut"),
    _case({**WAYS[1], "victim": 1, "step": 5}, WAYS[0], broken="a part left out"),
    _case({**WAYS[0], "victim": 1, "step": 5}, WAYS[0], slow_s=0.6,
          broken="not settled before the next step"),
]  # fmt: skip


def _run(folder: Path, cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), json.dumps(cases)],
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, dict[str, Any]] = json.loads((folder / "results.json").read_text())
    return found


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Kills at random."""
    return _run(tmp_path_factory.mktemp("drawn"), _draw())


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Torn checkpoints, and slow disks."""
    return _run(tmp_path_factory.mktemp("spoilt"), [*TORN, *LOST, *SLOW])


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Runs with a fault."""
    return _run(tmp_path_factory.mktemp("broken"), BROKEN)


def _is_right(found: dict[str, Any], *, lost: int = EVERY) -> bool:
    return (
        "failed" not in found
        and found["steps"] == STEPS
        and found["lost"] <= lost
        and found["left"] <= KEPT
        and all(found[name] < most for name, most in MOST.items())
    )


@pytest.mark.parametrize("name", [each["name"] for each in _draw()])
def test_a_killed_run_ends_as_one_that_is_not(drawn: dict[str, dict[str, Any]], name: str) -> None:
    assert _is_right(drawn[name]), (f"seed {SEED}", drawn[name])


@pytest.mark.parametrize("name", [each["name"] for each in TORN])
def test_a_torn_checkpoint_is_seen_and_the_one_before_is_used(
    spoilt: dict[str, dict[str, Any]], name: str
) -> None:
    found = spoilt[name]
    assert _is_right(found, lost=2 * EVERY) and found["lost"] > EVERY, found


def test_where_all_are_torn_the_run_is_refused(spoilt: dict[str, dict[str, Any]]) -> None:
    found = spoilt[LOST[0]["name"]]
    assert found["failed"] == 1
    assert any("IntegrityError: every checkpoint" in each for each in found["errors"])


def test_a_slow_disk_costs_no_more_than_an_interval(spoilt: dict[str, dict[str, Any]]) -> None:
    assert _is_right(spoilt[SLOW[0]["name"]]), spoilt[SLOW[0]["name"]]


@pytest.mark.parametrize("case", BROKEN, ids=[each["broken"] for each in BROKEN])
def test_a_broken_checkpoint_is_seen(broken: dict[str, Any], case: dict[str, Any]) -> None:
    assert not _is_right(broken[case["name"]]), broken[case["name"]]
