"""How long work still takes is told from its own pace, and not before that is known."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.cli.time_left import TimeLeft, told


def event(done: float, *, total: float | None = 66, state: str = "running") -> dict[str, Any]:
    return {"task_id": 1, "done": done, "total": total, "state": state}


def test_the_pace_counts_from_the_first_step() -> None:
    now_s = 0.0
    left = TimeLeft(clock=lambda: now_s)
    assert left.note(event(0, state="started")) == ""
    now_s = 100.0  # a model was loaded meanwhile
    assert left.note(event(1)) == ""
    now_s = 113.0
    assert left.note(event(2)) == "about 14 min left"  # 64 steps of 13 s
    now_s = 126.0
    assert left.note(event(66)) == ""
    left.note(event(66, state="finished"))
    now_s = 200.0
    assert left.note(event(50)) == "", "taken up again: what was done before is no pace"
    now_s = 210.0
    assert left.note(event(60)) == "about 5 s left"


def test_what_has_no_end_or_hardly_began_is_not_guessed() -> None:
    now_s = 0.0
    left = TimeLeft(clock=lambda: now_s)
    left.note(event(1, total=None))
    left.note(event(1))
    now_s = 4.0
    assert left.note(event(2)) == ""
    now_s = 60.0
    assert left.note(event(3, total=None)) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2, "5 s"), (41, "40 s"), (61, "1 min"), (5000, "83 min"), (9000, "2.5 h")],
)
def test_words(seconds: float, words: str) -> None:
    assert told(seconds) == f"about {words} left"
