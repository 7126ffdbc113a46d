"""The model of a version, in llama.cpp (xllamacpp), in this process."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import Fault
from .manifest import Manifest
from .policy import Policy

RUNTIME = "xllamacpp"
_LOG_TRIES, _LOG_TICK_S = 10, 0.05
_BATCH_TOKENS = 64  # what is computed at once takes memory by the vocabulary: 13 MB for 49,152


@dataclass(frozen=True)
class Answer:
    """What a model answered, and what that took."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish: str
    duration_s: float
    first_s: float


class Engine:
    """A version's model, loaded.

    Args:
        folder: The version's folder.
        manifest: What it says.
        policy: How to answer.
        threads: How many.

    Raises:
        Fault: ``architecture``: the runtime does not know this kind of model. ``memory``: it does
            not fit. ``engine``: it cannot be loaded.
    """

    def __init__(self, folder: Path, manifest: Manifest, policy: Policy, *, threads: int) -> None:
        self._policy, self._manifest = policy, manifest
        # Threads that wait are not to spin; the library reads this once, as it is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        # llama.cpp always listens: on a socket in a folder of this user alone, not the network.
        self._place = tempfile.TemporaryDirectory(prefix="edge-")
        log = _divert_log()
        try:
            import xllamacpp

            params = self._configure(xllamacpp, folder, threads)
            self._server = xllamacpp.Server(params)
        except (ImportError, RuntimeError, ValueError, TypeError, MemoryError, OSError) as error:
            self._place.cleanup()
            raise _why(error, _read_log(log), manifest) from None

    def _configure(self, xllamacpp: Any, folder: Path, threads: int) -> Any:
        models = self._manifest.of_kind("model")
        if len(models) != 1:
            raise Fault("input", f"a bundle that answers has one model; this has {len(models)}")
        params = xllamacpp.CommonParams()
        params.model.path = str(folder / models[0].name)
        params.model_alias = {self._manifest.name}
        params.n_ctx = self._manifest.context_tokens
        params.n_parallel = 1
        params.n_batch = params.n_ubatch = _BATCH_TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.cache_ram_mib = 0
        params.ctx_shift = params.warmup = params.ui = False
        params.endpoint_slots = params.endpoint_metrics = False
        params.n_threads_http = 1
        params.verbosity = 1
        params.hostnames = [str(Path(self._place.name) / "llama.sock")]
        params.lora_adapters = [
            xllamacpp.CommonAdapterLoraInfo(str(folder / part.name), 1.0)
            for part in self._manifest.of_kind("adapter")
        ]
        return params

    def answer(
        self,
        messages: list[dict[str, str]],
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        told: Callable[[str], object] = lambda piece: None,
    ) -> Answer:
        """Answer a conversation.

        Args:
            messages: Each with ``role`` and ``content``.
            max_tokens: At most so many, by default the policy's.
            temperature: How freely it is drawn, by default the policy's.
            told: Given each piece as it comes; an answer of True ends it.

        Raises:
            Fault: ``input``: it does not fit the context. ``engine``: llama.cpp's fault.
        """
        policy, begun_s = self._policy, time.monotonic()
        pieces: list[str] = []
        last: dict[str, Any] = {}
        first_s = 0.0

        def take(event: dict[str, Any]) -> bool:
            nonlocal first_s
            last.update(event)
            if "error" in event:
                return True
            for choice in event.get("choices", ()):
                if choice.get("finish_reason"):
                    last["finish"] = choice["finish_reason"]
                piece = choice.get("delta", {}).get("content")
                if piece:
                    first_s = first_s or time.monotonic() - begun_s
                    pieces.append(piece)
                    if told(piece) is True:
                        return True
            return False

        body = {
            "messages": messages,
            "max_tokens": policy.max_tokens if max_tokens is None else max_tokens,
            "temperature": policy.temperature if temperature is None else temperature,
            "top_p": policy.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        whole = self._server.handle_chat_completions(body, take)
        fault = last.get("error") or (whole or {}).get("error")
        if fault:
            raise _fault(fault)
        usage = last.get("usage") or {}
        return Answer(
            "".join(pieces),
            int(usage.get("prompt_tokens", 0)),
            int(usage.get("completion_tokens", len(pieces))),
            str(last.get("finish", "stop")),
            time.monotonic() - begun_s,
            first_s,
        )

    def close(self) -> None:
        """Take the socket's folder away. The model goes with the process."""
        self._place.cleanup()


def _divert_log() -> int:
    """Have what the runtime writes to descriptor 2 go to a file, and our own words where they went.

    It writes from a thread of its own, and why it did not load a model it says only there.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
    os.dup2(file.fileno(), 2)
    return os.dup(file.fileno())


def _read_log(log: int) -> str:
    """What it wrote, once that has come."""
    for _ in range(_LOG_TRIES):
        said = os.pread(log, 1 << 20, 0).decode(errors="replace")
        if " E " in said:
            break
        time.sleep(_LOG_TICK_S)
    return said


def _why(error: BaseException, text: str, manifest: Manifest) -> Fault:
    lines = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    if "unknown model architecture" in text:
        return Fault(
            "architecture",
            f"{RUNTIME} does not know the architecture {manifest.architecture!r} of "
            f"{manifest.name} {manifest.version}",
            hint=f"pip install -U {RUNTIME}, or get a bundle with another model",
        )
    unread = re.search(r"tensor '([^']+)' has invalid ggml type (\d+)", text)
    if unread:
        return Fault(
            "architecture",
            f"{RUNTIME} cannot read the weights of {manifest.name} {manifest.version}: "
            f"{unread[1]} is quantised as type {unread[2]}, which it does not know",
            hint=f"pip install -U {RUNTIME}, or get a bundle with another quantisation",
        )
    if isinstance(error, MemoryError) or any(
        word in text for word in ("failed to allocate", "Cannot allocate", "bad_alloc")
    ):
        return Fault(
            "memory",
            f"{manifest.name} {manifest.version} does not fit in {manifest.memory_bytes:,} bytes",
            hint="make the bundle with a larger --memory-mb, or a smaller context",
        )
    told = f" ({lines[0]})" if lines else ""
    return Fault("engine", f"{RUNTIME} could not load {manifest.name}: {error}{told}")


def _fault(error: dict[str, Any]) -> Fault:
    if error.get("type") == "exceed_context_size_error":
        return Fault(
            "input",
            f"the question has {error['n_prompt_tokens']} tokens; the context holds "
            f"{error['n_ctx']}",
            hint="ask for less, or make the bundle with more --context-tokens",
        )
    return Fault("engine", f"llama.cpp answered with a fault: {error.get('message', error)}")
