"""How much worse a model predicts when it cannot tell one row's column from another's.

The interval is of the mean over rows such as these. A row counts twice in a shuffled loss, as the
one that is asked about and as the one whose value another row is given, and its part in the mean
holds both (Hoeffding's projection): with the first alone the intervals are too narrow, and those of
a column of noise missed 0 in 11 of 40 made tables instead of 2. It tells what other rows would
give; it says nothing about what a model fitted to other rows would give.

References:
    Breiman, "Random forests", Machine Learning 45 (2001), section 10.
    Fisher, Rudin, Dominici, "All models are wrong, but many are useful", JMLR 20 (2019).
    Hoeffding, "A class of statistics with asymptotically normal distribution", Annals of
    Mathematical Statistics 19 (1948).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable

from .losses import choose_metric, losses_of, places_of_truth
from .players import Players, choose_players
from .tied_columns import find_tied

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

    from .explanation import TableExplanation


@dataclass(frozen=True)
class FeatureImportance:
    """What one column, or a group of them, is worth, with its interval."""

    feature: str
    importance: float
    low: float
    high: float


@dataclass(frozen=True)
class Importance(Viewable):
    """What each column is worth to a model, the most important first.

    ``measure`` says what ``importance`` is, in ``unit``. ``loss`` is the mean loss of the rows as
    they are, None where no loss is measured.
    """

    model: str
    data: str
    measure: str
    unit: str
    features: tuple[FeatureImportance, ...]
    loss: float | None
    rows: int
    repeats: int | None
    confidence: float
    seed: int
    notes: tuple[str, ...] = ()


def measure_importance(
    model: TabularModel,
    table: Any,
    *,
    metric: str | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    repeats: int = 10,
    rows: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Importance:
    """Permutation importance: the rise in loss when a column is shuffled among the rows.

    Args:
        model: Any fitted model of a table.
        table: Rows with the target, which the model was not fitted to.
        metric: ``log_loss`` (nats), ``error_rate`` or ``brier``; ``absolute_error`` or
            ``squared_error`` of a regressor. The first is the default.
        groups: Name to columns that are shuffled together. Columns that say the same stand in for
            each other when shuffled alone, and then each looks unimportant; a note names those
            that determine each other.
        repeats: Shuffles of each column.
        rows: At most so many rows, drawn.
        confidence: Of the intervals (bias-corrected bootstrap over rows).
        seed: Of rows and shuffles.

    Raises:
        NotFoundError: There is no such metric or column.
        InputError: Too few rows, or a bad parameter.
    """
    import numpy as np

    if repeats < 1 or rows < 2:
        raise InputError(f"repeats {repeats} must be at least 1, and rows {rows} at least 2")
    metric, unit = choose_metric(model, metric)
    players = choose_players(model.features, groups)
    numbers, truth = model.to_numbers(table), places_of_truth(model, table)
    if len(numbers) < 2:
        raise InputError(f"{len(numbers)} rows are too few: at least 2 can be shuffled")
    random = np.random.default_rng(derive_seed(seed, "importance"))
    if len(numbers) > rows:
        kept = np.sort(random.choice(len(numbers), rows, replace=False))
        numbers, truth = numbers[kept], truth[kept]
    plain = losses_of(model, numbers, truth, metric)
    rises = {}
    for at, name in enumerate(track(players.names, "shuffling", unit="columns")):
        asked, given = np.zeros((2, len(numbers)))
        for _ in range(repeats):
            order = random.permutation(len(numbers))
            shuffled = numbers.copy()
            columns = players.members(at)
            shuffled[:, columns] = numbers[order][:, columns]
            losses = losses_of(model, shuffled, truth, metric)
            asked += losses
            given[order] += losses
        rises[name] = parts_of_mean(asked / repeats, given / repeats, plain)
    return Importance(
        model=model.name,
        data="a table",
        measure=f"rise in {metric.replace('_', ' ')} when shuffled",
        unit=unit,
        features=_ranked(rises, confidence=confidence, seed=seed),
        loss=float(plain.mean()),
        rows=len(numbers),
        repeats=repeats,
        confidence=confidence,
        seed=seed,
        notes=_notes(model, numbers, players),
    )


def parts_of_mean(asked: np.ndarray, given: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """Each row's part in the mean rise of the loss, ``[rows]``.

    Args:
        asked: Its mean loss with other rows' values.
        given: The mean loss of the rows that had its value.
        plain: Its loss as it is.
    """
    parts: np.ndarray = asked + given - asked.mean() - plain
    return parts


def importance_of_contributions(found: TableExplanation, *, confidence: float = 0.95) -> Importance:
    """The mean size of each column's contributions, which tells what moves the output, whether it
    is right or not.

    Raises:
        InputError: Fewer than two rows were explained.
    """
    import numpy as np

    sizes = np.abs(found.contributions)
    return Importance(
        model=found.model,
        data="a table",
        measure=f"mean size of contributions to the {found.output} ({found.method})",
        unit=found.unit,
        features=_ranked(
            dict(zip(found.features, sizes.T, strict=True)), confidence=confidence, seed=found.seed
        ),
        loss=None,
        rows=len(sizes),
        repeats=None,
        confidence=confidence,
        seed=found.seed,
    )


def _ranked(
    draws: Mapping[str, np.ndarray], *, confidence: float, seed: int
) -> tuple[FeatureImportance, ...]:
    """The mean of each column's draws with its interval, the largest first."""
    import numpy as np

    from workbench.evaluation.bootstrap import bootstrap_interval

    found = []
    for name, values in draws.items():
        if np.ptp(values) == 0:  # nothing to resample, such as a column that is never used
            found.append(FeatureImportance(name, *[float(values[0])] * 3))
            continue
        interval = bootstrap_interval(
            np.mean, values, confidence=confidence, draws=1000, seed=derive_seed(seed, name)
        )
        found.append(FeatureImportance(name, interval.estimate, interval.low, interval.high))
    return tuple(sorted(found, key=lambda feature: -feature.importance))


def _notes(model: TabularModel, numbers: np.ndarray, players: Players) -> tuple[str, ...]:
    notes = []
    for tied in find_tied(numbers):
        if len({players.owner[at] for at in tied}) > 1:
            names = " and ".join(model.features[at] for at in tied)
            notes.append(
                f"{names} determine each other: shuffled alone, each stands in for the other; "
                "group them"
            )
    return tuple(notes)
