"""What a table gives away: anonymity, diversity, closeness, and the risk of being found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workbench.core.errors import DataError
from workbench.core.viewers import Viewable

from . import k_anonymity, l_diversity, reidentification, t_closeness
from .columns import check_columns, class_numbers
from .covering import covered_rows
from .hierarchies import Hierarchy
from .mondrian import recode

Attacker = Literal["prosecutor", "journalist", "marketer"]


@dataclass(frozen=True)
class TableRisk(Viewable):
    """The figures of one table. Risks are shares of 1; those on a sensitive column may be None.

    ``mean_class_ratio`` is the mean class size over k: 1 is the best that k allows. ``class_sizes``
    says of each size how many classes have it, ``told_rows`` how many rows are in classes with one
    sensitive value only. Where a bound was stated (``most_risk``) ``ok`` says
    whether the risk of the ``attacker`` keeps it.
    """

    rows: int
    quasi: tuple[str, ...]
    k: int
    classes: int
    alone: int
    discernibility: int
    mean_class_ratio: float
    prosecutor_risk: float
    mean_risk: float
    journalist_risk: float
    marketer_risk: float
    population_rows: int | None
    class_sizes: dict[int, int]
    sensitive: str | None = None
    distinct_l: int | None = None
    entropy_l: float | None = None
    t: float | None = None
    told_rows: int | None = None
    attacker: Attacker = "prosecutor"
    most_risk: float | None = None
    ok: bool = True

    def risk_of(self, attacker: Attacker) -> float:
        """The risk that is held against a bound."""
        return {
            "prosecutor": self.prosecutor_risk,
            "journalist": self.journalist_risk,
            "marketer": self.marketer_risk,
        }[attacker]

    def held_to(self, most_risk: float | None, attacker: Attacker) -> TableRisk:
        """The same figures, held to a bound on one attacker's risk; to none if it is None."""
        ok = most_risk is None or self.risk_of(attacker) <= most_risk + 1e-12
        return replace(self, attacker=attacker, most_risk=most_risk, ok=ok)


@dataclass(frozen=True)
class AnonymisedTable(Viewable):
    """A table in which each row is one of at least k, its figures before and after, and the loss.

    ``loss`` is the mean of what is no longer known of a cell, from 0 to 1 (``Cell``).
    """

    table: Any = field(repr=False)
    before: TableRisk
    after: TableRisk
    loss: dict[str, float]

    @property
    def mean_loss(self) -> float:
        """The loss of all quasi-identifiers together (the global certainty penalty)."""
        return sum(self.loss.values()) / len(self.loss)


def assess_table(
    table: Any, quasi: Sequence[str], *, sensitive: str | None = None, population: Any = None
) -> TableRisk:
    """Measure a table (a pandas DataFrame).

    Without a population the journalist's and the marketer's risks are what they can be at most:
    as if the table were the population.

    Args:
        table: Any table.
        quasi: The columns that others may know of a person.
        sensitive: The column that nobody is to learn of a person; ordered if it holds numbers.
        population: A table with the same quasi-identifiers that the rows were drawn from, made
            coarser in the same way if the table was.

    Raises:
        InputError, NotFoundError, DataError: See ``columns.check_columns``.
    """
    import numpy as np
    import pandas as pd

    names = check_columns(table, quasi, sensitive)
    if population is None:
        return _measure(table, names, sensitive, None, None)
    check_columns(population, names)
    joined = pd.concat([table[names], population[names]], ignore_index=True)
    both = class_numbers(joined, names)
    theirs = np.bincount(both[len(table) :], minlength=int(both.max()) + 1)
    return _measure(table, names, sensitive, theirs[both[: len(table)]], len(population))


def _measure(
    table: Any, names: list[str], sensitive: str | None, likes: Any, population_rows: int | None
) -> TableRisk:
    """The figures. ``likes`` are the rows of the population that are as each row of the table."""
    import numpy as np

    classes = class_numbers(table, names)
    sizes = k_anonymity.class_sizes(classes)
    first = np.unique(classes, return_index=True)[1]
    in_population = sizes if likes is None else likes[first]
    worst, mean = reidentification.prosecutor(sizes)
    k = int(sizes.min())
    diversity: tuple[int | None, float | None, float | None, int | None] = (None,) * 4
    if sensitive is not None:
        diversity = _diversity(table[sensitive], classes)
    counts = zip(*np.unique(sizes, return_counts=True), strict=True)
    return TableRisk(
        len(table), tuple(names), k, len(sizes), int((sizes == 1).sum()),
        k_anonymity.discernibility(classes), float(sizes.mean() / k), worst, mean,
        reidentification.journalist(sizes, in_population),
        reidentification.marketer(sizes, in_population),
        population_rows, {int(size): int(many) for size, many in counts}, sensitive, *diversity,
    )  # fmt: skip


def _diversity(values: Any, classes: Any) -> tuple[int, float, float, int]:
    import numpy as np
    import pandas as pd

    codes, _ = pd.factorize(values, sort=True, use_na_sentinel=False)
    counts = l_diversity.value_counts(np.asarray(classes), np.asarray(codes))
    ordered = pd.api.types.is_numeric_dtype(values)
    return (
        l_diversity.distinct_l(counts),
        l_diversity.entropy_l(counts),
        t_closeness.measure_t(counts, ordered=ordered),
        l_diversity.told_rows(counts),
    )


def anonymise_table(
    table: Any,
    quasi: Sequence[str],
    *,
    k: int = 10,
    sensitive: str | None = None,
    least_l: int = 1,
    most_t: float | None = None,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    population: Any = None,
) -> AnonymisedTable:
    """A table in which each row is one of at least k, and its figures measured anew.

    Args:
        table: A pandas DataFrame; names and numbers of persons should not be in it any more.
        quasi: The columns that others may know of a person.
        k: At least so many rows agree in all of them.
        sensitive: The column that nobody is to learn of a person.
        least_l: So many different sensitive values each class has.
        most_t: How far a class may lie from the table (t-closeness).
        hierarchies: Of columns that are made coarser along one; other numbers become ranges, other
            names sets.
        population: A table that the rows were drawn from, with its values as they are: for the
            journalist's and the marketer's risk, before and after.

    Returns:
        The table, its quasi-identifiers as text, and its figures before and after.

    Raises:
        DataError: There are fewer than k rows, the whole table is less diverse than asked, or the
            sensitive column has one value: no class can hide it.
        InputError, NotFoundError: See ``mondrian.recode``.
    """
    check_columns(table, quasi, sensitive)
    if sensitive is not None and table[sensitive].nunique(dropna=False) < 2:
        raise DataError(
            f"column {sensitive!r} has the same value everywhere: whoever is in the table has it, "
            "and no class can hide that",
            hint=f"--drop {sensitive}, or another sensitive column",
        )
    allowed = None
    if sensitive is not None and (least_l > 1 or most_t is not None):
        allowed = _rule(table[sensitive], least_l, most_t)
    made = recode(table, quasi, k=k, hierarchies=hierarchies, allowed=allowed)
    likes = None if population is None else covered_rows(made, population)[made.parts]
    before = assess_table(table, quasi, sensitive=sensitive, population=population)
    after = _measure(made.table, list(quasi), sensitive, likes, before.population_rows)
    return AnonymisedTable(made.table, before, after, made.loss)


def _rule(values: Any, least_l: int, most_t: float | None) -> Any:
    """Whether some rows are diverse and close enough to be a class."""
    import numpy as np
    import pandas as pd

    codes, levels = pd.factorize(values, sort=True, use_na_sentinel=False)
    whole = np.bincount(codes, minlength=len(levels))
    ordered = pd.api.types.is_numeric_dtype(values)

    def allowed(rows: Any) -> bool:
        counts = np.bincount(codes[rows], minlength=len(levels))
        if (counts > 0).sum() < least_l:
            return False
        if most_t is None:
            return True
        apart = counts / counts.sum() - whole / whole.sum()
        if ordered and len(levels) > 1:
            distance = np.abs(np.cumsum(apart)).sum() / (len(levels) - 1)
        else:
            distance = np.abs(apart).sum() / 2
        return bool(distance <= most_t)

    return allowed
