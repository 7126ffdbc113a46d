"""A short job behind long ones over HTTP: through the gateway, and in llama.cpp's own server.

    python bench/run.py --only short-job --rounds 3

The gateway answers with whatever this home was tuned to; the peer is llama.cpp's server, first come
first served, on the weights as shipped, with as many slots as the gateway's pool keeps. To the
gateway the long jobs come with one key and the short one with another, as from two people; a key
means nothing to the peer's queue. What is timed is the short job's first word. Both servers are up
all the while, and only one is asked at a time.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gateway import with_models
from gateways import Server, add_key, tell_ours
from pool import CHAT, LONG, LONGS, SHORT, wait_of_short
from shape import Benchmark, Figure, take_turns

SLOTS, CONTEXT_TOKENS = 2, 4096
TIMEOUT_S = 600.0
Ask = Callable[[str, int], float]


def first_word_s(url: str, key: str, body: dict[str, Any]) -> float:
    """Seconds until the first word of a streamed answer, which is read to its end.

    Raises:
        RuntimeError: It is no answer, or one without a word.
    """
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    first_s = None
    began_s = time.perf_counter()
    try:
        connection.request("POST", parts.path, json.dumps(body), headers)
        reply = connection.getresponse()
        if reply.status != 200:
            raise RuntimeError(f"{url} answered {reply.status}: {reply.read(200)!r}")
        for line in reply:
            if first_s is None and _has_word(line):
                first_s = time.perf_counter() - began_s
    finally:
        connection.close()
    if first_s is None:
        raise RuntimeError(f"{url} answered without a word")
    return first_s


def _has_word(line: bytes) -> bool:
    said = line.removeprefix(b"data: ").strip()
    if said == line.strip() or said == b"[DONE]":
        return False
    choices = json.loads(said).get("choices") or [{}]
    return bool(choices[0].get("delta", {}).get("content"))


def _body(name: str, tokens: int) -> dict[str, Any]:
    """Each job's prompt is its own: none is read before another's."""
    words = f"{name}: write a long story about a sailor, the sea and what came of it."
    return {
        "model": CHAT,
        "messages": [{"role": "user", "content": words}],
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
    }


@contextmanager
def gateway_side() -> Iterator[tuple[Server, Ask]]:
    """Ours: one key for all the long jobs, another for the short one."""
    with with_models() as server:
        keys = {True: add_key(server), False: server.key}

        def run(name: str, tokens: int) -> float:
            body = {**_body(name, tokens), "workbench": {"cache": "off"}}
            return first_word_s(server.chat_url, keys[tokens == LONG], body)

        yield server, run


@contextmanager
def llamacpp_side() -> Iterator[Ask]:
    """llama.cpp's own server in the process that ours would start, asked past all of ours."""
    from workbench import models

    options: dict[str, Any] = {"parallel": SLOTS, "context_tokens": CONTEXT_TOKENS}
    with models.load(CHAT, engine="llamacpp", **options) as model:
        engine: Any = model._engine
        process = engine._process
        url = f"http://{process._host}:{process._port}/v1/chat/completions"

        def run(name: str, tokens: int) -> float:
            return first_word_s(url, process._key, _body(name, tokens))

        yield run


def measure(rounds: int) -> Sequence[Figure]:
    """The wait of the short job, both sides by turns."""
    os.environ.setdefault("WORKBENCH_THREADS", "1")
    with gateway_side() as (server, ours), llamacpp_side() as theirs:
        for ask in (ours, theirs):
            ask("first", SHORT)
        mine, others = take_turns(
            lambda: wait_of_short(ours), lambda: wait_of_short(theirs), rounds=rounds
        )
        engine = engine_of(server)
    return (
        Figure(
            f"over HTTP, first word of a short job behind {LONGS} long ones, gateway on {engine}",
            "llama.cpp's own server",
            "s",
            tuple(mine),
            tuple(others),
            better="lower",
            bound=5.0,
            details={"long_tokens": LONG, "short_tokens": SHORT, "slots": SLOTS, "engine": engine},
        ),
    )


def engine_of(server: Server) -> str:
    """What the gateway answers with."""
    return str(next(e["engine"] for e in tell_ours(server, "models", "list") if e["name"] == CHAT))


BENCHMARKS = (Benchmark("short-job", measure),)
