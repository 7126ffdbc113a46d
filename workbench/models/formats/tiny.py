"""Tiny models with random weights of several architectures, made in a second and always the same.

They say nothing sensible. They are there so that every engine can be tried on architectures
whose real weights are too large to carry about, and many models at once cost little.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFoundError
from workbench.core.optional import require
from workbench.core.seeds import derive_seed
from workbench.models.formats.architectures import ARCHITECTURES
from workbench.models.formats.safetensors_files import write_safetensors
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.store.files import write_json

if TYPE_CHECKING:
    import numpy as np

# Name: model type of transformers, and what differs from the common config.
TINY_ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": {"attention_bias": False, "mlp_bias": False},
    "mistral": {"sliding_window": None},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"tie_word_embeddings": True, "head_dim": 32, "attention_bias": False},
    "gemma": {"tie_word_embeddings": True, "head_dim": 32},
    "gemma2": {
        "tie_word_embeddings": True,
        "head_dim": 32,
        "query_pre_attn_scalar": 32,
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
        "sliding_window": 64,
        "layer_types": ["sliding_attention", "full_attention"],
    },
}
_CLASSES = {"mistral": "MistralForCausalLM"}
VOCABULARY_SIZE = 512
_THETA = 10000.0
_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_TEXT = (
    "The quick brown fox jumps over the lazy dog. A model of a few thousand numbers still reads "
    "and writes text, token by token. It counts 0 1 2 3 4 5 6 7 8 9 and knows no facts. "
    '{"name": "value", "number": 12, "list": [true, false, null]} def add(a, b): return a + b. '
    "What is the capital of a country, and where does the river go when the rain has stopped? "
    "Once upon a time there was a small machine under a wooden table that could only answer "
    "questions about colours, numbers and animals. Every morning someone asked it whether the sky "
    "would be blue, how many birds were sitting on the roof, and which of them sang the loudest."
)


def make_tiny_folder(
    folder: Path, architecture: str = "llama", *, seed: int = 0, text: str = _TEXT
) -> Path:
    """Write a tiny model as a Hugging Face folder.

    Args:
        folder: Where to; it is made.
        architecture: One of ``TINY_ARCHITECTURES``.
        seed: Decides the weights.
        text: What the tokenizer is trained on.

    Returns:
        ``folder``.

    Raises:
        NotFoundError: The architecture is not among them.
    """
    if architecture not in TINY_ARCHITECTURES:
        raise NotFoundError.among("tiny architecture", architecture, TINY_ARCHITECTURES)
    folder.mkdir(parents=True, exist_ok=True)
    config = _config(architecture)
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", {"bos_token_id": 1, "eos_token_id": [2, 0]})
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": _CONTROL[1],
            "eos_token": _CONTROL[2],
            "pad_token": _CONTROL[0],
            "add_bos_token": False,
            "chat_template": _TEMPLATE,
        },
    )
    _train_tokenizer(text).save(str(folder / "tokenizer.json"))
    shapes = _shapes(architecture, config)
    write_safetensors(
        folder / "model.safetensors", shapes, _weights(architecture, shapes, seed), dtype="float32"
    )
    return folder


def make_tiny_gguf(
    path: Path,
    architecture: str = "llama",
    *,
    seed: int = 0,
    type: str = "F32",
    text: str = _TEXT,
) -> Path:
    """Write the model of ``make_tiny_folder`` as a GGUF whose matrices are of ``type``."""
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        folder = make_tiny_folder(Path(temporary) / "tiny", architecture, seed=seed, text=text)
        return write_gguf_of_folder(folder, path, type=type)


def _config(architecture: str) -> dict[str, Any]:
    gemma = architecture.startswith("gemma")
    return {
        "architectures": [_CLASSES.get(architecture) or ARCHITECTURES[architecture].hf_class],
        "model_type": architecture,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-6,
        "vocab_size": VOCABULARY_SIZE,
        "hidden_act": "gelu_pytorch_tanh" if gemma else "silu",
        "hidden_activation": "gelu_pytorch_tanh" if gemma else "silu",
        "tie_word_embeddings": False,
        "attention_dropout": 0.0,
        "rope_theta": _THETA,
        "rope_parameters": {"rope_type": "default", "rope_theta": _THETA},
        "dtype": "float32",
        "bos_token_id": 1,
        "eos_token_id": [2, 0],
        "pad_token_id": 0,
        **TINY_ARCHITECTURES[architecture],
    }


def _shapes(architecture: str, config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    queries = config["num_attention_heads"] * config["head_dim"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (VOCABULARY_SIZE, hidden)}
    for layer in range(config["num_hidden_layers"]):
        block: dict[str, tuple[int, ...]] = {
            "self_attn.q_proj.weight": (queries, hidden),
            "self_attn.k_proj.weight": (keys, hidden),
            "self_attn.v_proj.weight": (keys, hidden),
            "self_attn.o_proj.weight": (hidden, queries),
            "mlp.gate_proj.weight": (inner, hidden),
            "mlp.up_proj.weight": (inner, hidden),
            "mlp.down_proj.weight": (hidden, inner),
            "input_layernorm.weight": (hidden,),
            "post_attention_layernorm.weight": (hidden,),
        }
        if architecture == "qwen2":
            block |= {
                f"self_attn.{part}_proj.bias": (size,)
                for part, size in (("q", queries), ("k", keys), ("v", keys))
            }
        if architecture == "qwen3":
            block |= {f"self_attn.{part}_norm.weight": (config["head_dim"],) for part in "qk"}
        if architecture == "gemma2":
            block |= {f"{side}_feedforward_layernorm.weight": (hidden,) for side in ("pre", "post")}
        shapes |= {f"model.layers.{layer}.{name}": shape for name, shape in block.items()}
    shapes["model.norm.weight"] = (hidden,)
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (VOCABULARY_SIZE, hidden)
    return shapes


def _weights(
    architecture: str, shapes: dict[str, tuple[int, ...]], seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Large enough that the logits differ by whole units, so that a wrong step shows in them."""
    import numpy as np

    centre = 0.0 if architecture.startswith("gemma") else 1.0  # Gemma adds the 1 itself
    for name, shape in shapes.items():
        numbers = np.random.default_rng(derive_seed(seed, architecture, name)).normal(size=shape)
        if "norm" in name:
            numbers = centre + 0.1 * numbers
        elif len(shape) == 2:
            numbers *= shape[1] ** -0.5
        yield name, numbers.astype(np.float32)


def _train_tokenizer(text: str) -> Any:
    """A byte-level BPE that cuts as SmolLM2's does."""
    tokenizers = require("tokenizers", extra="models")
    from tokenizers import decoders, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=list(_CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer
