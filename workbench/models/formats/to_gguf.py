"""A Hugging Face folder as one GGUF: the way back from training to llama.cpp."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, IntegrityError
from workbench.models.formats.architectures import (
    ARCHITECTURES,
    Architecture,
    gguf_tensor_name,
    redo_storage,
)
from workbench.models.formats.gguf_reader import GgufFile
from workbench.models.formats.gguf_recipes import choose_types, find_recipe
from workbench.models.formats.gguf_tokenizer import find_pre_tokenizer
from workbench.models.formats.gguf_types import CONTROL, FILE_TYPES, NORMAL, USER_DEFINED
from workbench.models.formats.gguf_writer import (
    PlannedTensor,
    check_writable,
    encode_entries,
    quantize,
    write_gguf,
)
from workbench.models.formats.safetensors_files import list_safetensors, read_safetensors

if TYPE_CHECKING:
    import numpy as np

# transformers' model type to llama.cpp's, where they differ.
_GGUF_NAMES = {"mistral": "llama"}
_TOKENIZER = "tokenizer."


def write_gguf_of_folder(
    folder: Path, destination: Path, *, type: str = "F16", tokenizer_of: GgufFile | None = None
) -> Path:
    """Write a folder's model as a GGUF.

    Args:
        folder: With ``config.json``, ``model.safetensors`` and ``tokenizer.json``.
        destination: The new file.
        type: Of the matrices, as for ``requantize``.
        tokenizer_of: Take the tokenizer's metadata from this GGUF, from which the folder was made,
            instead of working it out.

    Returns:
        ``destination``.

    Raises:
        CapabilityError: The architecture or the kind of tokenizer is not converted.
        InputError: There is no such type.
        DependencyError: The type needs llama.cpp's library, which is not here.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    name = gguf_architecture(config)
    architecture = ARCHITECTURES[name]
    check_writable(find_recipe(type))
    metadata = {
        "general.architecture": name,
        "general.type": "model",
        "general.name": folder.name,
        "general.file_type": FILE_TYPES[type],
        "general.quantization_version": 2,
        **_model_metadata(name, config),
        **({} if tokenizer_of is not None else _tokenizer_metadata(folder, config)),
    }
    entries = encode_entries(metadata)
    if tokenizer_of is not None:
        entries += _copied_tokenizer(tokenizer_of)
    weights = folder / "model.safetensors"
    shapes = {
        gguf_name: shape
        for hf_name, shape in list_safetensors(weights)
        if (gguf_name := gguf_tensor_name(hf_name, architecture, config)) is not None
    }
    chosen = choose_types(shapes, type, metadata)
    plans = [PlannedTensor(each, shapes[each], chosen[each].type) for each in shapes]
    write_gguf(destination, entries, plans, _contents(weights, plans, architecture, config))
    return destination


def gguf_architecture(config: Mapping[str, Any]) -> str:
    """llama.cpp's name for the architecture of a ``config.json``.

    Raises:
        CapabilityError: It is not among those that are written here.
    """
    name = _GGUF_NAMES.get(config["model_type"], config["model_type"])
    positions = (config.get("rope_parameters") or {}).get("rope_type", "default")
    if name not in ARCHITECTURES or positions != "default":
        raise CapabilityError(
            f"a {config['model_type']} model with {positions} positions is not written as a GGUF; "
            f"{', '.join(ARCHITECTURES)} with plain rotary positions are",
            hint="convert it with llama.cpp's own script",
        )
    return name


def _contents(
    weights: Path,
    plans: list[PlannedTensor],
    architecture: Architecture,
    config: Mapping[str, Any],
) -> Iterator[bytes]:
    expected = iter(plans)
    for hf_name, numbers in read_safetensors(weights):
        name = gguf_tensor_name(hf_name, architecture, config)
        if name is not None:
            stored: np.ndarray = redo_storage(name, numbers, architecture, config)
            yield quantize(stored, next(expected).type)


def _model_metadata(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    heads = config["num_attention_heads"]
    head_dim = config.get("head_dim") or config["hidden_size"] // heads
    theta = (config.get("rope_parameters") or {}).get("rope_theta", config.get("rope_theta", 1e4))
    found = {
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": heads,
        "attention.head_count_kv": config.get("num_key_value_heads", heads),
        "attention.key_length": head_dim,
        "attention.value_length": head_dim,
        "attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "rope.dimension_count": head_dim,
        "rope.freq_base": float(theta),
        "vocab_size": config["vocab_size"],
    }
    if name == "gemma2":
        found["attn_logit_softcapping"] = float(config["attn_logit_softcapping"])
        found["final_logit_softcapping"] = float(config["final_logit_softcapping"])
        found["attention.sliding_window"] = config["sliding_window"]
    return {f"{name}.{key}": value for key, value in found.items()}


def _tokenizer_metadata(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    said = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    added = {token["id"]: token for token in content["added_tokens"]}
    by_id = {number: token for token, number in content["model"]["vocab"].items()}
    by_id.update({number: token["content"] for number, token in added.items()})
    size = config["vocab_size"]
    if max(by_id) >= size:
        raise IntegrityError(f"{folder.name} has more tokens than its embeddings", hint=None)
    types = [
        (CONTROL if added[number]["special"] else USER_DEFINED) if number in added else NORMAL
        for number in range(size)
    ]
    ids = {token: number for number, token in by_id.items()}
    merges = content["model"]["merges"]
    found = {
        "ggml.model": "gpt2",
        "ggml.pre": find_pre_tokenizer(content),
        "ggml.tokens": [by_id.get(number, f"[PAD{number}]") for number in range(size)],
        "ggml.token_type": types,
        "ggml.merges": [merge if isinstance(merge, str) else " ".join(merge) for merge in merges],
        "ggml.add_bos_token": bool(said.get("add_bos_token", False)),
        "ggml.add_space_prefix": False,
        "ggml.bos_token_id": ids.get(said.get("bos_token")),
        "ggml.eos_token_id": ids.get(said.get("eos_token")),
        "ggml.padding_token_id": ids.get(said.get("pad_token")),
        "chat_template": said.get("chat_template"),
    }
    return {_TOKENIZER + key: value for key, value in found.items()}


def _copied_tokenizer(gguf: GgufFile) -> list[bytes]:
    with gguf.path.open("rb") as file:
        entries = []
        for key, (start, end) in gguf.spans.items():
            if key.startswith(_TOKENIZER):
                file.seek(start)
                entries.append(file.read(end - start))
    return entries
