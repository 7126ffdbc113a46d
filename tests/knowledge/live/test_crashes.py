"""Killed with -9 in the middle of it, and back: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.knowledge.live.client import LivePage
from workbench.knowledge.live.open_page import OpenPage
from workbench.knowledge.live.pages import Pages
from workbench.store.database import close_all

from .conftest import SPACE, People

KILLS = 6
SERVE = """
import sys
from workbench.knowledge.live.server import LiveServer
from workbench.core import events
events.subscribe(lambda event: print(event.kind, flush=True))
{patch}
LiveServer(port=int(sys.argv[1])).run()
"""
# What tells first and writes then, as rooms do that write in the background.
TELLS_FIRST = """
import time
from workbench.knowledge.live.desk import Desk
from workbench.knowledge.live.doors import Outbox
real = Desk._do_each
def do_each(self, jobs, out):
    real(self, jobs, out)
    told = Outbox()
    told._calls, out._calls = out._calls, []
    self._loop.call_soon_threadsafe(told.deliver)
    time.sleep(0.15)
Desk._do_each = do_each
"""


@contextmanager
def server(home: Path, port: int, *, patch: str = "") -> Iterator[subprocess.Popen[str]]:
    """A server in a process of its own, until it is killed or the block ends."""
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE.format(patch=patch), str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "live_ready" in line:
                    break
            yield process
        finally:
            process.kill()


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def lost(home: Path, token: str, *, patch: str = "") -> set[str]:
    """Write, be acknowledged, have the server killed; what was acknowledged and is not there."""
    port, rng, acknowledged = free_port(), random.Random(20261127), set()

    async def write_until_killed(process: subprocess.Popen[str], kill: int) -> None:
        async with LivePage(f"http://127.0.0.1:{port}", SPACE, token=token) as page:
            end = asyncio.get_running_loop().call_later(
                rng.uniform(0.1, 0.6), process.send_signal, signal.SIGKILL
            )
            number = 0
            while process.poll() is None:
                word = f"{kill}:{number}"
                page.source.insert(0, word + " ")
                waiting = asyncio.ensure_future(page.saved())
                while not waiting.done() and process.poll() is None:
                    await asyncio.sleep(0.002)
                if waiting.done() and waiting.exception() is None:
                    acknowledged.add(word)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                number += 1
            end.cancel()

    for kill in range(KILLS):
        with server(home, port, patch=patch) as process:
            asyncio.run(write_until_killed(process, kill))
    kept = set(str(OpenPage(Pages(), SPACE).source()).split())
    close_all()
    assert len(acknowledged) >= KILLS
    return acknowledged - kept


@pytest.mark.slow
def test_what_was_acknowledged_outlives_a_kill(people: People, home: Path) -> None:
    assert lost(home, people.add("ann", _="admin")) == set()


@pytest.mark.slow
def test_telling_before_writing_is_caught(people: People, home: Path) -> None:
    assert lost(home, people.add("ann", _="admin"), patch=TELLS_FIRST) != set()


@pytest.mark.slow
def test_a_client_goes_on_through_kills(people: People, home: Path) -> None:
    """It joins again by itself, and sends what was not acknowledged: each word once in the end."""
    token, port = people.add("ann", _="admin"), free_port()
    rng, words = random.Random(7), []

    async def play() -> str:
        async with LivePage(f"http://127.0.0.1:{port}", SPACE, token=token) as page:
            for kill in range(3):
                for number in range(15):
                    words.append(f"{kill}:{number}")
                    page.source.insert(0, words[-1] + " ")
                    await asyncio.sleep(rng.uniform(0, 0.02))
                processes[-1].send_signal(signal.SIGKILL)
                page.source.insert(0, f"{kill}:down ")
                words.append(f"{kill}:down")
                await asyncio.to_thread(processes[-1].wait)
                stack.append(server(home, port))
                processes.append(await asyncio.to_thread(stack[-1].__enter__))
                await page.saved(timeout_s=60)
            assert page.joined == 4
            return page.text

    stack = [server(home, port)]
    processes = [stack[0].__enter__()]
    try:
        text = asyncio.run(play())
    finally:
        for each in stack:
            each.__exit__(None, None, None)
    assert sorted(text.split()) == sorted(words)
    assert str(OpenPage(Pages(), SPACE).source()) == text
