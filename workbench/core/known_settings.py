"""The settings that the package itself declares; see ``settings`` for where values come from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processors import usable_cores

ENV_PREFIX = "WORKBENCH_"


@dataclass(frozen=True)
class Setting:
    """One setting: its name, type (``str``, ``int``, ``float``, ``bool`` or ``Path``) and default.

    ``choices`` empty means any value of the type. A default or a ``high`` that depends on the
    machine is a function without arguments.
    """

    name: str
    type: type
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: Callable[[], float] | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENV_PREFIX + self.name.upper()


def default_home() -> Path:
    """The platform's folder for an application's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "workbench"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "workbench"


def default_ledger_keys() -> Path:
    """`ledger-keys` in the home."""
    from . import settings

    return settings.home() / "ledger-keys"


def default_ledger_checkpoints() -> Path:
    """a folder beside the home, named as it is with `-checkpoints`."""
    from . import settings

    home = settings.home()
    return home.with_name(f"{home.name}-checkpoints")


def default_threads() -> int:
    """The cores that this process may use, at most 8: decoding gains nothing from more."""
    return max(1, min(8, usable_cores()))


def most_threads() -> int:
    """The most threads that an engine may be given here: twice the cores, and 8 on a small machine.

    Beyond that they only take turns, and llama.cpp ends with a fault at 512.
    """
    return max(8, 2 * (os.cpu_count() or 1))


KNOWN = (
    Setting("home", Path, default_home, "where models, runs, jobs and the ledger are kept"),
    Setting("model", str, "smollm2-135m", "the model that is used when none is named"),
    Setting(
        "engine",
        str,
        "auto",
        "the engine that is used when none is named",
        choices=("auto", "llamacpp", "transformers", "mlx", "onnx"),
    ),
    Setting(
        "threads",
        int,
        default_threads,
        "threads of one engine; unset, llama.cpp gets as many of them as were measured to be best",
        low=1,
        high=most_threads,
    ),
    Setting("offline", bool, False, "never fetch a model or a data set, only use what is there"),
    Setting(
        "seed", int, 0, "the seed of a report run; a chat that names none draws its own", low=0
    ),
    Setting(
        "adapters_per_model",
        int,
        16,
        "adapters that llama.cpp loads with their base: labelled ones first, then the newest",
        low=0,
    ),
    Setting("load_timeout_s", float, 120.0, "longest wait for an engine to load a model", low=1),
    Setting(
        "memory_budget_bytes",
        int,
        0,
        "memory that a pool's loaded models may take together; 0 for 60% of what is free",
        low=0,
    ),
    Setting(
        "model_keep_alive_s",
        float,
        300.0,
        "time that a pool keeps an idle model; -1 until its room is needed",
        low=-1,
    ),
    Setting(
        "model_patience_s",
        float,
        5.0,
        "time for which a loaded model's requests go before those of one that must be loaded",
        low=0,
    ),
    Setting("model_queue_size", int, 256, "requests that may wait for one model", low=1),
    Setting(
        "model_slots",
        int,
        2,
        "jobs at a time in a pool's llama.cpp engine; of two or more, one is kept for short ones",
        low=1,
    ),
    Setting(
        "ledger_checkpoints",
        Path,
        default_ledger_checkpoints,
        "where signed checkpoints of the ledger are kept: best where the home's user cannot write",
    ),
    Setting(
        "ledger_keys",
        Path,
        default_ledger_keys,
        "where the ledger's signing key is, and the keys of the persons that it tells of",
    ),
    Setting("reports_dir", Path, Path("reports"), "where report runs are written"),
    Setting("labs_dir", Path, Path("labs"), "where the labs are"),
    Setting("report_jobs", int, 2, "notebooks that a report run executes at a time", low=1),
    Setting("notebook_timeout_s", float, 1800.0, "longest run of one notebook", low=1),
    Setting("lease_s", float, 60.0, "time after which a silent worker loses its job", low=0.1),
    Setting("serve_host", str, "127.0.0.1", "the address that the gateway listens on"),
    Setting(
        "serve_port", int, 8400, "the port that the gateway listens on; 0 takes a free one", low=0
    ),
    Setting("drain_s", float, 30.0, "longest that a gateway that ends lets answers go on", low=0),
    Setting(
        "usage_sketches",
        bool,
        True,
        "keep a sketch of each prompt beside its usage, for drift; it tells a little of its words",
    ),
    Setting(
        "samples_every_s",
        float,
        60.0,
        "how often a gateway records memory, disk, queues and models; 0 for never",
        low=0,
    ),
    Setting(
        "alerts_every_s",
        float,
        60.0,
        "how often a gateway looks at the rules for alerts; 0 for never",
        low=0,
    ),
    Setting("redis_url", str, "", "a Redis or Valkey that keeps the limits of several gateways"),
    Setting(
        "limits_when_down",
        str,
        "refuse",
        "what a gateway does while that Redis is away: refuse requests, or count on its own",
        choices=("refuse", "local"),
    ),
    Setting(
        "warehouse_url",
        str,
        "",
        "where the usage warehouse is, if not in the home: postgresql://USER@HOST:5432/DATABASE "
        "or s3://BUCKET/PREFIX",
    ),
    Setting(
        "shared_url",
        str,
        "",
        "where spaces of shared knowledge are, if not in the home: "
        "postgresql://USER@HOST:5432/DATABASE",
    ),
    Setting(
        "usage_url",
        str,
        "",
        "s3://BUCKET/PREFIX, where the exported months of usage are put as well",
    ),
    Setting(
        "s3_endpoint",
        str,
        "",
        "the address of an S3-compatible store, such as http://127.0.0.1:9000; unset, Amazon's",
    ),
    Setting("s3_region", str, "us-east-1", "the region of its buckets"),
    Setting(
        "cache_memory_bytes",
        int,
        64 << 20,
        "what the gateway's known answers may take in memory; 0 for no cache",
        low=0,
    ),
    Setting(
        "cache_disk_bytes",
        int,
        512 << 20,
        "what they may take in cache.sqlite, where a restart finds them; 0 for memory alone",
        low=0,
    ),
    Setting("cache_ttl_s", float, 86_400.0, "how long a known answer is good", low=0),
    Setting(
        "semantic_cache",
        str,
        "asked",
        "whether requests that mean the same share an answer: never, if a request asks, or always",
        choices=("off", "asked", "on"),
    ),
    Setting("semantic_cache_model", str, "minilm-l6-v2", "the embedder of the semantic cache"),
    Setting(
        "semantic_cache_similarity",
        float,
        0.8,
        "the least cosine of two requests that the semantic cache compares word for word",
        low=0,
        high=lambda: 1.0,
    ),
    Setting("semantic_cache_entries", int, 10_000, "texts that the semantic cache keeps", low=1),
    Setting(
        "semantic_cache_disk",
        bool,
        False,
        "let the semantic cache keep the texts of requests on the disk, for the next start",
    ),
    Setting(
        "usage_prompt_text",
        bool,
        False,
        "keep the words of prompts and answers beside their usage",
    ),
    Setting(
        "knowledge_document_bytes",
        int,
        32 << 20,
        "the largest file that is taken into a knowledge graph; larger ones are told and left out",
        low=1,
    ),
    Setting(
        "graph_url",
        str,
        "",
        "a server that speaks Bolt and may keep a property graph: "
        "bolt://USER@HOST:7687/DATABASE; the password is in NEO4J_PASSWORD",
    ),
    Setting(
        "graph_password_file",
        str,
        "",
        "a file with that password, where it is not in NEO4J_PASSWORD",
    ),
    Setting(
        "log_level",
        str,
        "WARNING",
        "what the command line logs",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
)
