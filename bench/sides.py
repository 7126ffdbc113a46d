"""The sides of an engine's comparison, each in a process of its own that answers line by line.

Started as ``python bench/sides.py KIND THREADS``. All kinds get the same conversation and decode
greedily; each counts its tokens over the wall time of the whole call. The Python engines and their
peers read the same folder of float32 weights, unpacked from the GGUF that llama.cpp reads.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

MODEL = "smollm2-135m"
CONTEXT_TOKENS = 2048
ARRAY_BYTES = 512 << 20
Answer = Callable[[int], dict[str, Any]]


def conversation() -> list[dict[str, str]]:
    """What every side is asked, with the system message that the catalogue gives the model."""
    from workbench.models import catalogue

    return [
        {"role": "system", "content": catalogue.find(MODEL).system or ""},
        {"role": "user", "content": "Write a long story about a sailor and the sea."},
    ]


def folder_path() -> Path:
    """The float32 weights, converted on the first use."""
    from workbench.models import catalogue
    from workbench.models.folder import find_folder
    from workbench.models.loading import model_files

    return find_folder(model_files(catalogue.find(MODEL)), dtype="float32").path


def workbench_side(engine: str, threads: int) -> Answer:
    """Ours, through the public API."""
    from workbench import models

    model = models.load(MODEL, engine=engine, context_tokens=CONTEXT_TOKENS, threads=threads)

    def answer(tokens: int) -> dict[str, Any]:
        reply = model.chat(conversation(), max_tokens=tokens, temperature=0)
        return {"tokens": reply.completion_tokens, "first_s": reply.time_to_first_token_s}

    return answer


def tuned_side() -> Answer:
    """Ours as `workbench models tune` left it: no engine, variant or threads are named."""
    from workbench import models

    model = models.load(MODEL, engine="auto", context_tokens=CONTEXT_TOKENS)

    def answer(tokens: int) -> dict[str, Any]:
        reply = model.chat(conversation(), max_tokens=tokens, temperature=0)
        return {
            "tokens": reply.completion_tokens,
            "first_s": reply.time_to_first_token_s,
            "engine": model.engine,
            "weights": model.info.weights_dtype,
            "threads": model.settings.threads,
        }

    return answer


def rewriting_side(engine: str, lookup_tokens: int) -> Answer:
    """Ours on texts that are to be written again with one word replaced, by turns."""
    from workbench import models
    from workbench.models.tuning.frozen_sets import read_set

    options = {"context_tokens": CONTEXT_TOKENS, "threads": 1, "lookup_tokens": lookup_tokens}
    model = models.load(MODEL, engine=engine, **options)
    rows = itertools.cycle(read_set("rewrites"))

    def answer(tokens: int) -> dict[str, Any]:
        row = next(rows)
        asked = f'Write this text again, but with "{row["new"]}" in the place of "{row["old"]}".'
        messages = [{"role": "user", "content": f"{asked}\n\n{row['text']}"}]
        reply = model.chat(messages, max_tokens=tokens, temperature=0)
        return {"tokens": reply.completion_tokens, "first_s": reply.time_to_first_token_s}

    return answer


def xllamacpp_default_side() -> Answer:
    """llama.cpp's server as the wheel's own page starts it: a model's path, and nothing else."""
    import xllamacpp

    from workbench.models import catalogue
    from workbench.models.loading import model_files

    params = xllamacpp.CommonParams()
    params.model.path = str(model_files(catalogue.find(MODEL)).gguf)
    params.n_ctx = CONTEXT_TOKENS
    server = xllamacpp.Server(params)

    def answer(tokens: int) -> dict[str, Any]:
        body = {"messages": conversation(), "max_tokens": tokens, "temperature": 0}
        reply = server.handle_chat_completions(body)
        return {"tokens": reply["usage"]["completion_tokens"]}

    return answer


def xllamacpp_side(threads: int) -> Answer:
    """Bare llama.cpp with the settings that ours would start it with."""
    import xllamacpp

    from workbench import models
    from workbench.models.engines.llamacpp_worker import configure

    options = {"context_tokens": CONTEXT_TOKENS, "threads": threads}
    with models.load(MODEL, engine="llamacpp", **options) as model:
        engine: Any = model._engine
        settings = {**engine._config, "key": "bench"}
    server = xllamacpp.Server(configure(settings))

    def answer(tokens: int) -> dict[str, Any]:
        body = {"messages": conversation(), "max_tokens": tokens, "temperature": 0}
        reply = server.handle_chat_completions(body)
        return {"tokens": reply["usage"]["completion_tokens"]}

    return answer


def transformers_side(threads: int) -> Answer:
    """Plain ``generate`` of transformers."""
    import torch
    import transformers

    torch.set_num_threads(threads)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder_path())
    kind = transformers.AutoModelForCausalLM
    model: Any = kind.from_pretrained(folder_path(), dtype=torch.float32)
    made: Any = tokenizer.apply_chat_template(
        conversation(), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )

    def answer(tokens: int) -> dict[str, Any]:
        with torch.inference_mode():
            found = model.generate(**made, max_new_tokens=tokens, do_sample=False)
        tokenizer.decode(found[0])
        return {"tokens": found.shape[1] - made["input_ids"].shape[1]}

    return answer


def mlx_lm_side(threads: int) -> Answer:
    """mlx-lm's own generation. MLX decides itself how many threads it takes."""
    import mlx_lm

    model, tokenizer = mlx_lm.load(str(folder_path()))[:2]
    prompt = tokenizer.apply_chat_template(conversation(), add_generation_prompt=True)

    def answer(tokens: int) -> dict[str, Any]:
        parts = list(mlx_lm.stream_generate(model, tokenizer, prompt, max_tokens=tokens))
        return {"tokens": parts[-1].generation_tokens}

    return answer


def memory_side(threads: int) -> Answer:
    """The most bytes a second that reading or copying a large array reaches, of five goes each."""
    import torch

    torch.set_num_threads(threads)
    array = torch.ones(ARRAY_BYTES // 4)
    other = torch.empty_like(array)

    def best_rate(work: Callable[[], Any], size_bytes: int) -> float:
        times = []
        for _ in range(5):
            started_s = time.perf_counter()
            work()
            times.append(time.perf_counter() - started_s)
        return size_bytes / min(times)

    def answer(tokens: int) -> dict[str, Any]:
        read = best_rate(array.sum, ARRAY_BYTES)
        copied = best_rate(lambda: other.copy_(array), 2 * ARRAY_BYTES)
        return {"tokens": 0, "read_bytes_per_s": read, "copy_bytes_per_s": copied}

    return answer


SIDES: dict[str, Callable[[int], Answer]] = {
    "ours on llamacpp": lambda threads: workbench_side("llamacpp", threads),
    "ours on transformers": lambda threads: workbench_side("transformers", threads),
    "ours on mlx": lambda threads: workbench_side("mlx", threads),
    "ours tuned": lambda threads: tuned_side(),
    "rewriting on llamacpp": lambda threads: rewriting_side("llamacpp", 0),
    "rewriting on llamacpp, looking up": lambda threads: rewriting_side("llamacpp", 8),
    "rewriting on onnx": lambda threads: rewriting_side("onnx", 0),
    "rewriting on onnx, looking up": lambda threads: rewriting_side("onnx", 8),
    "xllamacpp": xllamacpp_side,
    "xllamacpp by default": lambda threads: xllamacpp_default_side(),
    "transformers": transformers_side,
    "mlx-lm": mlx_lm_side,
    "memory": memory_side,
}


@dataclass(frozen=True)
class Sample:
    """One call: its tokens, its wall time, the CPU time of all its side's processes, and more."""

    tokens: int
    wall_s: float
    cpu_s: float
    more: dict[str, Any]

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / self.wall_s


class Side:
    """A side that runs; ask it for an answer of so many tokens.

    With ``threads`` 0 it chooses them itself, and how they wait.
    """

    def __init__(self, kind: str, *, threads: int) -> None:
        from workbench.models.engines.openmp import WAIT_POLICY

        count = str(threads)
        pinned = {**WAIT_POLICY, "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count}
        self._process = subprocess.Popen(
            [sys.executable, __file__, kind, count],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **(pinned if threads else {})},
            text=True,
        )
        self._kind = kind

    def _cpu_s(self) -> float:
        me = psutil.Process(self._process.pid)
        times = [each.cpu_times() for each in (me, *me.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def ask(self, tokens: int) -> Sample:
        """One answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        before_s = self._cpu_s()
        self._process.stdin.write(f"{tokens}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._kind} ended; try: python bench/sides.py '{self._kind}' 1")
        said = json.loads(line)
        spent_s = self._cpu_s() - before_s
        return Sample(said.pop("tokens"), said.pop("wall_s"), spent_s, said)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


def main(kind: str, threads: int) -> None:
    """Answer each line of input, a number of tokens, with a line of JSON."""
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer
    answer = SIDES[kind](threads)
    for line in sys.stdin:
        started_s = time.perf_counter()
        said = answer(int(line))
        said["wall_s"] = time.perf_counter() - started_s
        told.write(json.dumps(said) + "\n")
        told.flush()
    told.close()
    os._exit(0)  # a server's threads would wait for requests


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
