"""Fetching a model and loading it into an engine."""

from __future__ import annotations

import dataclasses
import importlib
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import events, settings
from workbench.core.errors import CapabilityError, NotFoundError, WorkbenchError
from workbench.core.optional import available, install_command, require
from workbench.models import adapters, catalogue
from workbench.models.adapters import Adapter, ModelName, parse_model_name
from workbench.models.catalogue import CatalogueEntry
from workbench.models.loading_progress import tell_loading
from workbench.models.model_settings import ModelSettings, read_settings
from workbench.models.presence import check_files, is_present
from workbench.models.protocol import EMBED, ModelFiles
from workbench.models.tuning.record import find_choice, find_variant
from workbench.models.variants import take_variant

if TYPE_CHECKING:
    from workbench.models.model import Model
    from workbench.models.protocol import Engine, EngineSettings

_CLASSES = {
    "llamacpp": ("workbench.models.engines.llamacpp", "LlamaCppEngine", "xllamacpp"),
    "transformers": ("workbench.models.engines.transformers", "TransformersEngine", "torch"),
    "mlx": ("workbench.models.engines.mlx", "MlxEngine", "mlx"),
    "onnx": ("workbench.models.engines.onnx_genai", "OnnxEngine", "onnxruntime_genai"),
}


def load(
    name: str | None = None,
    *,
    engine: str | None = None,
    isolated: bool = False,
    needs: str | None = None,
    max_threads: int | None = None,
    **options: Any,
) -> Model:
    """Load a model, fetching it first if it is not on the disk.

    Args:
        name: A name of the catalogue, ``base:adapter@version``, or the path of a GGUF file or a
            model folder; the setting ``model`` if none is given. llama.cpp loads the other
            adapters of the base, too, and changes between them at each request.
        engine: ``llamacpp``, ``transformers``, ``mlx``, ``onnx``, or ``auto``: what suits the
            model and the machine best.
        isolated: Run the engine in a process of its own: its libraries are not loaded here, a
            crash is an EngineError, and closing gives all memory back. llama.cpp always has one.
            Without it ``module`` and gradients are to be had, on transformers.
        needs: What it will be asked to do, e.g. ``chat``: a model of another kind is refused
            before it is fetched.
        max_threads: The most threads that the engine may have, if ``threads`` says no number: how
            many it gets is then measured once (see ``thread_count``).
        options: Settings of the model, as in ``workbench.toml``: ``context_tokens``, ``threads``,
            ``parallel``, ``batch_tokens``, ``dtype``, ``template``, ``sampling``...

    Raises:
        NotFoundError: The model or engine is unknown; near matches are named.
        CapabilityError: The engine cannot run this model, or the model cannot do what it needs.
        FetchError, IntegrityError, StorageError: Its files could not be brought.
        EngineError: The engine could not load them.
        DeadlineError: It took longer than the setting ``load_timeout_s``.
    """
    from workbench.models.model import Model
    from workbench.models.virtual import find_virtual, is_virtual

    name = name or settings.get("model")
    if is_virtual(name):
        from workbench.models.virtual_chat import VirtualChat

        return VirtualChat(find_virtual(name))
    said = parse_model_name(name)
    entry = catalogue.find(said.base)
    chosen = read_settings(entry.name, **options)
    check_kind(entry, needs)
    engine_name = choose_engine(
        entry, engine or chosen.engine, tuned=said.adapter is None and chosen.parallel in (None, 1)
    )
    variant = chosen.variant or find_variant(entry.name, engine_name)
    chosen = dataclasses.replace(chosen, variant=variant)
    engine_class = find_engine_class(engine_name)
    found = find_adapters(entry, said, engine_class)
    with _hints_for(entry):
        files = take_variant(model_files(entry), engine_name, variant)
    files = dataclasses.replace(files, adapters=tuple(each.files() for each in found))
    started_with = _engine_settings(files, chosen, engine_class, max_threads=max_threads)
    with tell_loading(entry.name, engine_name), _hints_for(entry):
        started = _start(engine_class, files, started_with, isolated=isolated)
    adapter = found[0] if said.adapter is not None else None
    template = chosen.template or started.chat_template
    if adapter is not None and template is not None:
        adapters.warn_of_template(adapter, template)
    return Model(
        entry.name if adapter is None else adapter.full_name,
        started,
        defaults=chosen.sampling_defaults(entry.sampling),
        template=chosen.template,
        system=entry.system if chosen.system is None else chosen.system,
        parallel=started_with.parallel if engine_class.takes_many else 1,
        settings=started_with,
        base=entry.name,
        adapter=adapter.reference if adapter is not None else None,
    )


def check_model_name(name: str) -> None:
    """See that there is a model of a name, without loading or fetching anything.

    Raises:
        NotFoundError: There is none; near matches are named.
    """
    from workbench.models.virtual import find_virtual, is_virtual

    if is_virtual(name):
        find_virtual(name)
    else:
        catalogue.find(parse_model_name(name).base)


@contextmanager
def _hints_for(entry: CatalogueEntry) -> Iterator[None]:
    """A damaged file of the catalogue's is fetched again; of the user's own there is no other."""
    try:
        yield
    except WorkbenchError as error:
        if error.hint and "models pull" in error.hint:
            only = entry.sources[0]
            if only.scheme == "file":
                path = Path(only.parts["folder"])
                path = path / only.files[0].name if len(only.files) == 1 else path
                error.hint = f"{path} is your own: it may be damaged or cut short; copy it anew"
            else:
                error.hint = error.hint.replace("pull NAME", f"pull {entry.name}")
        raise


def find_adapters(entry: CatalogueEntry, said: ModelName, engine: type[Engine]) -> list[Adapter]:
    """The adapters that are loaded with a base, the one that was named first.

    Raises:
        NotFoundError, IntegrityError: Of the one that was named.
        CapabilityError: It was, and the engine takes none.
    """
    first = None
    if said.adapter is not None:
        first = adapters.resolve(f"{entry.name}:{said.reference}")
        if not engine.max_adapters:
            raise CapabilityError(
                f"the {engine.name} engine does not load adapters",
                hint=f"models.load({first.full_name!r}, engine='llamacpp')",
                capability="adapters",
            )
    if engine.max_adapters < 2:  # it is merged into the weights
        return [first] if first is not None else []
    limit = max(settings.get("adapters_per_model"), 1 if first is not None else 0)
    return adapters.choose_for_loading(
        entry.name, limit=min(limit, engine.max_adapters), first=first
    )


def check_kind(entry: CatalogueEntry, capability: str | None) -> None:
    """Raise CapabilityError for what a model of its kind cannot do on any engine."""
    if entry.kind == "embedding" and capability not in (None, EMBED):
        raise CapabilityError(
            f"{entry.name} is an embedding model: it cannot {capability}",
            hint="ask a chat model; workbench models list shows the kinds",
            capability=capability,
        )


def _start(
    engine_class: type[Engine], files: ModelFiles, started_with: EngineSettings, *, isolated: bool
) -> Engine:
    if isolated and not engine_class.has_own_process:
        from workbench.models.engines.isolated import IsolatedEngine

        return IsolatedEngine(files, started_with, engine=engine_class.name)
    return engine_class(files, started_with)


def _engine_settings(
    files: ModelFiles, chosen: ModelSettings, engine: type[Engine], *, max_threads: int | None
) -> EngineSettings:
    """The settings with a number of threads: the one that was chosen, or what suits best."""
    from workbench.models.thread_count import choose_threads

    found = chosen.engine_settings()
    if chosen.threads is not None or settings.resolve("threads").source != "default":
        return dataclasses.replace(found, threads=min(found.threads, max_threads or found.threads))
    limit = min(found.threads, max_threads or found.threads)
    return dataclasses.replace(found, threads=choose_threads(files, found, engine, limit=limit))


def choose_engine(entry: CatalogueEntry, wanted: str | None = None, *, tuned: bool = True) -> str:
    """The engine for a model: the one wanted, or the best of this machine that can run it.

    That is what ``workbench models tune`` found; without that, MLX on Apple silicon and llama.cpp
    elsewhere. Adapters, and several answers at a time, are only to be had ``tuned`` False: they
    were not asked for when it was measured.
    """
    wanted = wanted or settings.get("engine")
    if wanted != "auto":
        if wanted not in _CLASSES:
            raise NotFoundError.among("engine", wanted, _CLASSES, hint="--engine llamacpp")
        if wanted not in entry.engines:
            raise CapabilityError(
                f"{entry.name} does not run on {wanted}; it runs on {', '.join(entry.engines)}",
                hint=f"models.load({entry.name!r}, engine={entry.engines[0]!r})",
            )
        return wanted
    found = find_choice(entry.name) if tuned else None
    if found and found["engine"] in entry.engines and is_installed(found["engine"]):
        return str(found["engine"])
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    order = ("mlx", "llamacpp", "transformers") if apple else ("llamacpp", "transformers", "mlx")
    for name in order:
        if name in entry.engines and is_installed(name):
            return name
    raise CapabilityError(
        f"no engine for {entry.name} is installed; it runs on {', '.join(entry.engines)}",
        hint=install_command("models"),
    )


def is_installed(engine: str) -> bool:
    """Whether an engine's package is there."""
    return available(_CLASSES[engine][2])


def prepare(name: str, *, engine: str, variant: str | None = None) -> None:
    """Make what is made once, on the first load of a model on an engine, and load nothing."""
    entry = catalogue.find(name)
    files = take_variant(model_files(entry), engine, variant)
    if engine == "onnx":
        from workbench.models.formats.onnx_build import build_onnx

        build_onnx(files, variant)
    elif engine != "llamacpp":
        from workbench.models.folder import find_folder

        find_folder(files, dtype=read_settings(entry.name).engine_settings().dtype)


def find_engine_class(name: str) -> type[Engine]:
    """The class of an engine.

    Raises:
        DependencyError: Its package is not installed.
    """
    module, attribute, package = _CLASSES[name]
    if not available(package):  # not loaded here: the engine may be meant for another process
        require(package, extra="models")
    found: type[Engine] = getattr(importlib.import_module(module), attribute)
    return found


def model_files(entry: CatalogueEntry) -> ModelFiles:
    """The model's files on this disk, fetched if need be.

    A GGUF is used where it lies in the artifact store; the files of a folder get their names back
    as hard links in ``<home>/models/NAME``.
    """
    from workbench.store.artifacts import Artifacts
    from workbench.store.sources import fetch

    only = entry.sources[0]
    if only.scheme == "file":  # the user's own, used where it lies
        folder = Path(only.parts["folder"])
        if "llamacpp" in entry.engines:  # one file, whatever its name ends in
            return ModelFiles(entry.name, gguf=folder / only.files[0].name)
        return ModelFiles(entry.name, folder=folder)
    artifacts = Artifacts()
    check_files(entry, artifacts)
    if not is_present(entry) and not settings.get("offline"):
        events.emit("models.fetching", name=entry.name, size_bytes=entry.size_bytes)
    fetched = fetch(entry.sources, artifacts=artifacts)
    if len(fetched) == 1 and fetched[0].name.endswith(".gguf"):
        return ModelFiles(entry.name, gguf=fetched[0].path)
    folder = settings.home() / "models" / entry.name
    for file in fetched:
        artifacts.link(file.sha256, folder / file.name)
    return ModelFiles(entry.name, folder=folder)
