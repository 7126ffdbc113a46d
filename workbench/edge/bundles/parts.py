"""What goes into a bundle, found by name: a model's GGUF, an adapter's, files of any room."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.edge.device.manifest import RESERVED
from workbench.edge.device.policy import NAME as POLICY
from workbench.edge.device.policy import policy_of

from .faults import as_errors

_KIND = re.compile(r"[a-z][a-z0-9-]*")
OWN_KINDS = ("model", "adapter", "index", "policy", "runner")


@dataclass(frozen=True)
class Content:
    """One file that is to go in: its kind, its name in the bundle, and where it is or its bytes."""

    kind: str
    name: str
    path: Path | None = None
    data: bytes | None = None


@dataclass(frozen=True)
class Chosen:
    """The model of a bundle, and what the catalogue knows of it."""

    content: Content
    architecture: str
    system: str | None
    sampling: dict[str, Any]


def find_model(name: str) -> Chosen:
    """The GGUF of a model in the catalogue, or at a path; it is fetched if need be.

    Raises:
        CapabilityError: It has no GGUF, which is what the runtime of bundles reads.
    """
    from workbench.models import catalogue
    from workbench.models.formats.gguf_reader import read_gguf
    from workbench.models.loading import model_files

    entry = catalogue.find(name)
    path = model_files(entry).gguf
    if path is None:
        raise CapabilityError(
            f"{name} has no GGUF, which is what the runtime of bundles reads",
            hint=f"workbench edge compress --model {name} --to gguf:q8_0",
        )
    head = read_gguf(path)
    if head.metadata.get("general.type", "model") != "model":
        raise InputError(f"{path.name} is no model but {head.metadata['general.type']}")
    content = Content("model", "parts/model.gguf", path.resolve())
    return Chosen(content, head.architecture, entry.system, dict(entry.sampling))


def find_adapter(name: str, model: str) -> Content:
    """The GGUF of an adapter of a model, by name or path.

    Raises:
        CapabilityError: It has none, as DoRA has.
        InputError: It does not fit the model.
    """
    from workbench.models import adapter_store, adapters

    path = Path(name)
    if path.suffix != ".gguf":
        full = name if ":" in name else f"{model}:{name}"
        found = adapters.resolve(full)
        gguf = found.files().gguf
        if gguf is None:
            raise CapabilityError(
                f"{full} has no GGUF, which is what the runtime of bundles reads",
                hint="merge it into its base: workbench finetuning export",
            )
        path = gguf
    elif not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint="workbench models adapters")
    base = find_model(model).content.path
    assert base is not None
    adapter_store.check_fits(path, base)
    return Content("adapter", "parts/adapter.gguf", path.resolve())


def find_index(path: Path) -> Content:
    """An index of passages (``workbench.store.text_index``).

    Raises:
        InputError: The file is none.
    """
    from workbench.edge.device.passages import find_passages

    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint="workbench.store.TextIndex.build")
    with as_errors():
        find_passages(path, "whether it can be searched", 1)
    return Content("index", "parts/index.sqlite", path.resolve())


def make_policy(chosen: Chosen, given: dict[str, Any] | None) -> Content:
    """How to answer: what the catalogue says of the model, and over that what was given."""
    known: dict[str, Any] = {"system": chosen.system} if chosen.system else {}
    known |= {n: v for n, v in chosen.sampling.items() if n in ("temperature", "top_p")}
    said = {**known, **(given or {})}
    with as_errors():
        policy_of(said)
    return Content("policy", POLICY, data=json.dumps(said, sort_keys=True, indent=1).encode())


def find_files(given: Iterable[str]) -> list[Content]:
    """Other files, each ``KIND=PATH``: opaque to the bundle and to the device.

    Raises:
        InputError: One is of another form, or of a kind that is the bundle's own.
        NotFoundError: It is not there.
    """
    found = []
    for each in given:
        kind, equals, where = each.partition("=")
        path = Path(where).expanduser()
        if not equals or not _KIND.fullmatch(kind) or kind in (*OWN_KINDS, *RESERVED):
            raise InputError(
                f"{each!r} is not KIND=PATH, with a kind other than {', '.join(OWN_KINDS)}",
                hint="--file sketch=usage.sketch",
            )
        if not path.is_file():
            raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}")
        found.append(Content(kind, f"parts/{kind}/{path.name}", path.resolve()))
    return found
