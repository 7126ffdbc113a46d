"""The tile of models: on this disk, in memory, and in the catalogue."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.models.footprints import MEMORY_AT_MOST, MEMORY_NOW
from workbench.models.operations import ModelRow, list_models
from workbench.studio.markup import count, escape, size
from workbench.studio.tiles import tile

if TYPE_CHECKING:
    import psutil

_WORKER = "workbench.models.engines.llamacpp_worker"
_LOOK_EVERY_S = 5.0


@dataclass(frozen=True)
class LoadedModel:
    """A llama.cpp process of this home. ``name`` is empty where the system does not tell.

    ``owner_pid`` is the process that started it. llama.cpp makes texts and embeddings in a process
    each, so that one owner may have two of a model.
    """

    name: str
    pid: int
    memory_bytes: int
    owner_pid: int


def find_loaded() -> list[LoadedModel]:
    """The llama.cpp processes of this home with their memory.

    Those of other homes, and of other users, are not shown: a gateway beside this one, a test.
    A model that a notebook holds in its own process (transformers, MLX) is not seen from outside.
    """
    import psutil

    found = []
    for process in psutil.process_iter(["cmdline", "username"]):
        if _WORKER not in (process.info["cmdline"] or []):
            continue
        try:
            if not _is_ours(process):
                continue
            memory = process.memory_info().rss
            found.append(LoadedModel(_weights_of(process), process.pid, memory, process.ppid()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended, or is another user's
            continue
    return found


def _is_ours(process: psutil.Process) -> bool:
    """Whether a process belongs to this home: its engine writes that into its environment."""
    told = process.environ().get(f"{settings.ENV_PREFIX}HOME")
    return told is not None and Path(told).resolve() == settings.home().resolve()


def _weights_of(process: object) -> str:
    """Which catalogue model's weights a process has mapped, where the system says (Linux)."""
    maps = getattr(process, "memory_maps", None)
    if maps is None:
        return ""
    mapped = {Path(each.path).name for each in maps() if "sha256-" in each.path}
    return next((name for blob, name in _names_by_blob().items() if blob in mapped), "")


def _names_by_blob() -> dict[str, str]:
    from workbench.models import catalogue, presence
    from workbench.store.artifacts import Artifacts

    artifacts = Artifacts()
    return {
        f"sha256-{sha256}": entry.name
        for entry in catalogue.entries().values()
        if entry.sources[0].scheme != "file"
        for sha256 in presence.known_sha256s(entry, artifacts).values()
    }


def _stamp() -> Hashable:
    blobs = settings.home() / "blobs"
    changed = blobs.stat().st_mtime_ns if blobs.is_dir() else 0
    # Processes come and go without a trace on the disk, and looking costs some milliseconds.
    return changed, int(time.monotonic() / _LOOK_EVERY_S)


@tile("models", title="Models", order=30, stamp=_stamp)
def draw_models() -> str:
    """What is loaded, what is on the disk, and what could be fetched."""
    rows = list_models()
    present = [row for row in rows if row.present]
    absent = [row for row in rows if not row.present]
    return _loaded() + _on_disk(present) + _in_catalogue(absent)


def _loaded() -> str:
    found = find_loaded()
    if not found:
        return (
            '<p class="q">None is loaded in llama.cpp now. (One that a notebook holds in its own '
            "process is not seen from here.)</p>"
        )
    return f'<h3>In memory</h3><ul class="wb-rows">{loaded_rows(found)}</ul>'


def loaded_rows(found: list[LoadedModel]) -> str:
    """A row for each model of each owner, whatever its number of processes."""
    rows: dict[tuple[str, int], list[LoadedModel]] = {}
    for each in found:
        rows.setdefault((each.name, each.owner_pid), []).append(each)
    return "".join(
        f"<li><span class='name'>{escape(name or 'a model')}</span><span class='side'>"
        f"{MEMORY_NOW} {size(sum(each.memory_bytes for each in parts))}</span>"
        f"<p class='facts'>{_where(parts)}</p></li>"
        for (name, _), parts in rows.items()
    )


def _where(parts: list[LoadedModel]) -> str:
    pids = " and ".join(str(each.pid) for each in parts)
    if len(parts) == 1:
        return f"loaded in llama.cpp, process {pids}"
    return f"loaded in llama.cpp, which takes a process each for texts and embeddings: {pids}"


def _on_disk(rows: list[ModelRow]) -> str:
    if not rows:
        return (
            '<div class="wb-empty" style="margin-top:.6rem"><p>No model is on this disk yet. The '
            "default one takes 98 MB:</p>"
            "<p><code>workbench models pull smollm2-135m</code></p></div>"
        )
    default = settings.get("model")
    items = "".join(
        f"<li><span class='name'>{escape(row.name)}</span>"
        f"<span class='side'>{size(row.size_bytes)}</span>"
        f"<p class='facts'><span>{escape(row.kind)}{_memory(row)}</span>"
        f"<span>{escape(row.license)}</span>"
        f"{'<span>the default</span>' if row.name == default else ''}</p></li>"
        for row in rows
    )
    return f'<h3 style="margin-top:1rem">On this disk</h3><ul class="wb-rows">{items}</ul>'


def _memory(row: ModelRow) -> str:
    known = "measured so far" if row.measured else "reckoned, one job"
    return f", {MEMORY_AT_MOST} {size(row.memory_bytes)}, {known}" if row.memory_bytes else ""


def _in_catalogue(rows: list[ModelRow]) -> str:
    if not rows:
        return ""
    items = "".join(
        f"<tr><td>{escape(row.name)}</td><td class='n'>{size(row.size_bytes)}</td>"
        f"<td class='n'>{size(row.memory_bytes)}</td></tr>"
        for row in rows
    )
    return (
        f'<details class="wb-more"><summary>{count(len(rows), "more model")} in the catalogue'
        "</summary><div class='wide'><table><thead><tr><th>Name</th><th class='n'>Size</th>"
        f"<th class='n'>{MEMORY_AT_MOST.capitalize()}, reckoned for one job</th></tr></thead>"
        f"<tbody>{items}</tbody></table></div>"
        "<p class='q'>Fetch one: <code>workbench models pull NAME</code></p></details>"
    )
