"""The slices on which a model is worst: found by search, judged so that noise is not a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.evaluation.multiple_testing import adjust_p_values

from .outcomes import Outcomes
from .slice_items import Items, make_items
from .slice_lattice import Lattice, search_lattice
from .slice_tests import ExcessTest
from .slice_tree import grow_tree

if TYPE_CHECKING:
    import numpy as np

Loss = Literal["error", "false_positive", "false_negative", "absolute", "squared", "log_loss"]


@dataclass(frozen=True)
class Slice(Viewable):
    """Rows that share conditions and have more error than the others.

    ``error`` is the mean loss inside with its interval, which allows for the slice having been
    picked out of many (Benjamini and Yekutieli, JASA 2005); ``elsewhere`` that of all other rows.
    ``p_value`` is corrected for every slice that was looked at. ``n`` are the rows that the figures
    are of: all of the slice, or for one that a tree found those of the half that judges.
    """

    rule: str
    n: int
    share: float
    error: float
    low: float
    high: float
    elsewhere: float
    p_value: float
    found_by: str


@dataclass(frozen=True)
class SliceSearch(Viewable):
    """What a search came to. ``examined`` slices were tested; those listed hold at ``level``."""

    dataset: str
    model: str
    loss: str
    n: int
    error: float
    slices: tuple[Slice, ...]
    examined: int
    level: float
    min_rows: int
    notes: tuple[str, ...] = ()


def losses_of(outcomes: Outcomes, loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Each row's loss [m], and the places [m] of the rows that can have one.

    Raises:
        InputError: The loss is not one of the task, or needs scores that are not there.
    """
    import numpy as np

    y, y_hat, everyone = outcomes.y, outcomes.y_hat, np.arange(len(outcomes.y))
    if outcomes.task != "classification":
        if loss not in ("absolute", "squared"):
            raise InputError(f"a {outcomes.task} has no {loss}", hint="absolute or squared")
        off = np.abs(y - y_hat)
        return (off if loss == "absolute" else off**2), everyone
    if loss == "error":
        return (y != y_hat).astype(float), everyone
    if loss in ("false_positive", "false_negative"):
        rows = np.flatnonzero(y == (0 if loss == "false_positive" else 1))
        return (y[rows] != y_hat[rows]).astype(float), rows
    if loss == "log_loss" and outcomes.score is not None:
        right = np.where(y == 1, outcomes.score, 1 - outcomes.score)
        return -np.log(np.clip(right, np.finfo(float).eps, 1)), everyone
    raise InputError(
        f"the loss {loss} is not to be had here",
        hint="error, false_positive or false_negative; log_loss where there are scores",
    )


def find_slices(
    columns: Mapping[str, Any],
    losses: Any,
    *,
    depth: int = 2,
    min_rows: int = 50,
    level: float = 0.05,
    most: int = 10,
    seed: int = 0,
    loss: str = "error",
    dataset: str = "",
    model: str = "",
) -> SliceSearch:
    """The slices whose losses are higher than chance would have it, the clearest first.

    The lattice of values and a tree each have half of the level. A slice whose excess is all in
    slices before it is not listed again.

    Args:
        columns: Name to values, each of shape [n]: what slices are made of.
        losses: Shape [n].
        depth: How many conditions a slice has at most, 1 to 3.
        min_rows: The least size of a slice.
        level: The chance of listing any slice where there is none.
        most: How many are listed.
        seed: Of the tree's halves.
        loss: What the losses are called.
        dataset: Its name, for the record.
        model: Its name, for the record.

    Raises:
        InputError: Lengths differ, a parameter is not allowed, or there is nothing to slice by.
    """
    import numpy as np

    losses = np.asarray(losses, float)
    _check(columns, losses, depth=depth, min_rows=min_rows, level=level, most=most)
    items = make_items(columns, min_rows=min_rows)
    notes = [f"{name}: {why}" for name, why in items.left_out]
    if losses.min() == losses.max():
        notes.append(f"every row has the same loss, {losses[0]:g}: no slice can be worse")
        slices, examined = [], 0
    else:
        test = ExcessTest(losses)
        lattice = search_lattice(items, test, depth=depth, min_rows=min_rows)
        found = _from_lattice(items, lattice, test, level=level, most=most)
        grown, leaves = _from_tree(columns, losses, min_rows=min_rows, level=level, seed=seed)
        known = {_conditions(each) for each in found}
        grown = [each for each in grown if _conditions(each) not in known]
        slices = sorted((*found, *grown), key=lambda each: (each.p_value, -each.error))[:most]
        examined = len(lattice.sizes) + leaves
    return SliceSearch(
        dataset,
        model,
        loss,
        len(losses),
        float(losses.mean()),
        tuple(slices),
        examined,
        level,
        min_rows,
        tuple(notes),
    )


def _conditions(found: Slice) -> frozenset[str]:
    return frozenset(found.rule.split(" and "))


def _check(
    columns: Mapping[str, Any], losses: Any, *, depth: int, min_rows: int, level: float, most: int
) -> None:
    import numpy as np

    lengths = {len(values) for values in columns.values()} | {len(losses)}
    if not columns or lengths != {len(losses)} or len(losses) < 2 * min_rows:
        raise InputError(
            f"{len(losses)} losses and {len(columns)} columns of {sorted(lengths)} rows: both need "
            f"the same rows, at least {2 * min_rows}",
            hint="lower min_rows for a small table",
        )
    if not np.isfinite(losses).all():
        raise InputError("a loss is not finite", hint="leave out rows without a prediction")
    if depth not in (1, 2, 3) or min_rows < 10 or not 0 < level < 1 or most < 1:
        raise InputError(
            f"depth {depth}, min_rows {min_rows}, level {level}, most {most} are not all allowed",
            hint="depth 1 to 3, min_rows at least 10, 0 < level < 1, most at least 1",
        )


def _from_lattice(
    items: Items, lattice: Lattice, test: ExcessTest, *, level: float, most: int
) -> list[Slice]:
    import numpy as np

    # Doubled, as the tree has the other half of the level.
    adjusted = 2 * np.array(adjust_p_values(lattice.p_values.tolist()), dtype=float)
    clear = np.flatnonzero(adjusted <= level)
    order = clear[np.argsort(lattice.p_values[clear], kind="stable")]
    # The intervals' level after a selection of so many out of all (FCR).
    confidence = 1 - max(1, len(order)) * level / max(1, len(lattice.sizes))
    covered = np.zeros(len(test.losses), bool)
    found: list[Slice] = []
    for which in order:
        rows = lattice.rows(items, int(which))
        fresh = rows & ~covered
        own = np.array([fresh.sum()]), np.array([test.scores[fresh].sum()])
        if found and (not own[0][0] or test.p_values(*own)[0] > level):
            continue
        covered |= rows
        text = " and ".join(items.texts[at] for at in lattice.conditions[which] if at >= 0)
        found.append(_tell(text, rows, test, confidence, float(adjusted[which]), "lattice"))
        if len(found) == most:
            break
    return found


def _from_tree(
    columns: Mapping[str, Any], losses: Any, *, min_rows: int, level: float, seed: int
) -> tuple[list[Slice], int]:
    leaves, judges = grow_tree(columns, losses, depth=3, min_rows=min_rows, seed=seed)
    if not leaves:
        return [], 0
    test = ExcessTest(losses[judges])
    adjusted = [2 * p for p in adjust_p_values([leaf.p_value for leaf in leaves])]
    clear = [at for at, p in enumerate(adjusted) if p <= level]
    confidence = 1 - max(1, len(clear)) * level / len(leaves)
    return [
        _tell(leaves[at].text, leaves[at].rows[judges], test, confidence, adjusted[at], "tree")
        for at in clear
    ], len(leaves)


def _tell(
    text: str, rows: Any, test: ExcessTest, confidence: float, p_value: float, found_by: str
) -> Slice:
    low, high = test.interval(rows, confidence)
    return Slice(
        text,
        int(rows.sum()),
        float(rows.mean()),
        float(test.losses[rows].mean()),
        low,
        high,
        float(test.losses[~rows].mean()),
        min(1.0, p_value),
        found_by,
    )
