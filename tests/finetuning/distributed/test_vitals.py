"""Who works and who waits: by a clock of the test's own, and of real processes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time

import pytest

from workbench.finetuning.distributed.vitals import (
    ProcessVitals,
    Vitals,
    find_straggler,
    read_vitals,
)

# Two processes meet over pipes again and again; one has five times as much to do.
_PAIR = """
import json, sys, time
from workbench.finetuning.distributed.vitals import read_vitals
work_s, begun = float(sys.argv[1]), None
for line in sys.stdin:
    if begun is None:
        begun = time.monotonic(), read_vitals()
    end = time.thread_time() + work_s
    while time.thread_time() < end:
        pass
    if line == "last\\n":
        print(json.dumps([time.monotonic() - begun[0], begun[1], read_vitals()]), flush=True)
        break
    print("met", flush=True)
"""


def _said(work_s: float, memory: float = 1e8, sent: float | None = None) -> dict[str, float]:
    told = {"work_s": work_s, "memory_bytes": memory}
    return told if sent is None else {**told, "sent_bytes": sent}


def test_shares_are_those_of_the_last_half_minute() -> None:
    vitals = Vitals()
    for second in range(100):
        vitals.hear(0, second, _said(min(second, 60) * 1.0, sent=second * 2e6))
        vitals.hear(1, second, _said(second * 0.5))
    first, second_one = vitals.now()
    assert first.working == pytest.approx(0.0) and first.sent_bytes_s == pytest.approx(2e6)
    assert second_one.working == pytest.approx(0.5) and second_one.sent_bytes_s is None


def test_what_is_told_is_bounded_and_not_told_too_often() -> None:
    vitals = Vitals()
    told = []
    for second in range(5000):
        vitals.hear(0, second, _said(second * 0.25))
        told.append(vitals.tell(second))
    known = [each for each in told if each is not None]
    assert len(known) == pytest.approx(2500, abs=2)
    points = known[-1]["points"]
    assert 100 < len(points) <= 240
    assert points[0][0] == 1 and points[-1][0] == pytest.approx(4999, abs=2)
    assert json.loads(json.dumps(known[-1])) == known[-1]


def test_nothing_is_told_of_one_that_was_heard_once_or_says_nothing_of_itself() -> None:
    vitals = Vitals()
    vitals.hear(0, 1.0, _said(1.0))
    vitals.hear(1, 1.0, {})
    assert vitals.now() == () and vitals.tell(1.0) is None


@pytest.mark.parametrize(
    ("working", "slow"),
    [((0.9, 0.9), None), ((0.4, 0.9), 1), ((0.95, 0.3, 0.4, 0.35), 0), ((0.5, 0.7), None),
     ((1.0,), None), ((), None), ((0.9, 0.9, 0.9, 0.2), None)],
)  # fmt: skip
def test_all_wait_for_the_one_that_waits_least(
    working: tuple[float, ...], slow: int | None
) -> None:
    found = [ProcessVitals(rank, share, 1, None) for rank, share in enumerate(working)]
    straggler = find_straggler(found)
    assert (straggler.rank if straggler else None) == slow


def test_of_two_real_processes_that_meet_the_one_with_more_to_do_is_found() -> None:
    with contextlib.ExitStack() as stack:
        pair = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", _PAIR, work_s],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
            )
            for work_s in ("0.01", "0.05")
        ]  # fmt: skip
        for word in ["go\n"] * 30 + ["last\n"]:
            for each in pair:
                assert each.stdin is not None
                each.stdin.write(word)
                each.stdin.flush()
            lines = [each.stdout.readline() for each in pair if each.stdout is not None]
    vitals = Vitals()
    for rank, line in enumerate(lines):
        span_s, before, after = json.loads(line)
        vitals.hear(rank, 0.0, before)
        vitals.hear(rank, span_s, after)
    assert [each.returncode for each in pair] == [0, 0]
    slow = find_straggler(vitals.now())
    assert slow is not None and slow.rank == 1, vitals.now()


def test_a_process_knows_its_own_work_and_memory() -> None:
    before = read_vitals()
    end_s = time.thread_time() + 0.2
    while time.thread_time() < end_s:
        pass
    after = read_vitals()
    assert after["work_s"] - before["work_s"] >= 0.19
    assert after["memory_bytes"] > 1e6
