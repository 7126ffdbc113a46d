"""What Workbench costs above bare llama.cpp: ``python bench/engines.py --pairs 9 --tokens 128``.

The same chat, the same settings, two processes: ours through ``workbench.models``, and xllamacpp's
own ``handle_chat_completions`` with nothing around it. They take turns, the first of each pair by
turns too, since a shared machine's speed drifts; the figure is the median of the pairs' ratios.
Both sides count tokens over the wall time of the whole call. The model's prompt is cached on both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil

from workbench.models import catalogue
from workbench.models.engines.llamacpp_process import _WAIT_POLICY
from workbench.models.loading import load, model_files

MODEL = "smollm2-135m"
CONTEXT_TOKENS = 2048

BARE = """
import json, os, sys, time
import xllamacpp
from workbench.models.engines.llamacpp_worker import configure

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
server = xllamacpp.Server(configure(json.loads(sys.stdin.readline())))
for line in sys.stdin:
    body = json.loads(line)
    first = []
    started_s = time.perf_counter()
    if body.get("stream"):
        def tell(chunk):
            if not first and (chunk["choices"] and chunk["choices"][0]["delta"].get("content")):
                first.append(time.perf_counter() - started_s)
        server.handle_chat_completions(body, tell)
        said = {"first_s": first[0]}
    else:
        reply = server.handle_chat_completions(body)
        said = {"tokens": reply["usage"]["completion_tokens"]}
    said["wall_s"] = time.perf_counter() - started_s
    print(json.dumps(said), file=answer, flush=True)
os._exit(0)
"""


@dataclass(frozen=True)
class Run:
    """One call: its tokens, the wall time of the call and the CPU time of all processes in it."""

    tokens: int
    wall_s: float
    cpu_s: float

    @property
    def rate(self) -> float:
        return self.tokens / self.wall_s


def cpu_s(*pids: int) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


class Bare:
    """xllamacpp alone, in a process of its own with the settings of ours."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BARE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_WAIT_POLICY},
            text=True,
        )
        self._tell({**config, "key": "bench"})

    def _tell(self, body: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(body) + "\n")
        self._process.stdin.flush()

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        self._tell(body)
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def run(self, messages: list[dict[str, str]], tokens: int) -> Run:
        before_s = cpu_s(self._process.pid)
        said = self.ask({"messages": messages, "max_tokens": tokens, "temperature": 0})
        return Run(said["tokens"], said["wall_s"], cpu_s(self._process.pid) - before_s)

    def first_s(self, messages: list[dict[str, str]]) -> float:
        body = {"messages": messages, "max_tokens": 8, "temperature": 0, "stream": True}
        return float(self.ask(body)["first_s"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def compare(threads: int, pairs: int, tokens: int) -> dict[str, Any]:
    """Both sides by turns with one number of threads."""
    entry = catalogue.find(MODEL)
    messages = [
        {"role": "system", "content": entry.system or ""},
        {"role": "user", "content": "Write a long story about a sailor and the sea."},
    ]
    with load(MODEL, engine="llamacpp", context_tokens=CONTEXT_TOKENS, threads=threads) as model:
        engine: Any = model._engine
        bare = Bare(engine._config)

        def ours() -> Run:
            before_s = cpu_s(os.getpid(), engine._process.pid)
            started_s = time.perf_counter()
            reply = model.chat(messages, max_tokens=tokens, temperature=0)
            wall_s = time.perf_counter() - started_s
            spent_s = cpu_s(os.getpid(), engine._process.pid) - before_s
            return Run(reply.completion_tokens, wall_s, spent_s)

        sides = (ours, lambda: bare.run(messages, tokens))
        for side in sides:
            side()  # the first call reads the prompt
        runs = []
        firsts = []
        for number in range(pairs):
            order = (0, 1) if number % 2 == 0 else (1, 0)
            done = {which: sides[which]() for which in order}
            runs.append((done[0], done[1]))
            reply = model.chat(messages, max_tokens=8, temperature=0)
            firsts.append((reply.time_to_first_token_s, bare.first_s(messages)))
        bare.close()
    middle = statistics.median
    return {
        "threads": threads,
        "tokens": sorted({run.tokens for pair in runs for run in pair}),
        "ours_tokens_per_s": round(middle(a.rate for a, _ in runs), 1),
        "bare_tokens_per_s": round(middle(b.rate for _, b in runs), 1),
        "best_ours_and_bare": [
            round(max(a.rate for a, _ in runs), 1),
            round(max(b.rate for _, b in runs), 1),
        ],
        "median_ratio": round(middle(a.rate / b.rate for a, b in runs), 3),
        "ratios": [round(a.rate / b.rate, 2) for a, b in runs],
        "ours_tokens_per_cpu_s": round(middle(a.tokens / a.cpu_s for a, _ in runs), 1),
        "bare_tokens_per_cpu_s": round(middle(b.tokens / b.cpu_s for _, b in runs), 1),
        "cpu_ratio": round(middle(b.cpu_s / a.cpu_s for a, b in runs), 3),
        "ours_first_token_ms": round(1000 * middle(a for a, _ in firsts), 1),
        "bare_first_token_ms": round(1000 * middle(b for _, b in firsts), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    chosen = parser.parse_args()
    model_files(catalogue.find(MODEL))  # fetched before anything is timed
    for threads in chosen.threads:
        load_before = os.getloadavg()[0]
        found = compare(threads, chosen.pairs, chosen.tokens)
        found["machine_load"] = [round(load_before, 1), round(os.getloadavg()[0], 1)]
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
