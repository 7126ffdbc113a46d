"""What may happen to a run on several processes, and how it goes on: real signals, a full disk."""

from __future__ import annotations

import contextlib
import random
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import events
from workbench.core.errors import PeerError, StorageError
from workbench.finetuning.distributed.shards.manifest import FOLDER, committed
from workbench.finetuning.training.records import find_run, list_runs

from .test_shared_run import _curve, _gone, _own_processes, _run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STEPS, EVERY = 8, 2
SEED = 11


def _ranks() -> list[psutil.Process]:
    module = "workbench.finetuning.distributed.rank"
    return [each for each in _own_processes() if module in each.cmdline()]


def _agent() -> psutil.Process:
    module = "workbench.finetuning.distributed.agent"
    (found,) = (each for each in _own_processes() if module in each.cmdline())
    return found


@contextlib.contextmanager
def _at(wanted: dict[int, Callable[[], Any]]) -> Iterator[None]:
    """Do something when a step was told, the first time that it is."""

    def hear(event: events.Event) -> None:
        deed = wanted.pop(event.data["number"], None)
        if deed is not None:
            deed()

    with events.listening(hear, "finetuning.step"):
        yield
    assert not wanted


def _faulty(data: Path, **options: Any) -> Any:
    return _run(data, name="faulty", processes=2, steps=STEPS, save_every=EVERY, **options)


def _check(done: Any, wanted: list[float]) -> None:
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4)
    assert all(each["steps_lost"] <= EVERY for each in done.restarts)
    assert not _own_processes()


@pytest.fixture
def wanted(data: Path) -> list[float]:
    """The losses of one process that nobody touches."""
    return _curve(_run(data, name="whole", steps=STEPS).run)


def test_any_process_is_killed_and_then_the_agent(data: Path, wanted: list[float]) -> None:
    chance = random.Random(SEED)
    first, second = sorted(chance.sample(range(1, STEPS), 2))
    victim = chance.randrange(2)
    deeds = {first: lambda: _ranks()[victim].kill(), second: lambda: _agent().kill()}
    with _at(deeds):
        done = _faulty(data, strategy="fsdp")
    _check(done, wanted)
    causes = [each["cause"] for each in done.restarts]
    assert len(causes) == 2, f"seed {SEED}"
    assert "SIGKILL" in causes[0] and causes[1].startswith("the agent that watches")


def test_one_that_hangs_is_found_within_the_time_that_is_said(
    data: Path, wanted: list[float]
) -> None:
    with _at({5: lambda: _ranks()[1].suspend()}):
        done = _faulty(data, hang_s=6)
    _check(done, wanted)
    (restart,) = done.restarts
    assert restart["cause"].startswith("process 1 of 2 hangs: it said nothing for 6 s")


def test_one_that_is_slow_is_told_and_waited_for(data: Path, wanted: list[float]) -> None:
    told: list[Any] = []

    def slow_down() -> None:
        stopped = _ranks()[1]
        stopped.suspend()
        threading.Timer(4.0, stopped.resume).start()

    with _at({4: slow_down}), events.listening(told.append, "finetuning.slow"):
        done = _faulty(data, hang_s=15)
    _check(done, wanted)
    assert not done.restarts and told[0].data["rank"] == 1


def test_one_is_gone_for_good_and_comes_back(data: Path, wanted: list[float]) -> None:
    """The second process dies after its first step, twice; then it lives."""
    broken = iter([True] * 2)

    def hear(event: events.Event) -> None:
        found = _ranks()
        if len(found) == 2 and next(broken, False):
            found[1].kill()

    with events.listening(hear, "finetuning.step"):
        done = _run(
            data, name="faulty", processes=2, steps=24, save_every=EVERY, restarts=1, least=1
        )
    right = _curve(_run(data, name="long", steps=24).run)
    assert _curve(done.run) == pytest.approx(right, abs=1e-4)
    assert [each["processes"] for each in done.restarts] == [2, 1, 2]
    assert done.restarts[-1]["cause"] == "all of 2 are tried again"
    assert done.restarts[-1]["steps_lost"] == 0 and not _own_processes()
    assert wanted


def test_a_full_disk_ends_the_run_and_it_goes_on_when_there_is_space(
    data: Path, home: Path, wanted: list[float]
) -> None:
    def fill() -> None:
        for each in _ranks():
            each.rlimit(psutil.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    with _at({3: fill}), pytest.raises(StorageError) as found:
        _faulty(data)
    assert found.value.hint and not _own_processes()
    (run,) = (run for run, told in list_runs() if told["adapter"] == "faulty")
    known = find_run(run)
    assert known is not None and known["state"] == "failed"
    (folder,) = home.glob(f"finetuning/runs/*/{FOLDER}")
    assert [each.name[:8] for each in committed(folder.parent)] == ["00000002"]
    _check(_faulty(data), wanted)


def test_after_all_are_lost_and_one_part_is_torn_another_number_goes_on(
    data: Path, home: Path, wanted: list[float]
) -> None:
    deeds = {5: lambda: [each.kill() for each in _ranks()]}
    with _at(deeds), pytest.raises(PeerError, match="SIGKILL"):
        _faulty(data, strategy="fsdp", restarts=0)
    (folder,) = home.glob(f"finetuning/runs/*/{FOLDER}")
    newest = next(committed(folder.parent))
    shard = newest / "shard-00001.safetensors"
    shard.write_bytes(shard.read_bytes()[:-100])
    done = _run(data, name="faulty", processes=3, strategy="ddp", steps=STEPS, save_every=EVERY)
    _check(done, wanted)
    assert _gone(_own_processes())
