"""Events: who hears what, in which order, and that a listener's fault stays its own."""

from __future__ import annotations

import logging
import threading

import pytest

from workbench.core import events
from workbench.core.events import Event, current_run_id, emit, listening, subscribe


@pytest.mark.parametrize(
    ("wanted", "kind", "hears"),
    [
        ("", "anything", True),
        ("models", "models", True),
        ("models", "models.loaded", True),
        ("models", "modelsmith.loaded", False),
        ("models.loaded", "models", False),
    ],
)
def test_a_listener_hears_its_kind_and_what_is_below(wanted: str, kind: str, hears: bool) -> None:
    found: list[Event] = []
    with listening(found.append, wanted):
        emit(kind, number=1)
    assert [event.kind for event in found] == ([kind] if hears else [])


def test_an_event_carries_its_data_time_and_run() -> None:
    reset = current_run_id.set("run-1")
    try:
        event = emit("models.loaded", name="x")
    finally:
        current_run_id.reset(reset)
    assert (event.kind, event.data, event.run_id) == ("models.loaded", {"name": "x"}, "run-1")
    assert event.time_s > 1.7e9
    assert emit("later").run_id is None


def test_listeners_are_told_in_order() -> None:
    order: list[int] = []
    with listening(lambda _: order.append(1)), listening(lambda _: order.append(2)):
        emit("x")
    assert order == [1, 2]


def test_a_listeners_fault_does_not_stop_the_work(caplog: pytest.LogCaptureFixture) -> None:
    found: list[Event] = []

    def fail(event: Event) -> None:
        raise ValueError("listener is broken")

    with listening(fail), listening(found.append), caplog.at_level(logging.ERROR):
        emit("x")
    assert len(found) == 1
    assert "a listener failed on x" in caplog.text
    assert "listener is broken" in caplog.text


def test_ctrl_c_in_a_listener_goes_through() -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with listening(stop), pytest.raises(KeyboardInterrupt):
        emit("x")


def test_unsubscribing_twice_is_harmless_and_ends_one_subscription_only() -> None:
    found: list[Event] = []
    first = subscribe(found.append)
    second = subscribe(found.append)
    first()
    first()
    emit("x")
    assert len(found) == 1
    second()
    emit("x")
    assert len(found) == 1
    assert not events._listeners


def test_a_listener_may_subscribe_and_emit() -> None:
    found: list[str] = []

    def hear(event: Event) -> None:
        found.append(event.kind)
        if event.kind == "first":
            with listening(hear, "second"):
                emit("second")

    with listening(hear, "first"):
        emit("first")
    assert found == ["first", "second"]


def test_threads_lose_no_event() -> None:
    found: list[Event] = []

    def work() -> None:
        for _ in range(200):
            with listening(lambda _: None, "nothing"):
                emit("x")

    with listening(found.append, "x"):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 800
    assert not events._listeners
