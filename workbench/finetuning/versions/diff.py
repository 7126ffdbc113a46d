"""What differs between two versions: recipe, data, measured figures, weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError, WorkbenchError
from workbench.core.viewers import Viewable
from workbench.finetuning.versions.finding import AdapterVersion, find_version
from workbench.finetuning.versions.weights import (
    LayerChange,
    compare_weights,
    read_low_rank,
    total_change,
)
from workbench.models.adapters import folder_of

# Where training's notes speak of data and of figures; all else of them is the recipe.
_DATA, _FIGURES = ("data", "snapshot", "snapshots"), ("metrics", "figures", "tasks")
_UNNOTED = ("name", "base_model", "files", "notes", "parents")


@dataclass(frozen=True)
class Changed:
    """One thing that differs; None where a version says nothing of it."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True)
class FigureChange:
    """One figure of both, or of one."""

    what: str
    before: float | None
    after: float | None
    change: float | None


@dataclass(frozen=True)
class VersionDiff(Viewable):
    """How ``after`` differs from ``before``. What is the same is not listed.

    ``whole`` is the change of all weights together; ``layers`` are empty and ``note`` says why
    where weights cannot be compared.
    """

    before: str
    after: str
    same_weights: bool
    recipe: tuple[Changed, ...]
    data: tuple[Changed, ...]
    figures: tuple[FigureChange, ...]
    whole: LayerChange | None
    layers: tuple[LayerChange, ...]
    note: str = ""


def diff_versions(before: str, after: str) -> VersionDiff:
    """Compare two versions of adapters of one base; the names as for ``find_version``.

    Raises:
        InputError: They belong to different bases.
        NotFoundError: There is no such version; near matches are named.
    """
    first, second = find_version(before), find_version(after)
    if first.name.partition(":")[0] != second.name.partition(":")[0]:
        raise InputError(
            f"{first.full_name} and {second.full_name} belong to different bases",
            hint="compare versions for the same base",
        )
    old, new = _flat(first), _flat(second)
    recipe: list[Changed] = []
    data: list[Changed] = []
    figures: list[FigureChange] = []
    for what in sorted({*old, *new}):
        a, b = old.get(what), new.get(what)
        head = what.partition(".")[0]
        if head in _FIGURES and all(x is None or _is_number(x) for x in (a, b)):
            change = b - a if a is not None and b is not None else None
            figures.append(FigureChange(what.partition(".")[2] or what, a, b, change))
        elif a != b:
            (data if head in _DATA else recipe).append(Changed(what, a, b))
    layers, note = _weights(first, second)
    return VersionDiff(
        first.full_name,
        second.full_name,
        first.digest == second.digest,
        tuple(recipe),
        tuple(data),
        tuple(figures),
        total_change(layers) if layers else None,
        layers,
        note,
    )


def _weights(first: AdapterVersion, second: AdapterVersion) -> tuple[tuple[LayerChange, ...], str]:
    gone = [each.full_name for each in (first, second) if not each.is_here]
    if gone:
        return (), f"the files of {' and '.join(gone)} were removed"
    try:
        (form, old), (other, new) = _read(first), _read(second)
        if form != other:  # the rows of some maps stand in another order in a GGUF
            both = [
                dict.fromkeys(name for name in each.record["files"] if name.endswith(".gguf"))
                for each in (first, second)
            ]
            (_, old), (_, new) = _read(first, both[0]), _read(second, both[1])
    except WorkbenchError as error:
        return (), error.message
    dora = "dora" in (first.record.get("method"), second.record.get("method"))
    note = "of DoRA the low-rank part alone is compared, not its magnitudes" if dora else ""
    return compare_weights(old, new), note


def _read(version: AdapterVersion, files: Mapping[str, Any] | None = None) -> Any:
    base, _, adapter = version.name.partition(":")
    folder = folder_of(base, adapter, version.number)
    return read_low_rank(folder, version.record["files"] if files is None else files)


def _flat(version: AdapterVersion) -> dict[str, Any]:
    """What the record and its notes say, one value a dotted name."""
    told = {key: value for key, value in version.record.items() if key not in _UNNOTED}
    return dict(_leaves({**told, **version.notes}, ""))


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{at}.{key}" if at else str(key))
    else:
        yield at, value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
