"""llama.cpp: the engine of choice for GGUF files, one process a model."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, EngineError
from workbench.models.engines.llamacpp_process import LlamaProcess
from workbench.models.protocol import (
    CHAT,
    CONSTRAIN,
    EMBED,
    LOGPROBS,
    SCORE,
    STREAM,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
    TokenLogprob,
)

if TYPE_CHECKING:
    import numpy as np

_STOP_REASONS = {"eos": "stop", "word": "stop", "limit": "length"}
_DEFAULT_CONTEXT_TOKENS = 4096
# A bias that no logit outweighs: the biased token is the one sampled, and the log-probability
# that llama.cpp reports for it is taken from the logits before the bias.
_FORCE = 1e9


class LlamaCppEngine(Engine):
    """A GGUF model in llama.cpp.

    Scoring asks for one token at a time, forced by a logit bias, because llama.cpp gives no
    log-probabilities of a prompt; the slot's cache makes each of them one step.
    """

    name = "llamacpp"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        if files.gguf is None:
            raise CapabilityError(
                f"the llamacpp engine needs a GGUF file, and {files.name} has none",
                hint=f"models.load({files.name!r}, engine='transformers')",
            )
        found = _inspect(files.gguf)
        context = settings.context_tokens or min(found.context_tokens, _DEFAULT_CONTEXT_TOKENS)
        self._settings = settings
        self._config: dict[str, Any] = {
            "name": files.name,
            "model": str(files.gguf),
            "context_tokens": context,
            "parallel": settings.parallel,
            "batch_tokens": settings.batch_tokens,
            "threads": settings.threads,
            "cache_prompt": settings.cache_prompt,
            "cache_ram_mib": int(settings.extra.get("cache_ram_mib", 0)),
            "gpu": sys.platform == "darwin",
            "embedding": False,
            "adapters": (
                [{"path": str(files.adapter), "scale": 1.0}] if files.adapter is not None else []
            ),
        }
        self._embedder: LlamaProcess | None = None
        self._closed = False
        self._process = LlamaProcess(self._config, load_timeout_s=settings.load_timeout_s)
        self._props = self._process.ask("/props")
        self.info = dataclasses.replace(found, context_tokens=context)
        bare, begun = self._tokens("a", add=False), self._tokens("a", add=True)
        self._bos_id = begun[0] if len(begun) > len(bare) else None

    def _tokens(self, text: str, *, add: bool = False, special: bool = False) -> list[int]:
        body = {"content": text, "add_special": add, "parse_special": special}
        return [int(token) for token in self._ask("/tokenize", body)["tokens"]]

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self._closed:
            raise EngineError(f"{self._config['name']} was closed", hint="load the model again")
        return self._process.ask(path, body)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """See ``Engine.tokenize``."""
        return self._tokens(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """See ``Engine.detokenize``."""
        return str(self._ask("/detokenize", {"tokens": list(ids)})["content"])

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """See ``Engine.special_tokens``."""
        return {name: self._props.get(name) or "" for name in ("bos_token", "eos_token")}

    @property
    def chat_template(self) -> str | None:
        """See ``Engine.chat_template``."""
        return self._props.get("chat_template") or None

    @property
    def bos_id(self) -> int | None:
        """See ``Engine.bos_id``."""
        return self._bos_id

    def stream(self, prompt_ids: Sequence[int], sampling: Sampling) -> Iterator[Chunk]:
        """See ``Engine.stream``."""
        if self._closed:
            raise EngineError(f"{self._config['name']} was closed", hint="load the model again")
        body = self._request_body(prompt_ids, sampling)
        for event in self._process.ask_stream("/completion", body):
            finish = _STOP_REASONS.get(event.get("stop_type", ""), "stop")
            yield Chunk(
                text=event["content"],
                ids=tuple(event.get("tokens", ())),
                logprobs=tuple(map(_token_logprob, event.get("completion_probabilities", ()))),
                finish_reason=finish if event["stop"] else None,
            )

    def _request_body(self, prompt_ids: Sequence[int], sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {
            "prompt": list(prompt_ids),
            "n_predict": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "repeat_penalty": sampling.repeat_penalty,
            "samplers": ["penalties", "top_k", "top_p", "min_p", "temperature"],
            "stop": list(sampling.stop),
            "cache_prompt": self._settings.cache_prompt,
            "return_tokens": True,
            # A request without the list answered differently from one with an empty list.
            "lora": [
                {"id": i, "scale": a["scale"]} for i, a in enumerate(self._config["adapters"])
            ],
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if sampling.json_schema is not None:
            body["json_schema"] = json.loads(json.dumps(sampling.json_schema))
        if sampling.logprobs is not None:
            body["n_probs"] = max(1, sampling.logprobs)
        return body

    def score_ids(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> list[float]:
        """See ``Engine.score_ids``."""
        scores = []
        for position, token in enumerate(continuation_ids):
            body = {
                "prompt": [*prompt_ids, *continuation_ids[:position]],
                "n_predict": 1,
                "temperature": 0,
                "n_probs": 1,
                "logit_bias": [[int(token), _FORCE]],
                "cache_prompt": True,
                "lora": self._request_body([], Sampling())["lora"],
            }
            forced = self._ask("/completion", body)["completion_probabilities"][0]
            if forced["id"] != token:
                raise EngineError(
                    f"llama.cpp sampled token {forced['id']} where {token} was forced"
                )
            scores.append(float(forced["logprob"]))
        return scores

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``: the mean of the last hidden states, from a second process.

        A llama.cpp server gives answers or embeddings, not both; the weights are one memory map.
        """
        import numpy as np

        if self._embedder is None:
            config = {**self._config, "embedding": True}
            self._embedder = LlamaProcess(config, load_timeout_s=self._settings.load_timeout_s)
        answer = self._embedder.ask("/v1/embeddings", {"input": list(texts)})
        rows = sorted(answer["data"], key=lambda row: row["index"])
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def memory_bytes(self) -> int:
        """Resident memory of its processes."""
        import psutil

        processes = [self._process, *([self._embedder] if self._embedder else [])]
        return sum(psutil.Process(process.pid).memory_info().rss for process in processes)

    def close(self) -> None:
        """See ``Engine.close``."""
        if not self._closed:
            self._closed = True
            self._process.close()
            if self._embedder is not None:
                self._embedder.close()


def _inspect(path: Path) -> ModelInfo:
    """What the file says of itself, read before anything is started."""
    from workbench.models.formats.gguf_reader import read_gguf

    file = read_gguf(path)
    kind = file.architecture
    types = Counter(tensor.type for tensor in file.tensors.values() if len(tensor.shape) > 1)
    return ModelInfo(
        architecture=kind,
        context_tokens=int(file.metadata.get(f"{kind}.context_length", _DEFAULT_CONTEXT_TOKENS)),
        vocabulary_size=file.metadata["tokenizer.ggml.tokens"].count,
        weights_dtype=types.most_common(1)[0][0] if types else "?",
        embedding_size=file.metadata.get(f"{kind}.embedding_length"),
        parameters=sum(math.prod(tensor.shape) for tensor in file.tensors.values()),
    )


def _token_logprob(entry: dict[str, Any]) -> TokenLogprob:
    top = tuple((other["token"], float(other["logprob"])) for other in entry["top_logprobs"])
    return TokenLogprob(int(entry["id"]), entry["token"], float(entry["logprob"]), top)
