"""A BERT that makes vectors of a few texts with numpy alone: neither torch nor its libraries load.

Loading these takes seconds, the question of one command a few milliseconds. What it gives is what
the engine gives but for rounding (Devlin et al. 2019; mean over tokens: Reimers and Gurevych 2019).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from . import catalogue
from .adapters import parse_model_name
from .folder import ModelFolder
from .formats.safetensors_files import read_safetensors
from .loading import model_files
from .model_settings import read_settings
from .presence import is_present
from .templates import check_text
from .tokenizer import TextTokenizer

if TYPE_CHECKING:
    import numpy as np

_ROWS = 32  # texts of one length that go together


class PlainEncoder:
    """The encoder of a folder with ``model.safetensors``, ``config.json`` and ``tokenizer.json``.

    Args:
        folder: The folder; see ``is_plain`` for what is in it.
    """

    def __init__(self, folder: Path) -> None:
        self._config = _read_config(folder)
        self._tokenizer = TextTokenizer(folder)
        self._most_tokens = ModelFolder(folder, dict(self._config), True).embedding_tokens
        found = read_safetensors(folder / "model.safetensors", wanted=_is_weight)
        self._weights = {name.removeprefix("bert."): numbers for name, numbers in found}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, float32 [texts, size]; a text that is too long is cut at its end.

        Raises:
            InputError: A text is empty, or has half a character.
        """
        import numpy as np

        for number, text in enumerate(texts, start=1):
            if not text.strip():
                raise InputError("there is an empty text among those to embed")
            check_text(text, f"text {number}")
        rows = self._tokenizer.tokenize_for_embedding(texts, max_tokens=self._most_tokens)
        found = np.empty((len(rows), self._config["hidden_size"]), np.float32)
        lengths: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            lengths[len(row)].append(place)
        for places in lengths.values():
            for start in range(0, len(places), _ROWS):
                check_cancelled()
                some = places[start : start + _ROWS]
                states = self.states(np.array([rows[place] for place in some]))
                means = states.mean(axis=1)
                found[some] = means / np.linalg.norm(means, axis=1, keepdims=True)
        return found

    def states(self, ids: np.ndarray, kinds: np.ndarray | None = None) -> np.ndarray:
        """The last states of texts of one length, [texts, tokens, size].

        Args:
            ids: Of their tokens, [texts, tokens].
            kinds: Of the same shape: 0 for a token of the first part, 1 for one of the second.
        """
        weights, length = self._weights, ids.shape[1]
        states = weights["embeddings.word_embeddings.weight"][ids]
        kind = weights["embeddings.token_type_embeddings.weight"]
        states = states + (kind[0] if kinds is None else kind[kinds])
        states = states + weights["embeddings.position_embeddings.weight"][:length]
        states = self._normed(states, "embeddings.LayerNorm")
        for layer in range(self._config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            seen = self._dense(self._attended(states, f"{name}.attention.self"),
                               f"{name}.attention.output.dense")  # fmt: skip
            states = self._normed(states + seen, f"{name}.attention.output.LayerNorm")
            inner = _gelu(self._dense(states, f"{name}.intermediate.dense"))
            states = self._normed(
                states + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        return states

    def _attended(self, states: np.ndarray, name: str) -> np.ndarray:
        """What each token sees of the others, by all heads."""
        import numpy as np

        heads = self._config["num_attention_heads"]
        texts, tokens, size = states.shape

        def parted(part: str) -> np.ndarray:
            shape = (texts, tokens, heads, size // heads)
            return self._dense(states, f"{name}.{part}").reshape(shape).transpose(0, 2, 1, 3)

        query, key, value = (parted(part) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(size // heads))
        raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = raised / raised.sum(axis=-1, keepdims=True)
        seen: np.ndarray = (shares @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, size)
        return seen

    def _dense(self, states: np.ndarray, name: str) -> np.ndarray:
        made: np.ndarray = (
            states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        )
        return made

    def _normed(self, states: np.ndarray, name: str) -> np.ndarray:
        import numpy as np

        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.square(centred).mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(spread + np.float32(self._config["layer_norm_eps"]))
        made: np.ndarray = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return made


def find_plain_encoder(name: str) -> PlainEncoder | None:
    """The encoder of a model of the catalogue, if it is on this disk and of the kind that is known.

    None too where the user's settings choose another engine, dtype or variant for it.

    Raises:
        NotFoundError: The catalogue has no such model.
        IntegrityError: Its files are damaged.
    """
    said = parse_model_name(name)
    entry = catalogue.find(said.base)
    chosen = read_settings(entry.name)
    usual = chosen.engine in (None, "auto", "transformers") and chosen.dtype in (None, "float32")
    if not usual or said.adapter is not None or chosen.variant is not None or not is_present(entry):
        return None
    folder = model_files(entry).folder
    return PlainEncoder(folder) if folder is not None and is_plain(folder) else None


def is_plain(folder: Path) -> bool:
    """Whether a folder has a BERT in one file, whose texts are the mean over their tokens."""
    if not all((folder / name).is_file() for name in ("model.safetensors", "config.json")):
        return False
    config = _read_config(folder)
    known = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    return (
        all(config.get(key, value) == value for key, value in known.items())
        and {"hidden_size", "num_hidden_layers", "num_attention_heads"} <= config.keys()
        and not ModelFolder(folder, dict(config), True).pools_first_token
    )


def _read_config(folder: Path) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return {"layer_norm_eps": 1e-12, **found}


def _is_weight(name: str) -> bool:
    return not name.startswith(("pooler.", "bert.pooler.")) and not name.endswith("position_ids")


def _gelu(states: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.special import erf

    made: np.ndarray = states * np.float32(0.5) * (1 + erf(states / np.float32(math.sqrt(2))))
    return made
