"""Who goes next on a cluster, and who gives way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.finetuning.distributed.cluster.nodes import Node, count_room
from workbench.finetuning.distributed.cluster.wishes import (
    STALE_S,
    NoticeBoard,
    Wish,
    find_givers,
    is_next,
)


def _wish(run: str, *, priority: int = 0, since_s: float = 0.0, cores: float = 1.0,
          waits: bool = True) -> Wish:  # fmt: skip
    return Wish(run, priority, since_s, cores, waits)


def test_a_higher_priority_goes_first_then_who_came_first() -> None:
    low, high = _wish("low", since_s=1), _wish("high", priority=5, since_s=9)
    later = _wish("later", since_s=2)
    assert is_next(high, [low, later]) and not is_next(low, [high, later])
    assert is_next(low, [later]) and not is_next(later, [low])


def test_a_run_that_has_its_cores_keeps_nobody_waiting() -> None:
    assert is_next(_wish("low"), [_wish("high", priority=5, waits=False)])


def test_the_least_and_latest_give_way_and_no_more_than_are_needed() -> None:
    running = [
        _wish("old", priority=1, since_s=1, waits=False),
        _wish("new", priority=1, since_s=2, waits=False),
        _wish("least", priority=0, since_s=0, waits=False),
        _wish("equal", priority=3, waits=False),
    ]
    first = _wish("first", priority=3, since_s=5, cores=2)
    assert find_givers([*running, first], 0) == ["least", "new"]
    assert find_givers([*running, first], 1) == ["least"]
    assert find_givers([*running, first], 2) == []


def test_nobody_gives_way_in_vain() -> None:
    running = [_wish("least", waits=False), _wish("equal", priority=3, waits=False)]
    assert find_givers([*running, _wish("first", priority=3, cores=2)], 0) == []


_RUNS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(1, 4), st.booleans()), max_size=8
)


@given(_RUNS, st.integers(0, 4))
def test_who_gives_way_is_lower_and_needed(drawn: list[Any], free: int) -> None:
    runs = [_wish(str(i), priority=p, since_s=s, cores=c, waits=w)
            for i, (p, s, c, w) in enumerate(drawn)]  # fmt: skip
    givers = [each for each in runs if each.run in find_givers(runs, free)]
    if not givers:
        return
    first = min((each for each in runs if each.waits), key=lambda each: each.order)
    assert all(not each.waits and each.priority < first.priority for each in givers)
    freed = sum(each.cores for each in givers)
    assert free < first.cores <= free + freed
    last = min(givers, key=lambda each: each.order)  # the last that was asked
    assert free + freed - last.cores < first.cores


class _Keys:
    """A store with the three calls that are used of Ray's."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}

    def _internal_kv_put(self, key: bytes, value: bytes, **_: Any) -> None:
        self.kept[key] = value

    def _internal_kv_get(self, key: bytes, **_: Any) -> bytes | None:
        return self.kept.get(key)

    def _internal_kv_list(self, prefix: bytes, **_: Any) -> list[bytes]:
        return [key for key in self.kept if key.startswith(prefix)]

    def _internal_kv_del(self, key: bytes, **_: Any) -> None:
        self.kept.pop(key, None)


def test_a_note_that_nobody_renews_is_taken_down() -> None:
    now_s, keys = [0.0], _Keys()
    mine, other = (NoticeBoard(keys, lambda: now_s[0]) for _ in range(2))
    mine.post(_wish("mine"))
    other.post(_wish("other"))
    assert {each.run for each in mine.read()} == {"mine", "other"}
    now_s[0] = STALE_S + 1
    mine.post(_wish("mine", waits=False))
    assert mine.read() == [_wish("mine", waits=False)] and len(keys.kept) == 1
    mine.take_down("mine")
    assert not mine.read()


@pytest.mark.parametrize(("cores", "threads", "room"), [([1, 1], 1, 2), ([3, 1], 2, 1), ([], 1, 0)])
def test_no_process_is_on_two_nodes(cores: list[float], threads: int, room: int) -> None:
    nodes = [Node(str(i), "127.0.0.1", 1, each) for i, each in enumerate(cores)]
    assert count_room(nodes, threads) == room
