"""What an engine is asked in: frozen plain data, and a clear word on what it cannot do."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import CapabilityError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.protocol import (
    CHAT,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
    TokenLogprob,
)


class Least(Engine):
    """An engine that does no more than it must."""

    name = "least"
    capabilities = frozenset({CHAT})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        self.info = ModelInfo("none", settings.context_tokens or 8, 256, "none")

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        return list(text.encode())

    def detokenize(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode(errors="replace")

    @property
    def special_tokens(self) -> Mapping[str, str]:
        return {}

    @property
    def chat_template(self) -> str | None:
        return None

    @property
    def bos_id(self) -> int | None:
        return None

    def stream(self, prompt_ids: Sequence[int], sampling: Sampling) -> Iterator[Chunk]:
        yield Chunk("", finish_reason="stop")

    def memory_bytes(self) -> int:
        return 0

    def close(self) -> None:
        pass


def test_what_an_engine_does_not_do_is_an_error_that_says_what_it_does() -> None:
    engine = Least(ModelFiles("x"), EngineSettings())
    for ask, verb in (
        (lambda: engine.score_ids([1], [2]), "score"),
        (lambda: engine.embed(["a"]), "embed"),
    ):
        with pytest.raises(
            CapabilityError, match=f"least engine cannot {verb}; it can chat"
        ) as error:
            ask()
        assert error.value.hint


def test_an_engine_without_its_parts_cannot_be_made() -> None:
    class Half(Engine):
        name = "half"

    with pytest.raises(TypeError, match="abstract"):
        Half(ModelFiles("x"), EngineSettings())  # type: ignore[abstract]


@pytest.mark.parametrize(
    "value",
    [
        Sampling(),
        Chunk("a", (1,), (TokenLogprob(1, "a", -0.5),), "stop"),
        ModelFiles("x", gguf=Path("x.gguf")),
        EngineSettings(),
        ModelInfo("llama", 8, 2, "Q4_1"),
    ],
)
def test_the_plain_data_is_frozen_and_pickles(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    first = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, first, None)


def test_llama_cpp_needs_a_gguf(tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match="needs a GGUF file") as error:
        LlamaCppEngine(ModelFiles("x", folder=tmp_path), EngineSettings())
    assert "transformers" in str(error.value.hint)
