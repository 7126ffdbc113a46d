"""What stands in a Hugging Face folder, read before any heavy package is loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.models.formats.convert import convert_gguf
from workbench.models.protocol import ModelFiles

_DEFAULT_CONTEXT_TOKENS = 2048


@dataclass(frozen=True)
class ModelFolder:
    """A folder with its config. ``is_encoder`` means that it embeds and cannot continue a text."""

    path: Path
    config: dict[str, Any]
    is_encoder: bool

    @property
    def architecture(self) -> str:
        """The model type, e.g. ``llama``."""
        return str(self.config.get("model_type", ""))

    @property
    def vocabulary_size(self) -> int:
        """Length of the logits."""
        return int(self.config.get("vocab_size", 0))

    @property
    def hidden_size(self) -> int:
        """Length of a hidden state."""
        return int(self.config.get("hidden_size", 0))

    @property
    def context_tokens(self) -> int:
        """The longest text that the model was trained for."""
        return int(self.config.get("max_position_embeddings", _DEFAULT_CONTEXT_TOKENS))

    @property
    def embedding_tokens(self) -> int:
        """The longest text that it embeds: what sentence-transformers' own file says, if any."""
        said = _read_json(self.path / "sentence_bert_config.json").get("max_seq_length")
        return min(int(said), self.context_tokens) if said else self.context_tokens

    @property
    def pools_first_token(self) -> bool:
        """Whether a text's vector is that of ``[CLS]`` rather than the mean."""
        pooling = _read_json(self.path / "1_Pooling" / "config.json")
        return bool(pooling.get("pooling_mode_cls_token", False))


def find_folder(files: ModelFiles, *, dtype: str) -> ModelFolder:
    """The folder of a model, converted from its GGUF if it has no other.

    Raises:
        CapabilityError: The model has no files that the Python engines can use.
        NotFoundError, InputError: The folder is not a model's.
    """
    if files.folder is not None:
        return read_folder(files.folder)
    if files.gguf is not None:
        return read_folder(convert_gguf(files.gguf, dtype=dtype, name=files.name))
    raise CapabilityError(f"{files.name} has neither a folder nor a GGUF file", hint=None)


def read_folder(path: Path) -> ModelFolder:
    """Read a folder's config.

    Raises:
        NotFoundError: It has no ``config.json`` or no weights.
        InputError: The config is not valid.
    """
    path = Path(path)
    config = _read_json(path / "config.json")
    if not config.get("model_type"):
        raise NotFoundError(
            f"{path} has no config.json that names a model type",
            hint="name a folder with config.json, model.safetensors and tokenizer.json",
        )
    if not any(path.glob("*.safetensors")):
        raise NotFoundError(
            f"{path} has no weights in safetensors", hint="other kinds of weights are not read"
        )
    classes = config.get("architectures") or []
    is_encoder = not any("ForCausalLM" in name or "LMHead" in name for name in classes)
    return ModelFolder(path, config, is_encoder)


def read_config(path: Path) -> dict[str, Any]:
    """The ``config.json`` of a folder; empty if it has none."""
    return _read_json(Path(path) / "config.json")


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}", hint="fetch it again") from None
    return content if isinstance(content, dict) else {}
