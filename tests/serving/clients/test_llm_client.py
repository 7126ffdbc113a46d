"""The command ``llm``, unchanged, pointed at the gateway by a file in its own folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import MODEL, Client

pytestmark = pytest.mark.model
MODELS = """
- model_id: here
  model_name: {model}
  api_base: {url}
  api_key_name: workbench
  supports_schema: true
  supports_tools: true
"""


@pytest.fixture
def llm(client: Client, base_url: str, tmp_path: Path) -> Callable[..., str]:
    """Runs the command and gives what it prints."""
    (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(model=MODEL, url=base_url))
    (tmp_path / "keys.json").write_text(json.dumps({"workbench": client.key}))
    variables = {**os.environ, "LLM_USER_PATH": str(tmp_path), "LLM_LOAD_PLUGINS": ""}

    def run(*words: str, fails: bool = False) -> str:
        command = [sys.executable, "-m", "llm", *words]
        found = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=variables,
            timeout=120,
            check=False,
        )
        assert bool(found.returncode) == fails, found.stderr
        return found.stderr if fails else found.stdout

    return run


def test_a_question_streamed_and_whole(llm: Callable[..., str]) -> None:
    words = ("-m", "here", "-o", "temperature", "0", "-o", "max_tokens", "12")
    question = "What is the capital of France?"
    streamed = llm(*words, question)
    assert "Paris" in streamed
    assert llm(*words, "--no-stream", question) == streamed


def test_a_schema(llm: Callable[..., str]) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 99}},
              "required": ["n"], "additionalProperties": False}  # fmt: skip
    words = ("-m", "here", "-o", "temperature", "0", "--schema", json.dumps(schema))
    assert isinstance(json.loads(llm(*words, "How many legs has a dog?"))["n"], int)


def test_an_error_says_what_is_wrong(llm: Callable[..., str]) -> None:
    said = llm("-m", "here", "-o", "presence_penalty", "1", "Hello", fails=True)
    assert "presence_penalty" in said
