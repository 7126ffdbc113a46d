"""What waits for a client, and what its messages are taken for before they are read."""

from __future__ import annotations

import asyncio

import pytest

from workbench.identity.scopes import SignedIn
from workbench.knowledge.live import doors
from workbench.knowledge.live.doors import SLOW, Door, Outbox
from workbench.knowledge.live.messages import (
    ASK_AWARENESS,
    AWARENESS,
    STEP1,
    STEP2,
    SYNC,
    UPDATE,
    may_write,
    read_message,
)
from workbench.knowledge.live.update_form import UpdateForm


def door() -> Door:
    async def made() -> Door:
        return Door(SignedIn("s", "session", "rob", 1e12), "/a")

    return asyncio.run(made())


def test_a_page_that_is_larger_than_what_may_wait_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may have 64 MiB, and half of that may wait: its answer is not said to be too slow."""
    monkeypatch.setattr(doors, "MOST_WAITING_BYTES", 1000)
    client = door()
    for size in (10, 2000, 900):
        client.push(bytes(size))
    assert client.closing is None
    client.push(bytes(200))
    assert client.closing is not None and client.closing[0] == SLOW


def test_who_asks_for_a_page_again_and_again_is_not_answered_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doors, "MOST_ANSWERED_BYTES", 1000)
    client, out = door(), Outbox()
    for _ in range(5):
        out.send(client, bytes(800))
    out.deliver()
    assert client.closing is not None and client.closing[0] == SLOW
    assert client.waiting_bytes <= 1600


@pytest.mark.parametrize("step", [STEP2, UPDATE])
def test_an_integer_that_is_written_longer_does_not_hide_an_update(step: int) -> None:
    """What writes is done in a transaction with the look at rights; what asks is not."""
    body = b"\x02\x00\x00"
    for kind in (b"\x00", b"\x80\x00", b"\x80\x80\x00"):
        for written in (bytes((step,)), bytes((step | 128, 0))):
            message = read_message(kind + written + body)
            assert (message.kind, message.step) == (SYNC, step)
            assert may_write(kind + written + body)
    assert not may_write(bytes((SYNC, STEP1)) + b"\x01\x00")
    assert not may_write(bytes((AWARENESS, 1, 0)))
    assert not may_write(bytes((ASK_AWARENESS,)))


def test_many_ranges_are_looked_up_and_not_each_with_each() -> None:
    """A reader may send a million; those here meet, overlap, and lie between others."""
    here = UpdateForm(ranges=[(1, n, n + 2) for n in range(0, 100, 2)] + [(1, 200, 210), (2, 0, 5)])
    for asked, known in (
        ((1, 0, 100), True),
        ((1, 3, 57), True),
        ((1, 99, 101), False),
        ((1, 205, 210), True),
        ((1, 150, 160), False),
        ((2, 0, 5), True),
        ((2, 4, 6), False),
        ((3, 0, 1), False),
        ((3, 1, 1), True),
    ):
        assert UpdateForm(ranges=[asked]).is_known({}, here) == known, asked
