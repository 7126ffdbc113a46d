"""What would have to be different for a model to answer otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable

from .counterfactual_search import BudgetSpent, Search
from .moves import Moves, choose_moves

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

_TRAINING_ROWS = 5000


@dataclass(frozen=True)
class Change:
    """One column's value as it is, and as it would have to be."""

    feature: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Counterfactual:
    """A row that the model answers as wanted.

    ``distance`` counts standard deviations of numbers and changed categories. ``probability`` is
    that of the wanted class, None of a regressor. ``nearest_example`` is its distance, so measured,
    to the nearest training row that the model answers so: large means that no such person is known.
    """

    changes: tuple[Change, ...]
    prediction: Any
    probability: float | None
    distance: float
    nearest_example: float | None


@dataclass(frozen=True)
class Counterfactuals(Viewable):
    """What would have to be different, the nearest first; none has all changes of another.

    ``reason`` says why there are fewer than were asked for; empty if there are not.
    """

    model: str
    data: str
    row: int
    prediction: Any
    wanted: str
    found: tuple[Counterfactual, ...]
    asked_for: int
    reason: str
    fixed: tuple[str, ...]
    asked_rows: int
    budget_rows: int
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """The answer that is looked for: a class's place, or a range of numbers."""

    said: str
    place: int | None = None
    low: float = float("-inf")
    high: float = float("inf")

    def judge(self, model: TabularModel, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How near rows are to it (more is nearer) and whether they have it; both ``[rows]``."""
        import numpy as np

        if self.place is None:
            values = model.predict_numbers(numbers)
            off = np.maximum(np.maximum(self.low - values, values - self.high), 0)
            return -off, off == 0
        has = model.places_numbers(numbers) == self.place
        if not hasattr(model.estimator, "predict_proba"):
            return has.astype(float), has
        return model.proba_numbers(numbers)[:, self.place], has


def find_counterfactuals(
    model: TabularModel,
    table: Any,
    *,
    training: Any,
    wanted: Any = None,
    low: float | None = None,
    high: float | None = None,
    fixed: Iterable[str] = (),
    directions: Mapping[str, str] | None = None,
    count: int = 3,
    max_changes: int = 4,
    budget_rows: int = 50_000,
    seed: int = 0,
) -> Counterfactuals:
    """Rows near to a row that the model answers otherwise, with few changes.

    Each is checked by the model before it is given. Every value was observed in the training rows,
    as was every pair of values with a changed one in it; columns that determine each other change
    together. It tells about the model, not about the world: what would have to be different for
    another answer, not what would follow if someone changed it.

    Args:
        model: Any fitted model of a table.
        table: The row: a table of one row.
        training: Rows whose values and pairs of values are the allowed ones.
        wanted: The class; by default the other one of two.
        low: Of a regressor the least wanted number.
        high: Of a regressor the largest wanted number.
        fixed: Columns that must stay as they are, such as age or sex.
        directions: Number column to ``up`` or ``down``, where only one way is possible.
        count: How many are looked for.
        max_changes: In one of them.
        budget_rows: How many rows the model may be asked about.
        seed: Of the training rows that are drawn.

    Raises:
        NotFoundError: There is no such class or column.
        InputError: Not one row, the row has the wanted answer already, nothing can change, or a bad
            parameter.
    """
    import numpy as np

    if count < 1 or max_changes < 1 or budget_rows < 1:
        raise InputError("count, max_changes and budget_rows must be at least 1")
    numbers = model.to_numbers(table)
    _check_one(numbers)
    goal = _read_goal(model, numbers, wanted, low=low, high=high)
    known = model.to_numbers(training)
    moves = choose_moves(model, numbers[0], known, fixed=fixed, directions=directions or {})
    if len(known) > _TRAINING_ROWS:
        random = np.random.default_rng(derive_seed(seed, "counterfactuals"))
        known = known[np.sort(random.choice(len(known), _TRAINING_ROWS, replace=False))]
    search = Search(
        moves,
        lambda rows: goal.judge(model, rows),
        budget_rows=budget_rows,
        max_changes=max_changes,
    )
    examples, whole = _run(search, known, count=count)
    rows = pick_diverse(moves, search.refine(), count)
    return Counterfactuals(
        model=model.name,
        data="a table",
        row=0,
        prediction=model.predict_numbers(numbers)[0],
        wanted=goal.said,
        found=tuple(_describe(model, goal, moves, row, examples) for row in rows),
        asked_for=count,
        reason=_reason(search, len(rows), count, whole=whole, max_changes=max_changes),
        fixed=tuple(sorted(set(fixed))),
        asked_rows=search.asked_rows,
        budget_rows=budget_rows,
        seed=seed,
        notes=_notes(model, moves),
    )


def _check_one(numbers: np.ndarray) -> None:
    if len(numbers) != 1:
        raise InputError(f"{len(numbers)} rows were given, and one is needed", hint="table[5:6]")


def _run(search: Search, known: np.ndarray, *, count: int) -> tuple[np.ndarray, bool]:
    """Search both ways; the real rows with the wanted answer, and whether the budget sufficed."""
    whole = search.go_out(
        enough=lambda: len(pick_diverse(search.moves, search.found, count)) >= count
    )
    examples = _examples(search, known)
    try:
        search.walk_back(examples)
    except BudgetSpent:
        whole = False
    return examples, whole


def pick_diverse(moves: Moves, rows: list[np.ndarray], count: int) -> list[np.ndarray]:
    """The cheapest rows of which none has all changed columns of a cheaper one."""
    import numpy as np

    if not rows:
        return []
    table = np.array(rows)
    order = np.lexsort((moves.costs(table), moves.counts(table)))
    changed = moves.changed(table)
    kept: list[int] = []
    for at in order:
        if not any((changed[other] & ~changed[at]).sum() == 0 for other in kept):
            kept.append(int(at))
        if len(kept) == count:
            break
    return [rows[at] for at in sorted(kept, key=lambda at: float(moves.costs(table[at][None])[0]))]


def _read_goal(
    model: TabularModel,
    numbers: np.ndarray,
    wanted: Any,
    *,
    low: float | None,
    high: float | None,
) -> Wanted:
    """The answer that is looked for, which the row must not have already."""
    goal = (
        _read_class(model, numbers, wanted, low=low, high=high)
        if model.is_classifier
        else _read_range(model, wanted, low=low, high=high)
    )
    if goal.judge(model, numbers)[1][0]:
        raise InputError(
            f"the model answers {model.predict_numbers(numbers)[0]!s} for this row, which is "
            f"{goal.said} already",
            hint="want another answer",
        )
    return goal


def _read_class(
    model: TabularModel,
    numbers: np.ndarray,
    wanted: Any,
    *,
    low: float | None,
    high: float | None,
) -> Wanted:
    if low is not None or high is not None:
        raise InputError(f"{model.name} tells classes", hint="leave low and high out")
    if wanted is None:
        if len(model.classes) > 2:
            raise InputError(
                f"which class is wanted? {model.target} has {', '.join(map(str, model.classes))}",
                hint="name one",
            )
        now = str(model.predict_numbers(numbers)[0])
        wanted = next(known for known in model.classes if str(known) != now)
    return Wanted(f"{model.target} = {wanted}", model.place_of(wanted))


def _read_range(
    model: TabularModel, wanted: Any, *, low: float | None, high: float | None
) -> Wanted:
    if wanted is not None or (low is None and high is None):
        raise InputError(
            f"{model.name} predicts a number: say from where to where it should be",
            hint="low, high or both",
        )
    low, high = float("-inf") if low is None else low, float("inf") if high is None else high
    if not low <= high:
        raise InputError(f"low {low:g} is above high {high:g}")
    return Wanted(f"{model.target} from {low:g} to {high:g}", None, low, high)


def _examples(search: Search, known: np.ndarray) -> np.ndarray:
    """The training rows that the model answers as wanted, the nearest first."""
    import numpy as np

    distances = search.moves.distances(known)
    order = np.argsort(distances, kind="stable")
    found = []
    for part in np.array_split(order, max(1, len(order) // 1000)):
        try:
            found.append(known[part][search.ask(known[part])[1]])
        except BudgetSpent:
            break
    return np.concatenate(found) if found else known[:0]


def _describe(
    model: TabularModel, goal: Wanted, moves: Moves, row: np.ndarray, examples: np.ndarray
) -> Counterfactual:
    """A row in words, asked about once more in the columns' own values.

    Raises:
        AssertionError: The model answers otherwise than in the search: a fault of ours.
    """
    as_told = model.to_numbers(model.from_numbers(row[None]))
    scores, has = goal.judge(model, as_told)
    assert has[0], "a counterfactual that the model does not answer as wanted"
    proba = hasattr(model.estimator, "predict_proba") and model.is_classifier
    changes = [
        Change(column.name, column.value_of(moves.row[at]), column.value_of(row[at]))
        for at, column in enumerate(model.columns)
        if moves.changed(row[None])[0, at]
    ]
    return Counterfactual(
        changes=tuple(changes),
        prediction=model.predict_numbers(as_told)[0],
        probability=float(scores[0]) if proba else None,
        distance=float(moves.distances(row[None])[0]),
        nearest_example=float(moves.distances(examples, row).min()) if len(examples) else None,
    )


def _reason(search: Search, found: int, count: int, *, whole: bool, max_changes: int) -> str:
    if found >= count:
        return ""
    none = f"{'none' if not found else f'{found} of {count}'} found"
    kept_out = (
        f"; {search.implausible} rows were left out for values that were never seen together"
        if search.implausible
        else ""
    )
    if not whole:
        return f"{none} within the budget of {search.asked_rows:,} rows{kept_out}"
    return f"{none} with up to {max_changes} changes in {search.asked_rows:,} rows{kept_out}"


def _notes(model: TabularModel, moves: Moves) -> tuple[str, ...]:
    return tuple(
        " and ".join(model.features[at] for at in move.columns)
        + " determine each other and change together"
        for move in moves.moves
        if len(move.columns) > 1
    )
