"""Cancelling: from outside, from another thread, through nested blocks and through a probe."""

from __future__ import annotations

import contextvars
import threading

import pytest

from workbench.core.cancellation import (
    CancelToken,
    cancellable,
    check_cancelled,
    current_token,
)
from workbench.core.errors import CancelledError


def test_outside_a_block_nothing_is_cancelled() -> None:
    assert current_token.get() is None
    check_cancelled()


def test_a_cancelled_block_stops_with_the_reason() -> None:
    with cancellable() as token:
        check_cancelled()
        token.cancel("the budget is spent")
        token.cancel("a later reason")
        with pytest.raises(CancelledError, match=r"^cancelled: the budget is spent$"):
            check_cancelled()
    check_cancelled()


def test_an_inner_block_stops_with_the_outer_one() -> None:
    with cancellable() as outer, cancellable() as inner:
        outer.cancel("outer")
        assert inner.cancelled
        assert inner.reason == "outer"


def test_an_outer_block_goes_on_when_the_inner_one_stops() -> None:
    with cancellable() as outer:
        with cancellable() as inner:
            inner.cancel()
        assert not outer.cancelled
        check_cancelled()


def test_a_block_with_a_token_of_its_own_stops_with_either() -> None:
    for which in ("own", "outer"):
        own = CancelToken()
        with cancellable() as outer, cancellable(own):
            check_cancelled()
            (own if which == "own" else outer).cancel(which)
            with pytest.raises(CancelledError, match=which):
                check_cancelled()
        assert own.cancelled is (which == "own")


def test_the_same_token_may_be_entered_again() -> None:
    token = CancelToken()
    with cancellable(token), cancellable(), cancellable(token):
        check_cancelled()
        token.cancel()
        with pytest.raises(CancelledError):
            check_cancelled()


def test_a_probe_is_asked_at_each_look() -> None:
    answers = [False, False, True]
    token = CancelToken()
    token.watch(lambda: answers.pop(0))
    with cancellable(token):
        check_cancelled()
        check_cancelled()
        with pytest.raises(CancelledError):
            check_cancelled()
    assert token.cancelled  # set once; the probe, which has no answer left, is not asked again


def test_another_thread_can_stop_the_work() -> None:
    token, started = CancelToken(), threading.Event()
    stopped: list[str] = []

    def work() -> None:
        with cancellable(token):
            started.set()
            try:
                while True:
                    check_cancelled()
            except CancelledError as error:
                stopped.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    token.cancel("from outside")
    thread.join(timeout=30)
    assert stopped == ["cancelled: from outside"]


def test_a_thread_sees_the_block_only_with_its_context() -> None:
    seen: list[CancelToken | None] = []
    with cancellable() as token:
        for run in (lambda work: work(), contextvars.copy_context().run):
            thread = threading.Thread(target=run, args=(lambda: seen.append(current_token.get()),))
            thread.start()
            thread.join()
    assert seen == [None, token]
