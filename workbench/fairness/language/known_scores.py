"""Scores that were asked once are kept: by the model's bytes, and by every text.

Records of the namespace ``fairness.probes`` point at artifacts that hold what the model said. The
key is a hash of the model (files, adapter, engine with its version, dtype, template) and of all
that it was asked, in order, so a change of any of them asks again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError, NotFoundError, StorageError

from .scoring import Request, Scored, Scores

log = logging.getLogger(__name__)

NAMESPACE = "fairness.probes"
_PACKAGES = {
    "transformers": ("transformers", "torch"),
    "llamacpp": ("xllamacpp",),
    "mlx": ("mlx", "mlx-lm"),
    "onnx": ("onnxruntime-genai",),
}


def digest_model(name: str, *, engine: str) -> str:
    """The sha256 of what a model's scores depend on; nothing of it is loaded.

    Raises:
        NotFoundError: There is no such model or adapter.
    """
    from workbench.models import adapters, catalogue
    from workbench.models.model_settings import read_settings
    from workbench.models.tuning.record import find_variant

    said = adapters.parse_model_name(name)
    entry = catalogue.find(said.base)
    chosen = read_settings(entry.name)
    told: dict[str, Any] = {
        "files": [
            file.sha256 or _digest_own(source.parts.get("folder", ""), file.name)
            for source in entry.sources[:1]
            for file in source.files
        ],
        "engine": [engine, *(_version(package) for package in _PACKAGES.get(engine, ()))],
        "variant": chosen.variant or find_variant(entry.name, engine),
        "dtype": chosen.dtype,
        "chat": [chosen.template, chosen.system, entry.system],
    }
    if said.adapter is not None:
        adapter = adapters.resolve(f"{entry.name}:{said.reference}", verify=False)
        told["adapter"] = dict(adapter.record.files)
    return digest(told)


def digest(told: Any) -> str:
    """The sha256 of plain data."""
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_requests(requests: Sequence[Request]) -> str:
    """The sha256 of what is asked, in order."""
    return digest([list(request) for request in requests])


def find_or_score(
    requests: Sequence[Request], score: Callable[[], Scores], *, model_digest: str | None
) -> tuple[Scores, bool]:
    """The scores that are kept, or those that ``score`` gives; whether they were kept.

    Args:
        requests: In an order that is always the same.
        score: Asks the model.
        model_digest: None for a model that is not known by its bytes: nothing is kept then.
    """

    def make() -> list[list[float]]:
        scores = score()
        return [list(scores[request]) for request in requests]

    told, is_cached = find_or_make(
        {"scores": digest_requests(requests)}, make, model_digest=model_digest
    )
    found = [Scored(float(nats), int(tokens)) for nats, tokens in told]
    return dict(zip(requests, found, strict=True)), is_cached


def find_or_make(
    asked: Mapping[str, Any], make: Callable[[], Any], *, model_digest: str | None
) -> tuple[Any, bool]:
    """Plain data that is kept for a model and what it was asked, or what ``make`` gives."""
    if model_digest is None:
        return make(), False
    key = digest({"model": model_digest, **asked})
    known = _read(key)
    if known is not None:
        return known, True
    made = make()
    _keep(key, made)
    return made, False


def _read(key: str) -> Any:
    from workbench.store.artifacts import Artifacts
    from workbench.store.records import Records

    try:
        found = Records().find(NAMESPACE, key)
        return None if found is None else json.loads(Artifacts().read(found.document["sha256"]))
    except (NotFoundError, IntegrityError, StorageError) as error:
        log.info("what was known cannot be read, so the model is asked again: %s", error.message)
        return None


def _keep(key: str, made: Any) -> None:
    from workbench.store.artifacts import Artifacts
    from workbench.store.records import Records

    try:
        kept = Artifacts().put_bytes(json.dumps(made).encode())
        Records().put(NAMESPACE, key, document={"sha256": kept.sha256})
    except StorageError as error:  # what was found out must not be lost for it
        log.warning("what the model said could not be kept: %s", error.message)


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return package


def _digest_own(folder: str, name: str) -> str:
    """The sha256 of a file of the user's own."""
    with (Path(folder) / name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
