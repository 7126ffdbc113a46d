"""Smaller models in a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.models.formats.tiny import make_tiny_gguf


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose rows are too narrow for k-quants."""
    return make_tiny_gguf(tmp_path_factory.mktemp("narrow") / "narrow.gguf")


def test_what_fell_back_is_said_beside_the_path(run: Any, narrow: Path) -> None:
    done = run("edge", "compress", "--model", narrow, "--to", "gguf:q4_k_m", "--no-measure")
    assert done.status == 0
    path = Path(done.out.splitlines()[0])
    assert path.name == "narrow-Q4_K_M.gguf"
    assert path.is_file()
    assert "as it came" in done.out
    assert "have rows too narrow for Q4_K, Q6_K" in done.err
    assert "encoded from unquantised weights" in done.err


def test_a_program_gets_the_figures_as_json(run: Any, narrow: Path) -> None:
    done = run("edge", "compress", "--model", narrow, "--to", "gguf:q8_0", "--no-measure", "--json")
    told = json.loads(done.out)
    assert {"path", "size_bytes", "perplexity", "perplexity_base", "tokens_per_s"} <= set(told)
    assert Path(told["path"]).stat().st_size == told["size_bytes"]


def test_what_the_runtime_cannot_read_is_refused_with_a_command_to_try(
    run: Any, narrow: Path
) -> None:
    done = run("edge", "compress", "--model", narrow, "--to", "onnx:q4_k_m")
    assert done.status != 0
    assert "ONNX Runtime reads no onnx of 'q4_k_m'" in done.err
    assert "--to gguf:q4_k_m" in done.err


def test_a_table_and_a_recommendation(run: Any, narrow: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("The quick brown fox jumps over the lazy dog.\n")
    done = run(
        "edge", "compare", "--model", narrow, "--to", "gguf:q4_0", "--texts", texts,
        "--rounds", 1, "--picture", tmp_path / "p.svg",
    )  # fmt: skip
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0][:4] == ["form", "engine", "size", "memory"]
    assert [word for line in lines[1:] for word in line if word == "gguf:q4_0"] == ["gguf:q4_0"]
    assert f"picture: {tmp_path / 'p.svg'}" in done.err
    done = run("edge", "recommend", "pi", "--model", narrow)
    assert done.out.startswith("pi: ")
    assert "passed over: " in done.err


def test_a_pruned_model_says_what_went(run: Any, narrow: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("The quick brown fox jumps over the lazy dog.\n" * 20)
    done = run(
        "edge", "prune", "vocabulary", "--model", narrow, "--calibration", texts, "--no-measure"
    )
    assert done.status == 0
    assert (Path(done.out.splitlines()[0]) / "model.safetensors").is_file()
    assert "103 of 512 tokens" in done.out
