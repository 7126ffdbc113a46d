"""What a user can ask of the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core import events
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.models import adapter_operations  # noqa: F401 - the room's other operations
from workbench.models.protocol import Chunk
from workbench.models.registry import RegisteredModel
from workbench.models.removal import RemovedModel
from workbench.models.reply import Reply
from workbench.models.routing.requests import Decision
from workbench.models.tuning import operations  # noqa: F401 - and those of tuning

EngineName = Literal["auto", "llamacpp", "transformers", "mlx", "onnx"]


@dataclass(frozen=True)
class ModelRow:
    """One model of the catalogue.

    ``memory_bytes`` is the peak that was ``measured`` here, or else what it is reckoned to take in
    the first of its engines, for a context of at most 4096 tokens.
    """

    name: str
    title: str
    kind: str
    sources: list[str]
    size_bytes: int | None
    memory_bytes: int | None
    license: str
    present: bool
    engines: list[str]
    verified: bool
    measured: bool = False


@dataclass(frozen=True)
class PulledFile:
    """One file of a model on this disk."""

    name: str
    sha256: str
    size_bytes: int
    source: str


@dataclass(frozen=True)
class PulledModel(Viewable):
    """A model whose files are on this disk, checked."""

    name: str
    license: str
    files: list[PulledFile]


@dataclass(frozen=True)
class Score(Viewable):
    """Log-probabilities (natural) of a continuation, a token each."""

    model: str
    engine: str
    tokens: list[str]
    logprobs: list[float]
    total_logprob: float


@operation("models.list", title="List the models", produces="models")
def list_models(*, present: bool = False) -> list[ModelRow]:
    """List the models of the catalogue and the user's own.

    Args:
        present: Only those whose files are on this disk.
    """
    from workbench.models import catalogue

    peaks = _peaks()
    rows = [_row(entry, peaks.get(entry.name)) for entry in catalogue.entries().values()]
    return [row for row in rows if row.present or not present]


def _peaks() -> dict[str, int]:
    """The most that each model was seen to take on this machine."""
    from workbench.core.settings import home
    from workbench.models.footprints import list_footprints
    from workbench.store.database import FILE_NAME

    peaks: dict[str, int] = {}
    if (home() / FILE_NAME).exists():  # else nothing was measured: make no store to learn that
        for seen in list_footprints():
            peaks[seen.name] = max(seen.peak_bytes, peaks.get(seen.name, 0))
    return peaks


def _row(entry: Any, peak_bytes: int | None) -> ModelRow:
    from workbench.models.estimates import estimate_bytes
    from workbench.models.presence import is_present
    from workbench.models.protocol import EngineSettings, default_context_tokens

    return ModelRow(
        name=entry.name,
        title=entry.title,
        kind=entry.kind,
        sources=[source.uri for source in entry.sources],
        size_bytes=entry.size_bytes,
        memory_bytes=peak_bytes
        or estimate_bytes(
            entry,
            entry.engines[0],
            context_tokens=default_context_tokens(entry.context_tokens),
            parallel=1,
            dtype=EngineSettings().dtype,
        ),
        license=entry.license,
        present=is_present(entry),
        engines=list(entry.engines),
        verified=entry.verified,
        measured=peak_bytes is not None,
    )


@operation("models.registry", title="Show what models can do, cost and take", produces="models")
def registry(name: str | None = None) -> list[RegisteredModel]:
    """List models with capabilities, licence, price, and the memory they were measured to take.

    Args:
        name: Only this one.
    """
    from workbench.models.registry import find_registered, list_registered

    return list_registered() if name is None else [find_registered(name)]


@operation("models.show", title="Show one model", produces="model")
def show(name: str) -> ModelRow:
    """Show what a model is, where it comes from and what it needs.

    Args:
        name: The model's name.
    """
    from workbench.models import catalogue

    return _row(catalogue.find(name), _peaks().get(name))


@operation("models.pull", title="Fetch a model", produces="model")
def pull(name: str, *, force: bool = False) -> PulledModel:
    """Fetch a model's files, unless they are on this disk, and check their sha256.

    Args:
        name: The model's name.
        force: Fetch again what is there.
    """
    from workbench.models import catalogue, presence
    from workbench.store.artifacts import Artifacts
    from workbench.store.sources import fetch

    entry = catalogue.find(name)
    artifacts = Artifacts()
    if force:
        presence.forget(entry, artifacts)
    else:
        presence.drop_damaged(entry, artifacts)
    fetched = fetch(entry.sources, artifacts=artifacts)
    files = [PulledFile(f.name, f.sha256, f.size_bytes, f.source) for f in fetched]
    return PulledModel(entry.name, entry.license, files)


@operation("models.remove", title="Remove a model's files")
def remove(name: str) -> RemovedModel:
    """Remove a model's files from this disk, and what was converted from them.

    Files that another model shares stay. A process that has the model loaded goes on with it: its
    bytes are free once it unloads it.

    Args:
        name: The model's name.
    """
    from workbench.models.removal import remove_model

    return remove_model(name)


@operation("models.chat", title="Ask a model", produces="reply")
def chat(
    prompt: Annotated[str, limits.MinLen(1)],
    *,
    model: str | None = None,
    engine: EngineName | None = None,
    system: str | None = None,
    max_tokens: Annotated[int, limits.Ge(1)] = 256,
    temperature: Annotated[float, limits.Ge(0)] | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    stop: list[str] | None = None,
    json_schema: dict[str, Any] | None = None,
    logprobs: Annotated[int, limits.Ge(0)] | None = None,
) -> Reply:
    """Ask a model one question, with its own chat template.

    Args:
        prompt: The question.
        model: A name of the catalogue, ``base:adapter@version``, or the path of a GGUF file or a
            model folder.
        engine: What runs the model.
        system: What the model is told before the question.
        max_tokens: Longest answer.
        temperature: 0, the default of most models, always takes the likeliest token.
        seed: The same seed and settings give the same answer on one engine.
        stop: Texts that end the answer.
        json_schema: Only answers that match this JSON schema.
        logprobs: Also give each token's log-probability, with that many alternatives.
    """
    from workbench.models.loading import load

    messages = [{"role": "user", "content": prompt}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    with load(model, engine=engine, needs="chat") as loaded:
        return loaded.chat(
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            stop=tuple(stop) if stop else None,
            json_schema=json_schema,
            logprobs=logprobs,
            watch=_tell,
        )


def _tell(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Tell each piece as an event: a terminal shows the answer while it comes."""
    for chunk in chunks:
        events.emit("models.chunk", text=chunk.text)
        yield chunk


@operation("models.route", title="Say which model `auto` would take", produces="decision")
def route(
    prompt: Annotated[str, limits.MinLen(1)],
    *,
    prefer: Literal["quality", "speed", "cost"] | None = None,
    strict: bool = False,
) -> Decision:
    """Say which model would answer a request that names none, and why.

    Args:
        prompt: The request.
        prefer: What counts where no rule names a model.
        strict: An error rather than a guess.
    """
    from workbench.models.routing.asking import route as ask

    return ask(prompt, prefer=prefer, strict=strict)


@operation("models.score", title="Score a continuation", produces="score")
def score(
    prompt: str,
    continuation: Annotated[str, limits.MinLen(1)],
    *,
    model: str | None = None,
    engine: EngineName | None = None,
) -> Score:
    """Give the natural log-probability of each token of a continuation, on raw text.

    Args:
        prompt: The text before.
        continuation: The text that is scored.
        model: A name of the catalogue, or the path of a GGUF file or a model folder.
        engine: What runs the model.
    """
    from workbench.models.loading import load

    with load(model, engine=engine, needs="score") as loaded:
        values = loaded.score(prompt, continuation)
        tokens = [loaded.detokenize([token]) for token in loaded.tokenize(continuation)]
        return Score(loaded.name, loaded.engine, tokens, values, sum(values))


@operation("models.embed", title="Embed texts", produces="vectors")
def embed(
    texts: list[str], *, model: str = "minilm-l6-v2", engine: EngineName | None = None
) -> list[list[float]]:
    """Give a vector of length 1 for each text.

    Args:
        texts: The texts.
        model: The embedding model.
        engine: What runs the model.
    """
    from workbench.models.loading import load

    with load(model, engine=engine) as loaded:
        vectors: list[list[float]] = loaded.embed(texts).tolist()
        return vectors
