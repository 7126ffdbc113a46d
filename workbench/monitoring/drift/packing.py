"""Sketches and grids as plain JSON and back, exactly; bins without a row take no room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import IntegrityError
from workbench.evaluation.category_sketch import BUCKETS, CategorySketch
from workbench.evaluation.embedding_sketch import EmbeddingSketch, RandomFeatures
from workbench.evaluation.number_sketch import NumberSketch

from .columns import CATEGORY, NUMBER
from .table_sketch import Grid, Sketch, TableSketch


def pack_grids(grids: Mapping[str, Grid]) -> dict[str, Any]:
    """Grids as plain data."""
    packed: dict[str, Any] = {}
    for name, grid in grids.items():
        if grid.kind in (NUMBER, CATEGORY):
            packed[name] = {"kind": grid.kind, "by": list(map(_plain, grid.by))}
        else:
            features = {"weights": grid.by.weights.tolist(), "phases": grid.by.phases.tolist()}
            packed[name] = {"kind": grid.kind, "by": features}
    return packed


def unpack_grids(packed: Mapping[str, Any]) -> dict[str, Grid]:
    """Grids from plain data.

    Raises:
        IntegrityError: It is not what ``pack_grids`` made.
    """
    import numpy as np

    grids = {}
    try:
        for name, each in packed.items():
            by: Any = each["by"]
            if each["kind"] == NUMBER:
                by = np.array(by, dtype=float)
            elif each["kind"] == CATEGORY:
                by = tuple(by)
            else:
                by = RandomFeatures(np.array(by["weights"]), np.array(by["phases"]))
            grids[name] = Grid(each["kind"], by)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"grids of sketches cannot be read: {error!r}") from None
    return grids


def pack_table(sketch: TableSketch) -> dict[str, Any]:
    """A table's sketches as plain data, without their grids."""
    return {
        "rows": sketch.rows,
        "left_out": dict(sketch.left_out),
        "columns": {name: _pack(each) for name, each in sketch.columns.items()},
    }


def unpack_table(packed: Mapping[str, Any], grids: Mapping[str, Grid]) -> TableSketch:
    """A table's sketches from plain data, on their grids.

    Raises:
        IntegrityError: It is not what ``pack_table`` made on these grids.
    """
    try:
        columns = {name: _unpack(each, grids[name]) for name, each in packed["columns"].items()}
        return TableSketch(int(packed["rows"]), columns, dict(packed["left_out"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise IntegrityError(f"sketches cannot be read: {error!r}") from None


def _pack(sketch: Sketch) -> dict[str, Any]:
    if isinstance(sketch, NumberSketch):
        infinite = [sketch.below_infinite, sketch.above_infinite]
        return {"counts": _sparse(sketch.counts), "missing": sketch.missing, "infinite": infinite}
    if isinstance(sketch, CategorySketch):
        return {
            "named": {name: count for name, count in sketch.named.items() if count},
            "buckets": _sparse(sketch.buckets),
            "examples": {str(at): name for at, name in sketch.examples.items()},
            "missing": sketch.missing,
        }
    return {
        "total": sketch.total.tolist(),
        "products": sketch.products.tolist(),
        "rows": sketch.rows,
        "missing": sketch.missing,
    }


def _unpack(packed: Mapping[str, Any], grid: Grid) -> Sketch:
    import numpy as np

    if grid.kind == NUMBER:
        counts = np.array(_dense(packed["counts"], len(grid.by) + 1), dtype=np.int64)
        return NumberSketch(grid.by, counts, packed["missing"], *packed["infinite"])
    if grid.kind == CATEGORY:
        named = {name: packed["named"].get(name, 0) for name in grid.by}
        buckets = tuple(_dense(packed["buckets"], BUCKETS))
        examples = {int(at): name for at, name in packed["examples"].items()}
        return CategorySketch(named, buckets, examples, packed["missing"])
    sums = np.array(packed["total"]), np.array(packed["products"])
    return EmbeddingSketch(*sums, packed["rows"], packed["missing"])


def _sparse(counts: Any) -> list[list[int]]:
    return [[at, int(count)] for at, count in enumerate(counts) if count]


def _dense(pairs: Any, size: int) -> list[int]:
    found = [0] * size
    for at, count in pairs:
        found[at] = count
    return found


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
