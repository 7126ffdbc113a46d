"""The process in which llama.cpp runs one model.

One process a model, because ggml's threads spin at OpenMP barriers: the wait policy must stand in
the environment before libgomp is loaded, and torch may load it first (3.8 against 57 tokens/s on
a busy machine). The process ends when its standard input closes, so it cannot outlive its owner.

Talks one JSON line in (the configuration) and one out (the address, or the error). Everything
after that goes over the loopback address, with a key that only the owner knows.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from workbench.models.engines.prompt_lookup import MATCH_TOKENS


def configure(config: dict[str, Any]) -> Any:
    """The parameters of llama.cpp's server for one model."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["model"]
    params.model_alias = {config["name"]}
    # llama.cpp divides its context among the slots.
    params.n_ctx = config["context_tokens"] * config["parallel"]
    params.n_parallel = config["parallel"]
    params.n_batch = params.n_ubatch = config["batch_tokens"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = config["threads"]
    params.n_threads_http = config["parallel"] + 2
    # Its prompt cache in RAM may otherwise grow to 8 GiB beside the slots.
    params.cache_ram_mib = config["cache_ram_mib"]
    params.cache_prompt = config["cache_prompt"]
    params.ctx_shift = False
    if config["lookup_tokens"]:
        # It guesses that what followed the same few tokens before follows again; see
        # prompt_lookup, which does so for the onnx engine. Its other ways gained nothing here.
        kinds = xllamacpp.common_speculative_type
        params.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
        params.speculative.ngram_simple.size_n = MATCH_TOKENS
        params.speculative.ngram_simple.size_m = config["lookup_tokens"]
    params.warmup = True
    params.api_keys = [config["key"]]
    params.endpoint_slots = params.endpoint_metrics = params.ui = False
    params.verbosity = 1
    if config["embedding"]:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        params.n_batch = params.n_ubatch = params.n_ctx
    if config["gpu"]:
        params.n_gpu_layers = 999
    # In force only where a request says so; a scale of 0 keeps them out of embeddings, too.
    params.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(path, 0.0) for path in config["adapters"]
    ]
    return params


def serve() -> int:
    """Load the model, say where it listens, and wait for the owner to go away."""
    # llama.cpp writes to the descriptors themselves; the answer keeps the real standard output.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    config = json.loads(sys.stdin.readline())
    try:
        import xllamacpp

        server = xllamacpp.Server(configure(config))
        said = {"address": server.listening_address}
    except (ImportError, RuntimeError, ValueError, TypeError, MemoryError, OSError) as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    answer.write(json.dumps(said) + "\n")
    answer.flush()
    if "error" in said:
        return 1
    sys.stdin.read()
    # The server's threads have no end of their own; everything they hold is this process's.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(serve())
