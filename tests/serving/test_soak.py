"""Everything at once for long: upstreams that die, clients that leave, requests that are none."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench import identity
from workbench.store.usage_queries import settlements

from .conftest import Client
from .upstreams import Upstream

pytestmark = [pytest.mark.soak, pytest.mark.slow]

TEXT = "The lighthouse – 灯台 – stands on a 🪨 rock; its keeper counts: one, two, three, four."
SECRET = "SECRET-PROMPT"
REQUESTS, MALFORMED = 300, 500
CONFIG = """
[serving]
load_at_start = []
[upstreams.steady]
url = "{steady}"
models = {{ story = "words", slow = "pace-2", other = "words" }}
[upstreams.mortal]
url = "{mortal}"
models = {{ story = "words", frail = "cut-9" }}
[fallback]
frail = ["other"]
"""
WRONG = [
    b"\x00\x01\x02\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
    b"BREW /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /v1/feedback HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz",
]


class Mortal:
    """An upstream that dies and comes back on the same port, again and again."""

    def __init__(self) -> None:
        self.running = Upstream()
        self.port, self.url, self.deaths = self.running.port, self.running.url, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self) -> None:
        while not self._over.wait(0.7):
            self.running.close()
            self.deaths += 1
            time.sleep(0.2)
            self.running = Upstream(self.port)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self.running.close()


@pytest.fixture
def mortal() -> Iterator[Mortal]:
    made = Mortal()
    yield made
    made.close()


@pytest.fixture
def served(
    mortal: Mortal, home: Path, tmp_path: Path
) -> Iterator[tuple[Client, psutil.Process, Callable[[], str]]]:
    """A gateway as a process, and a function that ends it and gives all that it said."""
    steady = Upstream()
    config = tmp_path / "workbench.toml"
    config.write_text(CONFIG.format(steady=steady.url, mortal=mortal.url))
    log = (tmp_path / "log").open("w+")
    process = subprocess.Popen(
        [Path(sys.executable).with_name("workbench"), "--set", "log_level", "DEBUG", "serve",
         "--port", "0", "--key-file", str(tmp_path / "key")],
        stdout=subprocess.PIPE, stderr=log, text=True, cwd=tmp_path,
        env={**os.environ, "WORKBENCH_CONFIG": str(config)},
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().split("listens on ")[1].split(";")[0]
    client = Client(url, (tmp_path / "key").read_text().strip())

    def end() -> str:
        process.terminate()
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        log.seek(0)
        return out + log.read()

    yield client, psutil.Process(process.pid), end
    process.kill()
    process.communicate()
    log.close()
    steady.close()


async def send(client: Client, request: bytes, *, leave_after: int | None = None) -> bytes:
    """Everything that comes back; or leave after so many bytes."""
    place = urllib.parse.urlsplit(client.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    told = b""
    try:
        writer.write(request)
        while part := await reader.read(65536):
            told += part
            if leave_after is not None and len(told) >= leave_after:
                break
            if b"\r\n0\r\n\r\n" in told[-16:] or _is_whole(told):
                break
    except ConnectionError:
        pass
    finally:
        writer.close()
    return told


def _is_whole(told: bytes) -> bool:
    head, split, body = told.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(split) and length.isdigit() and len(body) >= int(length)


def chat(key: str, model: str, *, stream: bool) -> bytes:
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": SECRET}]}
    content = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def header(told: bytes, name: bytes) -> str:
    return told.lower().partition(name + b": ")[2].partition(b"\r\n")[0].decode()


def text_of(told: bytes) -> str:
    body = told.partition(b"\r\n\r\n")[2]
    if b"text/event-stream" not in told:
        return str(json.loads(body)["choices"][0]["message"]["content"])
    events = [line[6:] for line in body.splitlines() if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in json.loads(event).get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


async def storm(client: Client, key: str, poor: str, count: int, seed: int) -> Counter[str]:
    """Many requests of every kind, 12 at a time; what became of them."""
    dice, outcomes, gate = random.Random(seed), Counter[str](), asyncio.Semaphore(12)

    async def one(kind: str, stream: bool) -> None:
        async with gate:
            if kind == "leave":
                request = chat(key, "slow", stream=True)
                await send(client, request, leave_after=dice.choice((1, 400, 900)))
            elif kind in ("poor", "stranger"):
                used = poor if kind == "poor" else "wb-" + "z" * 43
                outcomes[f"{kind} {(await send(client, chat(used, 'story', stream=False)))[9:12]!r}"
                         ] += 1  # fmt: skip
            else:
                told = await send(client, chat(key, kind, stream=stream))
                if told[9:12] == b"200":
                    assert text_of(told) == TEXT, "an answer was lost in part, or said twice"
                    outcomes["answered"] += 1
                    settled.append(header(told, b"x-request-id"))
                else:
                    outcomes[f"failed {told[9:12]!r}"] += 1

    settled: list[str] = []
    kinds = ["story", "frail", "slow", "leave", "poor", "stranger"]
    await asyncio.gather(*(one(dice.choice(kinds), dice.random() < 0.5) for _ in range(count)))
    outcomes["settled once"] = sum(len(settlements(request_id=each)) == 1 for each in settled)
    return outcomes


async def nonsense(client: Client, count: int) -> None:
    gate = asyncio.Semaphore(8)

    async def one(number: int) -> None:
        async with gate:
            await send(client, WRONG[number % len(WRONG)])

    await asyncio.gather(*(one(number) for number in range(count)))


def test_a_storm_leaves_every_answer_whole_and_settled_once(
    served: Any, mortal: Mortal, scale: int
) -> None:
    client, process, end = served
    key = identity.create_key("storm").key
    poor = identity.create_key("poor", limits=identity.KeyLimits(requests_per_minute=5)).key
    outcomes: Counter[str] = Counter()
    sizes: list[tuple[int, int]] = []
    for turn in range(scale + 1):  # the first one fills what is kept on purpose
        outcomes += asyncio.run(storm(client, key, poor, REQUESTS, turn))
        asyncio.run(nonsense(client, MALFORMED))
        time.sleep(0.5)
        sizes.append((process.memory_info().rss, process.num_fds()))
    print(dict(outcomes), [f"{size / 1e6:.0f} MB" for size, _ in sizes], mortal.deaths, "deaths")
    assert client.chat(model="other").status == 200
    assert mortal.deaths >= 1
    assert outcomes["settled once"] == outcomes["answered"] > REQUESTS * scale / 4
    assert outcomes["poor b'429'"] > 0 and outcomes["stranger b'401'"] > 0
    # All that could be answered by somebody was: `story`, `frail` and `slow` have one who lives.
    assert sum(count for name, count in outcomes.items() if name.startswith("failed")) == 0
    assert sizes[-1][0] - sizes[0][0] < 12e6 + 0.2e6 * scale
    assert sizes[-1][1] - sizes[0][1] < 30
    told = client.request("GET", "/admin/v1/status").json
    assert (told["in_flight"], told["settlements_waiting"]) == (0, 0)
    said = end()
    assert SECRET not in said and key not in said and client.key not in said
    assert "Traceback" not in said
