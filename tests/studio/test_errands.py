"""Errands of a page: their progress in a line, and a button that stops them."""

from __future__ import annotations

import asyncio
import threading

from workbench.core.progress import progress
from workbench.studio.errands import Errands


def test_progress_is_told_of_its_own_work_alone_and_it_can_be_stopped() -> None:
    said: list[str] = []
    begun, told_elsewhere = threading.Event(), threading.Event()

    def work() -> None:
        with progress("Counting", total=1000) as task:
            begun.set()
            told_elsewhere.wait(10)
            for done in range(1_000_000):
                task.update(done % 1000, message="sheep")
                threading.Event().wait(0.001)

    async def look() -> None:
        errands = Errands(lambda: None, lambda: None)
        errands.note.observe(lambda change: said.append(change["new"]), names="value")
        errands.run("count", "Counting", work, done="Counted.")
        await asyncio.to_thread(begun.wait, 10)
        with progress("Another work", total=3):
            told_elsewhere.set()
        while not any("sheep" in each for each in said):
            await asyncio.sleep(0.01)
        assert errands.busy == {"count": "Counting"}
        errands.stop("count")
        errands.stop("what nobody does")
        while errands.busy:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(look(), 30))
    assert any("<progress" in each and "of 1000" in each for each in said)
    assert not any("Another work" in each for each in said)
    assert any("Stopping" in each for each in said)
    assert "Stopped" in said[-1] and "Counted." not in said[-1]


def test_what_ends_says_so_and_is_done_at_once_without_a_loop() -> None:
    errands = Errands(lambda: None, lambda: None)
    errands.run("a", "Doing", lambda: None, done="Done <it>.")
    assert "✓ Done &lt;it&gt;." in errands.note.value and not errands.busy
    errands.run("a", "Doing", lambda: 1 / 0, done="Done.")
    assert "ZeroDivisionError" in errands.note.value and not errands.busy
