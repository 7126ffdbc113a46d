"""The models that Workbench knows: the built-in list, what was made here, and the user's own in
``workbench.toml``.
"""

from __future__ import annotations

import functools
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.near_names import meant, near_names
from workbench.models.model_settings import ModelSettings, own_models, read_settings

if TYPE_CHECKING:
    from workbench.store.sources import Source

log = logging.getLogger(__name__)

ENGINES = ("llamacpp", "transformers", "mlx", "onnx")


@dataclass(frozen=True)
class CatalogueEntry:
    """One model: what it is, where it comes from, what it needs.

    ``system`` is what the model is told first when a conversation brings no system message.
    ``sampling`` is what its answers are drawn with unless the user says otherwise.
    ``verified`` says that its files are pinned by sha256 and were run where this was built.
    """

    name: str
    title: str
    kind: str
    architecture: str
    license: str
    sources: tuple[Source, ...]
    engines: tuple[str, ...]
    context_tokens: int | None = None
    parameters: int | None = None
    layers: int | None = None
    kv_heads: int | None = None
    head_size: int | None = None
    bits_per_weight: float | None = None
    license_url: str | None = None
    system: str | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    verified: bool = False

    @property
    def size_bytes(self) -> int | None:
        """What its files take on the disk; an estimate where the source does not say."""
        known = [file.size_bytes for file in self.sources[0].files]
        if all(size is not None for size in known):
            return sum(size for size in known if size is not None)
        return self._weight_bytes()

    def _weight_bytes(self) -> int | None:
        if self.parameters is None or self.bits_per_weight is None:
            return None
        return round(self.parameters * self.bits_per_weight / 8)

    def memory_bytes(self, context_tokens: int = 4096, *, parallel: int = 1) -> int | None:
        """Memory that the model needs in llama.cpp: weights, keys and values, and work space.

        Keys and values take 2 x layers x kv_heads x head_size values of 2 bytes a token. The work
        space is reckoned as 5% of the weights and 64 MiB.
        """
        weights = self._weight_bytes()
        if weights is None or not (self.layers and self.kv_heads and self.head_size):
            return None
        cache = 4 * self.layers * self.kv_heads * self.head_size * context_tokens * parallel
        return weights + cache + round(0.05 * weights) + 64 * 2**20


@functools.cache
def _built_in() -> dict[str, CatalogueEntry]:
    text = resources.files("workbench.models").joinpath("catalogue.toml").read_text("utf-8")
    return {name: _entry(name, table) for name, table in tomllib.loads(text).items()}


def _entry(name: str, table: dict[str, Any]) -> CatalogueEntry:
    from workbench.store.sources import Source, SourceFile

    fields = dict(table)
    sources = tuple(
        Source(
            source["uri"],
            tuple(SourceFile(**file) for file in source["files"]),
            fields["license"],
            fields.get("license_url"),
        )
        for source in fields.pop("sources")
    )
    fields["engines"] = tuple(fields["engines"])
    return CatalogueEntry(name=name, sources=sources, **fields)


def entries() -> dict[str, CatalogueEntry]:
    """Every model by name, the user's own among them but for those whose file is not there."""
    from workbench.models.made_models import entry_of, list_made

    found = dict(_built_in())
    found.update({made.name: entry_of(made) for made in list_made()})
    for name in own_models():
        try:
            found[name] = _own_entry(name, read_settings(name))
        except InputError as error:  # a disk that is not mounted must not hide the others
            found.pop(name, None)
            log.warning("%s", error.message)
    return found


def find(name: str) -> CatalogueEntry:
    """The model of that name, or of a GGUF file or folder given by its path.

    Raises:
        NotFoundError: There is none; near matches are named.
        InputError: It is the user's own, and its file is not there or is no model.
    """
    from workbench.models.made_models import entry_of, find_made, list_made

    if "/" in name or name.endswith(".gguf"):
        path = Path(name).expanduser()
        if path.exists():
            return _entry_of_path(path.stem if path.is_file() else path.name, path)
        if name.endswith(".gguf") or name.startswith(("/", "~", "./", "../")):
            raise _no_such_file(name, path)
    own = own_models()
    if name in own:
        return _own_entry(name, read_settings(name))
    made = find_made(name)
    if made is not None:
        return entry_of(made)
    if name not in _built_in():
        _tell_of_another_kind(name)
        known = {*_built_in(), *own, *(one.name for one in list_made())}
        raise NotFoundError.among("model", name, known, hint="workbench models list")
    return _built_in()[name]


def _tell_of_another_kind(name: str) -> None:
    """Raise NotFoundError where a name is an adapter's without its base, or an upstream's."""
    from workbench.models.adapters import KIND
    from workbench.store.database import FILE_NAME as STORE
    from workbench.store.versions import Versions

    if (settings.home() / STORE).exists():  # asking must not make one
        bare, at, which = name.partition("@")
        known = {each.name for each in Versions().list(KIND)}
        full = sorted(f"{x}{at}{which}" for x in known if x.partition(":")[2] == bare)
        if full:
            raise NotFoundError(
                f"no model named {name!r}; an adapter is named with its base: {meant(full)}",
                hint="workbench models adapters", noun="model", name=name, near=full,
            )  # fmt: skip
    place = _upstream_of(name)
    if place is not None:
        raise NotFoundError(
            f"no model named {name!r} is on this machine; [upstreams.{place}] has it, which only a "
            "gateway asks",
            hint="workbench serve, and ask it with any client", noun="model", name=name, near=[],
        )  # fmt: skip


def _upstream_of(name: str) -> str | None:
    """The upstream of ``workbench.toml`` that has a model of that name, with or without its own."""
    path = settings.find_file()
    told = settings.read_file(path).get("upstreams") if path else None
    for place, table in (told if isinstance(told, dict) else {}).items():
        models = table.get("models") if isinstance(table, dict) else None
        if name.removeprefix(f"{place}/") in (models if isinstance(models, (list, dict)) else ()):
            return str(place)
    return None


def _no_such_file(name: str, path: Path) -> NotFoundError:
    beside = [each.name for each in path.parent.glob("*.gguf")]
    near = near_names(path.name, beside, most=1)
    guess = f"; did you mean {path.parent / near[0]}?" if near else ""
    hint = f"ls {path.parent}" if path.parent.is_dir() else "workbench models list"
    return NotFoundError(f"there is no such file: {name}{guess}", hint=hint, path=str(path))


def _own_entry(name: str, chosen: ModelSettings) -> CatalogueEntry:
    assert chosen.path is not None
    path = Path(chosen.path).expanduser()
    if not path.exists():
        raise InputError(
            f"workbench.toml puts the model {name!r} at {path}, which is not there",
            hint=f"mend `path` under [models.{name}]",
        )
    return _entry_of_path(name, path)


def _entry_of_path(name: str, path: Path) -> CatalogueEntry:
    from workbench.store.sources import Source, SourceFile

    path = path.absolute()
    if path.is_file():
        files = [SourceFile(path.name, size_bytes=path.stat().st_size)]
        source = Source(f"file:{path.parent}", tuple(files), "the user's own")
        engines: tuple[str, ...] = ENGINES
    else:
        wanted = ("*.json", "*.safetensors", "*.jinja", "*.model")
        found = sorted(file for pattern in wanted for file in path.glob(pattern))
        if not any(file.suffix == ".safetensors" for file in found):
            raise InputError(
                f"{path} is no model: it holds no .safetensors file",
                hint="give the path of a .gguf file, or of a folder with config.json, "
                "model.safetensors and tokenizer.json",
            )
        files = [SourceFile(file.name, size_bytes=file.stat().st_size) for file in found]
        source = Source(f"file:{path}", tuple(files), "the user's own")
        engines = ("transformers", "mlx", "onnx")
    return CatalogueEntry(
        name=name,
        title=f"{path.name} (own)",
        kind="chat",
        architecture="?",
        license="the user's own",
        sources=(source,),
        engines=engines,
    )
