"""How closely an audit looks: intervals, draws, and the least sizes."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import InputError

from .disparities import Compare
from .groups import MIN_DENOMINATOR


@dataclass(frozen=True)
class Precision:
    """How the figures are made.

    ``confidence`` of every interval, ``draws`` of the bootstrap over counts, ``row_draws`` of that
    over rows, ``min_rows`` of a group, ``min_denominator`` of rows that a metric rests on.
    """

    compare: Compare = "between_groups"
    confidence: float = 0.95
    draws: int = 4000
    row_draws: int = 1000
    min_rows: int = 30
    min_denominator: int = MIN_DENOMINATOR
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1 or min(self.draws, self.row_draws) < 100:
            raise InputError(
                f"confidence {self.confidence}, draws {self.draws} and row_draws {self.row_draws} "
                "are not all allowed",
                hint="0 < confidence < 1, at least 100 draws",
            )
        if self.compare not in ("between_groups", "to_overall"):
            raise InputError(f"compare is {self.compare!r}", hint="between_groups or to_overall")
        if self.min_rows < 1 or self.min_denominator < 1:
            raise InputError("min_rows and min_denominator must be at least 1")
