"""llama.cpp: the engine of choice for GGUF files, one process a model."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, EngineError, IntegrityError
from workbench.models.engines.llamacpp_answer import Answer, TokenBytes, token_logprob
from workbench.models.engines.llamacpp_process import LlamaProcess
from workbench.models.engines.llamacpp_schema import prepare_schema
from workbench.models.engines.llamacpp_threads import measure_rates
from workbench.models.engines.slots import Slots
from workbench.models.protocol import (
    CHAT,
    CONSTRAIN,
    EMBED,
    LOGPROBS,
    MOST_CONTEXT_TOKENS,
    SCORE,
    STREAM,
    AdapterFiles,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
    TokenLogprob,
    default_context_tokens,
)

if TYPE_CHECKING:
    import numpy as np

# A bias that no logit outweighs: the biased token is the one sampled, and the log-probability
# that llama.cpp reports for it is taken from the logits before the bias.
_FORCE = 1e9
_LIKELY = 200


class LlamaCppEngine(Engine):
    """A GGUF model in llama.cpp.

    Scoring asks for one token at a time, forced by a logit bias, because llama.cpp gives no
    log-probabilities of a prompt; the slot's cache makes each of them one step.
    """

    name = "llamacpp"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})
    has_own_process = True
    takes_many = True
    max_adapters = 256

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        if files.gguf is None:
            raise CapabilityError(
                f"the llamacpp engine needs a GGUF file, and {files.name} has none",
                hint=f"models.load({files.name!r}, engine='transformers')",
            )
        found = _inspect(files.gguf)
        context = settings.context_tokens or default_context_tokens(found.context_tokens)
        self._settings = settings
        self._config = _configure(files, settings, context_tokens=context)
        self._adapters = tuple(each.name for each in files.adapters)
        shared = settings.parallel > 1 and bool(files.adapters)
        self._slots = Slots(settings.parallel) if shared else None
        self._embedder: LlamaProcess | None = None
        self._embedder_lock = threading.Lock()
        self._closed = False
        self._process = LlamaProcess(self._config, load_timeout_s=settings.load_timeout_s)
        try:
            self._props = self._process.ask("/props")
            bare, begun = self._tokens("a", add=False), self._tokens("a", add=True)
            self._token_bytes = TokenBytes(files.gguf)
        except BaseException:  # cancelled in this instant: nobody has the engine, to close it
            self._process.close()
            raise
        self.info = dataclasses.replace(found, context_tokens=context)
        self._bos_id = begun[0] if len(begun) > len(bare) else None
        self._whole_token = bare[-1]

    @classmethod
    def measure_threads(
        cls, files: ModelFiles, settings: EngineSettings, counts: Sequence[int]
    ) -> dict[int, float] | None:
        """See ``Engine.measure_threads``."""
        if files.gguf is None:
            return None
        config = _configure(files, settings, context_tokens=MOST_CONTEXT_TOKENS)
        return measure_rates(config, counts, load_timeout_s=settings.load_timeout_s)

    def _tokens(self, text: str, *, add: bool = False, special: bool = False) -> list[int]:
        body = {"content": text, "add_special": add, "parse_special": special}
        return [int(token) for token in self._ask("/tokenize", body)["tokens"]]

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self._check_open()
        return self._process.ask(path, body)

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError(f"{self._config['name']} was closed", hint="load the model again")

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

    @property
    def adapters(self) -> tuple[str, ...]:
        """See ``Engine.adapters``."""
        return self._adapters

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """See ``Engine.stream``."""
        body, answer = self._begin(prompt_ids, sampling, adapter)
        with self._slot(body, adapter):
            events = self._process.ask_stream("/completion", body)
            with contextlib.closing(events):
                yield from answer.chunks(events, alternatives=sampling.logprobs or 0)

    def answer(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Chunk:
        """See ``Engine.answer``: each streamed token would wake this process, on a core that
        llama.cpp may want.
        """
        body, answer = self._begin(prompt_ids, sampling, adapter)
        with self._slot(body, adapter):
            told = self._process.ask("/completion", body)
        return answer.whole(told, alternatives=sampling.logprobs or 0)

    @contextlib.contextmanager
    def _slot(self, body: dict[str, Any], adapter: str | None) -> Iterator[None]:
        """Say in a request which slot is to answer it, if that is for us to say."""
        if self._slots is None:
            yield
            return
        with self._slots.take(body["prompt"], adapter) as place:
            if place is not None:
                body["id_slot"] = place
            yield

    def _begin(
        self, prompt_ids: Sequence[int], sampling: Sampling, adapter: str | None
    ) -> tuple[dict[str, Any], Answer]:
        self._check_open()
        self.check_adapter(adapter)
        if sampling.seed is None:  # a replay must draw the same
            sampling = dataclasses.replace(sampling, seed=secrets.randbits(31))
        body = self._request_body(prompt_ids, sampling, adapter)

        def replay() -> list[int]:
            return [int(token) for token in self._ask("/completion", body)["tokens"]]

        def measure(before: list[int], token: int) -> TokenLogprob:
            history = [*prompt_ids, *before]
            return self._measure(history, token, sampling.logprobs or 0, adapter)

        measures = measure if sampling.logprobs is not None else None
        return body, Answer(self._token_bytes, replay, measures)

    def _request_body(
        self, prompt_ids: Sequence[int], sampling: Sampling, adapter: str | None
    ) -> dict[str, Any]:
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
            "lora": self._scales(adapter),
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        if sampling.json_schema is not None:
            body["json_schema"] = prepare_schema(sampling.json_schema)
        if sampling.logprobs is not None:
            body["n_probs"] = max(1, sampling.logprobs)
        return body

    def _scales(self, adapter: str | None) -> list[dict[str, Any]]:
        # A request without the list answered differently from one with an empty list.
        return [
            {"id": place, "scale": float(name == adapter)}
            for place, name in enumerate(self._adapters)
        ]

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``."""
        self.check_adapter(adapter)
        history = list(prompt_ids)
        scores = []
        for token in map(int, continuation_ids):
            scores.append(self._measure(history, token, 0, adapter).logprob)
            history.append(token)
        return scores

    def _measure(
        self, history: list[int], token: int, alternatives: int, adapter: str | None
    ) -> TokenLogprob:
        """One token's log-probability after ``history``."""
        forced = self._next_logprobs(history, adapter, force=token, count=max(1, alternatives))
        if forced is not None and forced["id"] == token:
            told = token_logprob(forced, alternatives)
        elif forced is not None:
            raise EngineError(f"llama.cpp sampled token {forced['id']} where {token} was forced")
        else:
            told = token_logprob(self._look_up(history, token, alternatives, adapter), alternatives)
        return dataclasses.replace(told, text=self._token_bytes.text_of(token))

    def _look_up(
        self, history: list[int], token: int, alternatives: int, adapter: str | None
    ) -> dict[str, Any]:
        """A piece of a character: llama.cpp tells nothing of a text that is not whole yet. Another
        token is forced, and the piece is looked up among the alternatives, first the likely ones:
        a list of the whole vocabulary takes a second.
        """
        for count in (max(_LIKELY, alternatives), self.info.vocabulary_size):
            found = self._next_logprobs(history, adapter, force=self._whole_token, count=count)
            assert found is not None, "a letter is a whole text"
            for entry in found["top_logprobs"]:
                if entry["id"] == token:
                    return {**entry, "top_logprobs": found["top_logprobs"]}
        raise EngineError(f"llama.cpp tells no log-probability of token {token}")

    def _next_logprobs(
        self, history: list[int], adapter: str | None, *, force: int, count: int
    ) -> dict[str, Any] | None:
        """What may come after ``history``; None if ``force`` is a piece of a character."""
        body = {
            "prompt": history,
            "n_predict": 1,
            "temperature": 0,
            "n_probs": count,
            "logit_bias": [[force, _FORCE]],
            "cache_prompt": True,
            "lora": self._scales(adapter),
        }
        told = self._ask("/completion", body).get("completion_probabilities")
        return dict(told[0]) if told else None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``: the mean of the last hidden states, from a second process.

        A llama.cpp server gives answers or embeddings, not both; the weights are one memory map.
        """
        import numpy as np

        self._check_open()
        with self._embedder_lock:
            if self._embedder is None:
                config = {**self._config, "embedding": True}
                self._embedder = LlamaProcess(config, load_timeout_s=self._settings.load_timeout_s)
        answer = self._embedder.ask("/v1/embeddings", {"input": list(texts)})
        rows = sorted(answer["data"], key=lambda row: row["index"])
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def memory_bytes(self) -> int:
        """Resident memory of its processes."""
        self._check_open()
        processes = [self._process, *([self._embedder] if self._embedder else [])]
        return sum(process.memory_bytes() for process in processes)

    def close(self) -> None:
        """See ``Engine.close``."""
        if not self._closed:
            self._closed = True
            self._process.close()
            if self._embedder is not None:
                self._embedder.close()


def _inspect(path: Path) -> ModelInfo:
    """What the file says of itself, read before anything is started."""
    from workbench.models.formats.gguf_reader import GgufArray, read_gguf

    file = read_gguf(path)
    kind = file.architecture
    tokens = file.metadata.get("tokenizer.ggml.tokens")
    if not kind or not isinstance(tokens, GgufArray):
        raise IntegrityError(
            f"{path.name} is no language model: it names no architecture or has no vocabulary",
            hint="fetch the model again, or name another file",
        )
    types = Counter(tensor.type for tensor in file.tensors.values() if len(tensor.shape) > 1)
    return ModelInfo(
        architecture=kind,
        context_tokens=int(file.metadata.get(f"{kind}.context_length", MOST_CONTEXT_TOKENS)),
        vocabulary_size=tokens.count,
        weights_dtype=types.most_common(1)[0][0] if types else "?",
        embedding_size=file.metadata.get(f"{kind}.embedding_length"),
        parameters=sum(math.prod(tensor.shape) for tensor in file.tensors.values()),
    )


def _configure(
    files: ModelFiles, settings: EngineSettings, *, context_tokens: int
) -> dict[str, Any]:
    """What the process is told, but for its key."""
    return {
        "name": files.name,
        "model": str(files.gguf),
        "context_tokens": context_tokens,
        "parallel": settings.parallel,
        "batch_tokens": settings.batch_tokens,
        "threads": settings.threads,
        "cache_prompt": settings.cache_prompt,
        "lookup_tokens": settings.lookup_tokens,
        "cache_ram_mib": int(settings.extra.get("cache_ram_mib", 0)),
        "gpu": sys.platform == "darwin",
        "embedding": False,
        "adapters": [_adapter_path(files.name, each) for each in files.adapters],
    }


def _adapter_path(name: str, adapter: AdapterFiles) -> str:
    if adapter.gguf is None:
        raise CapabilityError(
            f"the llamacpp engine needs a GGUF file; the adapter {name}:{adapter.name} has none",
            hint=f"merge it: workbench finetuning export {name}:{adapter.name} --to gguf --merge",
        )
    return str(adapter.gguf)
