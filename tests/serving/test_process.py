"""The gateway's own process: what it loads, and what it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]

# What must not be in the gateway's process, whatever it is asked: engines have their own.
HEAVY = {"torch", "mlx", "mlx_lm", "transformers", "onnxruntime_genai", "xllamacpp", "pandas",
         "pyarrow", "scipy", "sklearn", "openai", "anthropic", "datasets", "IPython"}  # fmt: skip
MOST_BYTES = 120e6

PROGRAM = """
import json, sys, urllib.request
import psutil
from workbench.serving.server import serving

def ask(path, **body):
    request = urllib.request.Request(
        server.url + path, json.dumps(body).encode(), {"Authorization": "Bearer " + server.key}
    )
    return json.loads(urllib.request.urlopen(request).read())

with serving() as server:
    messages = [{"role": "user", "content": "Hello"}]
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object",
            "properties": {"at": {"type": "string", "maxLength": 5}}, "required": ["at"],
            "additionalProperties": False}}}
    for _ in range(3):
        ask("/v1/chat/completions", model="smollm2-135m", messages=messages, max_tokens=4)
    ask("/v1/chat/completions", model="smollm2-135m", messages=messages, max_tokens=40,
        tools=[tool], tool_choice="required")
    ask("/v1/messages", model="smollm2-135m", messages=messages, max_tokens=4)
    ask("/v1/embeddings", model="minilm-l6-v2", input=["a", "b"])
    if sys.argv[1:]:
        __import__(sys.argv[1])
    told = {"modules": sorted({name.partition(".")[0] for name in sys.modules}),
            "bytes": psutil.Process().memory_info().rss}
print(json.dumps(told))
"""


def run(serving_home: Path, *words: str) -> Any:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "WORKBENCH_HOME": str(serving_home), "WORKBENCH_THREADS": "1"},
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout.splitlines()[-1])


def test_nothing_heavy_is_loaded_and_it_stays_small(serving_home: Path) -> None:
    told = run(serving_home)
    assert HEAVY & set(told["modules"]) == set()
    assert told["bytes"] < MOST_BYTES


def test_the_look_sees_a_heavy_module(serving_home: Path) -> None:
    assert HEAVY & set(run(serving_home, "scipy")["modules"]) == {"scipy"}
