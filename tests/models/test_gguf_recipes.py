"""The types of a recipe's tensors are those that llama.cpp's own program gives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats import ggml_library, tiny
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.gguf_recipes import MIXED, RECIPES, choose_types, list_recipes
from workbench.models.formats.requantize import requantize
from workbench.models.protocol import EngineSettings, ModelFiles

_PARTS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


def shapes(layers: int, columns: int, inner: int, *, tied: bool) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (1000, columns)}
    for layer in range(layers):
        found |= {f"blk.{layer}.{part}.weight": (columns, columns) for part in _PARTS}
        found[f"blk.{layer}.ffn_down.weight"] = (columns, inner)
        found[f"blk.{layer}.attn_norm.weight"] = (columns,)
    return found if tied else found | {"output.weight": (1000, columns)}


def metadata(layers: int, heads: int = 32, keys: int = 32) -> dict[str, object]:
    return {
        "general.architecture": "llama",
        "llama.block_count": layers,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": keys,
    }


def test_half_of_the_down_projections_of_32_layers_have_six_bits() -> None:
    found = choose_types(shapes(32, 4096, 11008, tied=False), "Q4_K_M", metadata(32))
    six = {name for name, chosen in found.items() if chosen.type == "Q6_K"}
    layers = [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]
    parts = ("attn_v", "ffn_down")
    assert six == {f"blk.{n}.{part}.weight" for n in layers for part in parts} | {"output.weight"}
    assert found["token_embd.weight"].type == found["blk.4.ffn_down.weight"].type == "Q4_K"
    assert found["blk.0.attn_norm.weight"].type == "F32"


def test_a_model_576_wide_falls_back_as_llama_cpp_does() -> None:
    found = choose_types(shapes(30, 576, 1536, tied=True), "Q4_K_M", metadata(30, 9, 3))
    assert Counter((each.type, each.instead_of) for each in found.values()) == {
        ("Q8_0", "Q6_K"): 1 + 14,  # the embeddings, and the values of the outer layers
        ("Q5_0", "Q4_K"): 30 * 5 + 16,
        ("Q6_K", None): 14,
        ("Q4_K", None): 16,
        ("F32", None): 30,
    }
    six = choose_types(shapes(30, 576, 1536, tied=True), "Q6_K", metadata(30, 9, 3))
    assert {each.type for each in six.values()} == {"Q8_0", "Q6_K", "F32"}
    odd = choose_types({"blk.0.attn_q.weight": (4, 40)}, "IQ4_XS", metadata(1))
    assert (odd["blk.0.attn_q.weight"].type, odd["blk.0.attn_q.weight"].instead_of) == (
        "F16",
        "IQ4_XS",
    )


@pytest.mark.parametrize(
    ("recipe", "calibrated", "name", "expected"),
    [
        ("Q4_K_S", False, "blk.3.attn_v.weight", "Q5_K"),
        ("Q4_K_S", False, "blk.4.attn_v.weight", "Q4_K"),
        ("Q4_K_S", False, "blk.3.ffn_down.weight", "Q5_K"),
        ("Q5_K_M", False, "blk.0.ffn_down.weight", "Q6_K"),
        ("IQ4_XS", False, "blk.0.ffn_down.weight", "Q5_K"),
        ("IQ4_XS", True, "blk.0.ffn_down.weight", "IQ4_XS"),
        ("IQ4_NL", True, "blk.9.attn_v.weight", "Q5_K"),  # four queries share a key
        ("Q4_0", True, "blk.0.ffn_down.weight", "Q4_1"),
        ("Q4_0", False, "blk.0.ffn_down.weight", "Q4_0"),
        ("Q5_0", True, "blk.3.ffn_down.weight", "Q5_1"),
        ("Q4_0", False, "token_embd.weight", "Q8_0"),
        ("IQ4_NL", False, "output.weight", "Q6_K"),
    ],
)
def test_the_exceptions_of_each_recipe(
    recipe: str, calibrated: bool, name: str, expected: str
) -> None:
    made = choose_types(
        shapes(32, 4096, 11008, tied=False), recipe, metadata(32, 32, 8), calibrated=calibrated
    )
    assert made[name].type == expected


def test_a_recipe_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError, match="'Q4_K' is none") as caught:
        choose_types({}, "Q4_K", {})
    assert caught.value.hint == "take Q4_K_M"


def test_without_llama_cpps_library_there_are_no_mixed_recipes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(list_recipes()) == set(RECIPES)
    monkeypatch.setattr(ggml_library, "_find_library", lambda: None)
    assert set(RECIPES) - set(list_recipes()) == set(MIXED)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose rows are whole blocks of 256."""
    with pytest.MonkeyPatch.context() as patch:
        common = tiny.TINY_ARCHITECTURES["llama"]
        wider = {"hidden_size": 256, "intermediate_size": 512, "head_dim": 64}
        patch.setitem(tiny.TINY_ARCHITECTURES, "llama", {**common, **wider})
        return tiny.make_tiny_gguf(tmp_path_factory.mktemp("wide") / "wide.gguf")


@pytest.mark.parametrize("recipe", ["Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K_S", "IQ4_NL", "IQ4_XS"])
def test_llama_cpp_computes_with_the_weights_that_gguf_reads(
    wide: Path, tmp_path: Path, recipe: str
) -> None:
    made = requantize(wide, tmp_path / f"{recipe}.gguf", recipe)
    assert not made.fallbacks
    assert sum(made.types.values()) == len(read_gguf(wide).tensors)
    settings = EngineSettings(context_tokens=128)
    files = ModelFiles(recipe, gguf=made.path)
    engines = [LlamaCppEngine(files, settings), TransformersEngine(files, settings)]
    try:
        ids = engines[0].tokenize("The quick brown fox jumps over the lazy dog and reads.")
        scores = [np.array(engine.score_ids(ids[:3], ids[3:])) for engine in engines]
    finally:
        for engine in engines:
            engine.close()
    # llama.cpp rounds the states to 8 bits before each product.
    assert np.abs(scores[0] - scores[1]).mean() < 0.1
    assert np.corrcoef(scores[0], scores[1])[0, 1] > 0.99
