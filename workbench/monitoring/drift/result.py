"""What a comparison found: a column each, the likeliest cause first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class ColumnDrift:
    """One column. ``p_value`` is that of ``test``, ``adjusted_p_value`` after all columns are
    counted; ``psi``, ``js_bits`` and ``ks`` are sizes, None where the kind has none of it. The
    distance of the rows themselves is in [``ks``, ``ks_most``]. ``psi_by_chance`` is passed by one
    in twenty columns of as many rows that do not drift. ``share`` is how much of what all drifted
    columns moved is this one's. ``told`` says in words what moved.
    """

    name: str
    kind: str
    test: str
    p_value: float
    adjusted_p_value: float
    drifted: bool
    psi: float | None = None
    psi_by_chance: float | None = None
    js_bits: float | None = None
    ks: float | None = None
    ks_most: float | None = None
    mmd: float | None = None
    share: float | None = None
    reference_missing: float = 0.0
    current_missing: float = 0.0
    outside: float = 0.0
    new: Mapping[str, int] = field(default_factory=dict)
    told: str = ""


@dataclass(frozen=True)
class TogetherDrift:
    """Whether a classifier can tell the rows apart (``auc`` .5: it cannot), and by which columns;
    it sees a change of how columns go together as well."""

    auc: float
    p_value: float
    drifted: bool
    importance: Mapping[str, float]


@dataclass(frozen=True)
class ConceptDrift(Viewable):
    """Whether the truth changed for rows that the model says the same of. ``strata`` of equal score
    are compared each by itself; ``labelled`` of the current rows have their truth already.
    ``selected_p_value`` is small where the labelled rows are not like the others: then what is said
    holds for them alone."""

    reference_error: float
    current_error: float
    odds_ratio: float
    p_value: float
    drifted: bool
    strata: int
    labelled: int
    unlabelled: int
    selected_p_value: float | None


@dataclass(frozen=True)
class DriftReport(Viewable):
    """``columns`` with the likeliest cause first. ``ok`` is False where something drifted and the
    comparison was asked to be a gate; ``left_out`` says what was not compared, and why."""

    reference: str
    current: str
    reference_rows: int
    current_rows: int
    level: float
    correction: str
    columns: tuple[ColumnDrift, ...]
    prediction: ColumnDrift | None = None
    together: TogetherDrift | None = None
    concept: ConceptDrift | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    gate: bool = False

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns that drifted, the likeliest cause first."""
        return tuple(column.name for column in self.columns if column.drifted)

    @property
    def any_drift(self) -> bool:
        """Whether anything drifted, inputs, predictions or the truth."""
        others = (self.prediction, self.together, self.concept)
        return bool(self.drifted) or any(each is not None and each.drifted for each in others)

    @property
    def ok(self) -> bool:
        """What a gate goes by."""
        return not (self.gate and self.any_drift)
