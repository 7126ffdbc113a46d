"""The watch tried on made streams: how often it cries for nothing, finds a change, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.viewers import Viewable
from workbench.evaluation.category_sketch import reference_names, sketch_categories
from workbench.evaluation.number_sketch import reference_edges, sketch_numbers

from .made_streams import WATCHED_HOURS, MadeStream, make_stream
from .watching import StreamAlarm, watch_hours


@dataclass(frozen=True)
class Trial:
    """One stream and what the watch said: ``alarm`` is None where it said nothing."""

    seed: int
    drift_hour: int | None
    column: str | None
    rows_per_hour: float
    alarm: StreamAlarm | None

    @property
    def is_false(self) -> bool:
        """Whether it alarmed while nothing had changed yet."""
        return self.alarm is not None and (
            self.drift_hour is None or self.alarm.hour < self.drift_hour
        )

    @property
    def is_found(self) -> bool:
        """Whether a change was found after it had happened, in the column that changed."""
        return self.alarm is not None and not self.is_false and self.alarm.column == self.column


@dataclass(frozen=True)
class StreamTrials(Viewable):
    """``still`` streams without a change, ``drifting`` ones with one; ``psi`` is its size."""

    psi: float
    level: float
    still: tuple[Trial, ...]
    drifting: tuple[Trial, ...]

    @property
    def false_alarm_rate(self) -> float:
        """Of the still streams, over the whole watch of each."""
        return sum(trial.is_false for trial in self.still) / len(self.still)

    @property
    def power(self) -> float:
        """Of the drifting streams."""
        return sum(trial.is_found for trial in self.drifting) / len(self.drifting)

    @property
    def delays_h(self) -> tuple[int, ...]:
        """Full hours after the change until it was found, of those that were."""
        return tuple(t.alarm.hour - (t.drift_hour or 0) for t in self._found if t.alarm)

    @property
    def errors_h(self) -> tuple[int, ...]:
        """How far the hour that is named lies behind the one at which it changed."""
        return tuple(t.alarm.began_hour - (t.drift_hour or 0) for t in self._found if t.alarm)

    def located_within(self, hours: int) -> float:
        """The share of the changes that were found whose hour is named so closely."""
        errors = self.errors_h
        return sum(abs(error) <= hours for error in errors) / max(len(errors), 1)

    @property
    def _found(self) -> list[Trial]:
        return [trial for trial in self.drifting if trial.is_found]


def try_streams(
    count: int = 200,
    *,
    psi: float = 0.2,
    level: float = 0.05,
    corrected: bool = True,
    first_seed: int = 0,
) -> StreamTrials:
    """Watch so many made streams without a change, and as many with one.

    Args:
        count: Of each.
        psi: How large the change is.
        level: Of the watch.
        corrected: False is the broken variant that does not count its looks.
        first_seed: Of the first stream; the others follow.
    """
    still: list[Trial] = []
    drifting: list[Trial] = []
    for seed in range(first_seed, first_seed + count):
        check_cancelled()
        for drifts, told in ((False, still), (True, drifting)):
            stream = make_stream(seed, psi=psi, drifts=drifts)
            alarm = watch_hours(*sketch_stream(stream), level=level, corrected=corrected)
            rate = len(stream.hours) / WATCHED_HOURS
            told.append(Trial(seed, stream.drift_hour, stream.column, rate, alarm))
    return StreamTrials(psi, level, tuple(still), tuple(drifting))


def sketch_stream(stream: MadeStream) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The reference's sketches by column, and those of each hour."""
    import numpy as np

    cuts = np.searchsorted(stream.hours, np.arange(1, WATCHED_HOURS))
    reference: dict[str, Any] = {}
    hours: list[dict[str, Any]] = [{} for _ in range(WATCHED_HOURS)]
    for name, values in stream.reference.items():
        by: Any
        if values.dtype.kind == "f":
            by = reference_edges(values)
            count: Any = sketch_numbers
        else:
            by, count = reference_names(values), sketch_categories
        reference[name] = count(values, by)
        for at, part in enumerate(np.split(stream.watched[name], cuts)):
            hours[at][name] = count(part, by)
    return reference, hours
