"""What a user can ask of adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.operations import operation

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter


@dataclass(frozen=True)
class AdapterRow:
    """One version of an adapter. ``name`` is what a request asks for."""

    name: str
    base: str
    version: int
    labels: list[str]
    method: str
    rank: int
    size_bytes: int
    parents: list[str]
    created_s: float


@operation("models.adapters", title="List the adapters", produces="adapters")
def list_adapters(*, base: str | None = None) -> list[AdapterRow]:
    """List the adapters that are registered on this machine.

    Args:
        base: Only those of this model.
    """
    from workbench.models import adapters

    return [_row(found) for found in adapters.list_adapters(base)]


@operation("models.adapter_add", title="Register an adapter", produces="adapter")
def add(folder: str) -> AdapterRow:
    """Take an adapter into the home folder, as the next version of its name.

    It is checked against its base first. Models that are loaded after have it.

    Args:
        folder: With ``adapter.json`` and the files that it names: a GGUF LoRA, or what PEFT saves.
    """
    from workbench.models.adapter_store import register_adapter

    return _row(register_adapter(folder))


@operation("models.adapter_remove", title="Remove an adapter's files", produces="adapter")
def remove(name: str) -> AdapterRow:
    """Remove the files of one version of an adapter; its number is not used again.

    Args:
        name: Its full name, ``base:adapter@version``.
    """
    from workbench.models import adapters
    from workbench.models.adapter_store import remove_adapter

    row = _row(adapters.resolve(name, verify=False))
    remove_adapter(name)
    return row


def _row(found: Adapter) -> AdapterRow:
    return AdapterRow(
        name=found.full_name,
        base=found.base,
        version=found.version,
        labels=list(found.labels),
        method=found.record.method,
        rank=found.record.rank,
        size_bytes=found.size_bytes,
        parents=list(found.record.parents),
        created_s=found.created_s,
    )
