"""Adapters of a base model: their names, where they are kept, what a name stands for now.

A model is asked for as ``base:adapter@version``; the version is a number, a label
(``production``), or left out for the latest. The files lie in
``<home>/adapters/BASE/ADAPTER/VERSION/`` beside their record; versions, labels and lineage are the
store's (kind ``adapter``, name ``BASE:ADAPTER``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.models.formats.adapters import AdapterRecord, hash_template, read_record
from workbench.models.protocol import AdapterFiles

if TYPE_CHECKING:
    from workbench.store.versions import Version, Versions

log = logging.getLogger(__name__)

KIND = "adapter"
CHAMPION = "champion"  # the label of the version that is in use; its files cannot be removed
PEFT_FILES = ("adapter_config.json", "adapter_model.safetensors")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FORM = "base:adapter or base:adapter@version, as in smollm2-135m:mine@2"


@dataclass(frozen=True)
class ModelName:
    """What a model's name says. ``version`` is a number or a label; None is the latest."""

    base: str
    adapter: str | None = None
    version: str | None = None

    @property
    def reference(self) -> str | None:
        """The adapter as a request names it: ``mine`` or ``mine@2``."""
        if self.adapter is None or self.version is None:
            return self.adapter
        return f"{self.adapter}@{self.version}"


@dataclass(frozen=True)
class Adapter:
    """One version of an adapter that is registered here."""

    base: str
    name: str
    version: int
    labels: tuple[str, ...]
    folder: Path
    record: AdapterRecord
    created_s: float

    @property
    def reference(self) -> str:
        """What an engine and a request call it: ``mine@2``."""
        return f"{self.name}@{self.version}"

    @property
    def full_name(self) -> str:
        """The model that it makes of its base: ``smollm2-135m:mine@2``."""
        return f"{self.base}:{self.reference}"

    @property
    def size_bytes(self) -> int:
        """What its files take."""
        return sum((self.folder / name).stat().st_size for name in self.record.files)

    def files(self) -> AdapterFiles:
        """Its files, for an engine."""
        gguf = find_gguf(self.record.files)
        is_peft = set(PEFT_FILES) <= set(self.record.files)
        return AdapterFiles(
            self.reference,
            gguf=self.folder / gguf if gguf is not None else None,
            folder=self.folder if is_peft else None,
        )


def find_gguf(files: Mapping[str, str]) -> str | None:
    """The GGUF among an adapter's files."""
    return next((name for name in sorted(files) if name.endswith(".gguf")), None)


def parse_model_name(name: str) -> ModelName:
    """The parts of a model's name. A path, and a name with a slash, has no adapter.

    >>> parse_model_name("smollm2-135m:mine@2")
    ModelName(base='smollm2-135m', adapter='mine', version='2')

    Raises:
        InputError: A part is empty or has letters that it may not have.
    """
    if ":" not in name or "/" in name or name.endswith(".gguf"):
        return ModelName(name)
    base, _, rest = name.partition(":")
    adapter, at, version = rest.partition("@")
    for what, part in (("base", base), ("adapter", adapter), ("version", version if at else "1")):
        check_name(part, f"the {what} in the model's name {name!r}")
    return ModelName(base, adapter, version if at else None)


def check_name(name: str, what: str) -> None:
    """Raise InputError unless a name has only letters, digits, dots, dashes and lines."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{what} is {name!r}; it must be letters, digits, '.', '-' and '_'", hint=_FORM
        )


def list_adapters(base: str | None = None) -> tuple[Adapter, ...]:
    """The registered adapters, by base, name and version, but for those that were removed."""
    from workbench.store.versions import Versions

    versions = Versions()
    found = []
    for version in versions.list(KIND):
        of, _, name = version.name.partition(":")
        if base in (None, of) and folder_of(of, name, version.number).is_dir():
            found.append(_adapter(version, versions.labels(KIND, version.name)))
    return tuple(found)


def resolve(name: str, *, verify: bool = True) -> Adapter:
    """The adapter that a full name stands for now.

    Args:
        name: ``base:adapter``, ``base:adapter@version`` or ``base:adapter@label``.
        verify: Also compare its files with their sha256.

    Raises:
        InputError: The name has no adapter, or another form.
        NotFoundError: There is none; near matches are named. Or its files were removed.
        IntegrityError: A file has changed.
    """
    from workbench.store.versions import LATEST, Versions

    parsed = parse_model_name(name)
    if parsed.adapter is None:
        raise InputError(f"{name!r} names no adapter", hint=_FORM)
    kept = []
    if parsed.version in (None, LATEST):  # the newest that was not removed
        kept = [one for one in list_adapters(parsed.base) if one.name == parsed.adapter]
    if kept:
        found = kept[-1]
    else:
        versions = Versions()
        version = versions.resolve(KIND, f"{parsed.base}:{parsed.reference}")
        found = _adapter(version, versions.labels(KIND, version.name))
    if not found.folder.is_dir():
        raise NotFoundError(
            f"the adapter {found.full_name} was removed", hint="workbench models adapters"
        )
    if verify:
        read_record(found.folder)
    return found


def find(name: str, *, verify: bool = True) -> Adapter:
    """The adapter that a name stands for now, with or without its base.

    Args:
        name: ``base:adapter@version``, or ``adapter@version`` where one base alone has it.
        verify: Also compare its files with their sha256.

    Raises:
        InputError: Adapters of several bases have that name; they are listed.
        NotFoundError, IntegrityError: As for ``resolve``.
    """
    return resolve(expand_name(name), verify=verify)


def expand_name(name: str, versions: Versions | None = None) -> str:
    """The full name for a bare one: ``mine@2`` is ``base:mine@2`` where one base has a ``mine``.

    Raises:
        InputError: The name has another form, or several bases have such an adapter.
        NotFoundError: None has; near matches are named.
    """
    from workbench.store.versions import Versions

    if ":" in name:
        if parse_model_name(name).adapter is None:
            raise InputError(f"{name!r} names no adapter", hint="base:adapter@version")
        return name
    bare, at, which = name.partition("@")
    check_name(bare, f"the adapter's name in {name!r}")
    known = {each.name for each in (versions or Versions()).list(KIND)}
    found = sorted(each for each in known if each.partition(":")[2] == bare)
    if not found:
        raise NotFoundError.among(
            "adapter",
            bare,
            {each.partition(":")[2] for each in known},
            hint="workbench models adapters",
        )
    if len(found) > 1:
        full = ", ".join(f"{each}{at}{which}" for each in found)
        raise InputError(f"several adapters are called {bare!r}: {full}", hint="name its base, too")
    return f"{found[0]}{at}{which}"


def choose_for_loading(base: str, *, limit: int, first: Adapter | None = None) -> list[Adapter]:
    """The adapters that are loaded with a base, at most ``limit``.

    ``first`` comes before all, then those on which a label stands, then the newest. One whose
    files have changed is left out, with a warning: it would keep the base from loading. So would
    one without a GGUF, as DoRA is.
    """
    named = first.reference if first is not None else None
    found = [one for one in list_adapters(base) if one.reference != named]
    found.sort(key=lambda one: (bool(one.labels), one.created_s, one.version), reverse=True)
    chosen = [first] if first is not None else []
    for one in found:
        if len(chosen) >= limit:
            log.info("%s is one adapter too many to be loaded with its base", one.full_name)
        elif find_gguf(one.record.files) is not None and _is_sound(one):
            chosen.append(one)
    return chosen


def _is_sound(adapter: Adapter) -> bool:
    try:
        read_record(adapter.folder)
    except (IntegrityError, InputError, NotFoundError) as error:
        log.warning("%s is not loaded: %s", adapter.full_name, error.message)
        return False
    return True


def warn_of_template(adapter: Adapter, template: str) -> None:
    """Say so if an adapter was trained with another chat template: it answers worse then."""
    expected = adapter.record.chat_template_sha256
    if expected is not None and expected != hash_template(template):
        log.warning(
            "%s was trained with another chat template than %s has now",
            adapter.full_name,
            adapter.base,
        )


def folder_of(base: str, name: str, version: int) -> Path:
    """Where a version's files are."""
    return settings.home() / "adapters" / base / name / str(version)


def _adapter(version: Version, labels: Mapping[str, int]) -> Adapter:
    base, _, name = version.name.partition(":")
    told = version.record
    record = AdapterRecord(
        **{
            **told,
            "target_modules": tuple(told["target_modules"]),
            "parents": tuple(told["parents"]),
        }
    )
    return Adapter(
        base=base,
        name=name,
        version=version.number,
        labels=tuple(label for label, number in labels.items() if number == version.number),
        folder=folder_of(base, name, version.number),
        record=record,
        created_s=version.created_s,
    )
