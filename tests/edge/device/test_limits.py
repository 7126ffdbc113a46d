"""What a machine tells of itself, what a policy may say, and what comes before a question."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.edge.bundles.building import Terms
from workbench.edge.device import limits, starting
from workbench.edge.device.faults import Fault
from workbench.edge.device.passages import find_passages, put_before
from workbench.edge.device.policy import Policy, policy_of, read_policy
from workbench.store.text_index import Passage, TextIndex

from ..made_bundles import HERE, NOW_S, Line


def machine(folder: Path, *, temperature: str = "", battery: tuple[str, str] | None = None) -> Path:
    if temperature:
        zone = folder / "thermal" / "thermal_zone0"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(temperature)
        (folder / "thermal" / "thermal_zone1").mkdir()
        (folder / "thermal" / "thermal_zone1" / "temp").write_text("no number")
    if battery:
        supply = folder / "power_supply" / "BAT0"
        supply.mkdir(parents=True)
        for name, said in (("type", "Battery"), ("capacity", battery[0]), ("status", battery[1])):
            (supply / name).write_text(said + "\n")
    return folder


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    hints = limits.read_hints(tmp_path)
    assert hints == limits.Hints(None, None, None, "")
    assert hints.untold == "this machine tells no temperature and no battery"
    warm = limits.read_hints(machine(tmp_path / "warm", temperature="45000"))
    assert warm.untold == "this machine tells no battery"


def test_a_hot_machine_or_one_with_a_low_battery_does_less(tmp_path: Path) -> None:
    cool = limits.read_hints(
        machine(tmp_path / "a", temperature="45000", battery=("9", "Charging"))
    )
    assert (cool.temperature_c, cool.battery_percent, cool.spare) == (45.0, 9, False)
    assert limits.choose_threads(3, cool) == 3
    assert limits.choose_threads(0, cool) >= 1
    hot = limits.read_hints(machine(tmp_path / "b", temperature="91500"))
    low = limits.read_hints(machine(tmp_path / "c", battery=("9", "Discharging")))
    assert "92 degrees" in hot.advice and "9% left" in low.advice
    assert limits.choose_threads(3, hot) == limits.choose_threads(3, low) == 1


def test_the_battery_of_a_mouse_is_not_the_machines(tmp_path: Path) -> None:
    folder = machine(tmp_path, battery=("64", "Charging"))
    for name, scope, capacity in (("A-mouse", "Device", "3"), ("BAT1", "System", "9")):
        supply = folder / "power_supply" / name
        supply.mkdir()
        said = {"type": "Battery", "scope": scope, "capacity": capacity, "status": "Discharging"}
        for each, text in said.items():
            (supply / each).write_text(text + "\n")
    hints = limits.read_hints(folder)
    assert (hints.battery_percent, hints.on_battery, hints.advice) == (64, True, "")


def test_the_policys_threads_hold_where_the_system_tells_no_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)  # as on a Mac
    nothing = limits.Hints(None, None, None, "")
    assert limits.choose_threads(5, nothing) == 5
    assert limits.choose_threads(0, nothing) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_memory_is_kept_by_the_system() -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from workbench.edge.device.limits import keep_memory\n"
        "keep_memory(120_000_000, 20_000_000)\n"
        "held = bytearray(60_000_000)\n"
        "try: more = bytearray(60_000_000)\n"
        "except MemoryError: print('kept')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "kept\n"
    with pytest.raises(Fault) as caught:
        limits.keep_memory(100, 100)
    assert caught.value.code == "memory"


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is inherited on Linux alone")
@pytest.mark.parametrize("status", ["/proc/self/status", "/proc/none"])
def test_the_peak_is_not_that_of_whoever_started_the_process(status: str) -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\n"
        "from workbench.edge.device import limits\n"
        f"limits._STATUS = Path({status!r})\n"
        "print(limits.peak_bytes())\n"
    )
    held = bytearray(b"1") * 300_000_000
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (int(done.stdout) < 200_000_000) is (status == "/proc/self/status")
    del held


def test_a_policy_says_what_is_known(tmp_path: Path) -> None:
    assert read_policy(tmp_path / "none.json") == Policy()
    (tmp_path / "p.json").write_text(json.dumps({"system": "Be brief.", "temperature": 1}))
    assert read_policy(tmp_path / "p.json") == Policy(system="Be brief.", temperature=1)
    for wrong in (
        [],
        {"max_token": 1},
        {"max_tokens": "1"},
        {"max_tokens": -1},
        {"texts": 1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_p": 1.5},
    ):
        with pytest.raises(Fault) as caught:
            policy_of(wrong)
        assert caught.value.code == "input"
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(Fault):
        read_policy(tmp_path / "p.json")


def test_passages_that_share_a_word_of_weight(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    passages = [
        Passage("1", "The lighthouse was built in 1868.", title="Varnholm"),
        Passage("2", "Bread is baked here on Tuesdays."),
    ]
    TextIndex.build(path, passages=passages, stamp="1")
    assert find_passages(path, "When was the lighthouse built?", 3) == [
        "Varnholm: The lighthouse was built in 1868."
    ]
    assert find_passages(path, "What is the capital of France?", 3) == []
    assert find_passages(path, 'bread" OR * NEAR(', 3) == ["Bread is baked here on Tuesdays."]
    assert find_passages(path, "bread", 0) == find_passages(path, "?", 3) == []
    assert put_before("Why?", []) == "Why?"
    assert put_before("Why?", ["So."]).endswith("[1] So.\n\nQuestion: Why?")
    (tmp_path / "no.sqlite").write_bytes(b"nothing")
    with pytest.raises(Fault) as caught:
        find_passages(tmp_path / "no.sqlite", "bread", 3)
    assert caught.value.code == "input"


def test_a_version_starts_with_a_wrong_clock_only_if_it_says_so(tmp_path: Path) -> None:
    line = Line(tmp_path / "line")
    behind = replace(HERE, now_s=NOW_S - 90 * 86400)
    warns = line.add({"a.bin": b"1"}, terms=Terms(clock_when_wrong="warn")).manifest
    assert starting.may_start(warns, HERE, 0) == []
    assert "90 days behind" in starting.may_start(warns, behind, NOW_S)[0]
    refuses = line.add({"a.bin": b"1"}, terms=Terms(clock_when_wrong="refuse")).manifest
    with pytest.raises(Fault) as caught:
        starting.may_start(refuses, behind, NOW_S)
    assert caught.value.code == "clock"
    over = line.add({"a.bin": b"1"}, terms=Terms(clock_when_wrong="refuse", valid_days=1)).manifest
    with pytest.raises(Fault) as caught:
        starting.may_start(over, replace(HERE, now_s=NOW_S + 9 * 86400), 0)
    assert caught.value.code == "expired"
    with pytest.raises(Fault) as caught:
        starting.may_start(warns, replace(HERE, runtimes={}), 0)
    assert caught.value.code == "platform"
