"""Progress: a start, what is done, and an end whichever way the work ends."""

from __future__ import annotations

import pytest

from workbench.core import progress as progress_module
from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError
from workbench.core.events import Event
from workbench.core.progress import progress, track


@pytest.fixture(autouse=True)
def every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell each update: without this, how many are told depends on the clock."""
    monkeypatch.setattr(progress_module, "_MIN_INTERVAL_S", 0.0)


def states(heard: list[Event]) -> list[tuple[str, float]]:
    return [(event.data["state"], event.data["done"]) for event in heard]


def test_a_task_from_start_to_end(heard: list[Event]) -> None:
    with progress("Copy", total=2, unit="files") as task:
        task.advance()
        task.advance(message="b.txt")
    assert states(heard) == [("started", 0), ("running", 1), ("running", 2), ("finished", 2)]
    assert {event.kind for event in heard} == {"progress"}
    assert len({event.data["task_id"] for event in heard}) == 1
    assert heard[2].data["message"] == "b.txt"
    assert (heard[0].data["label"], heard[0].data["unit"]) == ("Copy", "files")


def test_a_failed_task_says_so(heard: list[Event]) -> None:
    with pytest.raises(ValueError), progress("Copy"):
        raise ValueError
    assert states(heard) == [("started", 0), ("failed", 0)]


def test_a_total_can_come_later(heard: list[Event]) -> None:
    with progress("Fetch", unit="bytes") as task:
        task.update(10, total=40)
    assert [event.data["total"] for event in heard] == [None, 40, 40]


def test_updates_are_thinned_but_a_message_is_told(
    heard: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "_MIN_INTERVAL_S", 3600.0)
    with progress("Count") as task:
        task.update(1)  # told or not: how long the machine runs decides
        for _ in range(100):
            task.advance()
        task.advance(message="nearly")
    assert len(heard) <= 4
    assert heard[-2].data["message"] == "nearly"
    assert states(heard)[-1] == ("finished", 102)


def test_track_reports_an_item_once_it_is_done(heard: list[Event]) -> None:
    for item in track(["a", "b"], "Read"):
        assert states(heard)[-1][1] == (0 if item == "a" else 1)
    assert [event.data["total"] for event in heard] == [2, 2, 2, 2]
    assert states(heard)[-1] == ("finished", 2)


def test_track_of_a_generator_knows_no_total(heard: list[Event]) -> None:
    assert list(track((n for n in range(3)), "Read")) == [0, 1, 2]
    assert heard[0].data["total"] is None


def test_a_loop_that_is_left_early_has_failed(heard: list[Event]) -> None:
    loop = track([1, 2, 3], "Read")
    next(loop)
    loop.close()
    assert states(heard)[-1] == ("failed", 0)


def test_a_cancelled_run_stops_at_the_next_step(heard: list[Event]) -> None:
    seen = []
    with cancellable() as token, pytest.raises(CancelledError):
        for item in track([1, 2, 3], "Read"):
            seen.append(item)
            token.cancel()
    assert seen == [1]
    assert states(heard)[-1][0] == "failed"
