"""What a user can ask: whether what comes in now is what came in before."""

from __future__ import annotations

from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation

from .comparing import Correction, Test
from .result import DriftReport
from .watching_rows import StreamWatch


@operation("monitoring.drift", title="Say what has changed since a reference", produces="drift")
def drift(
    *,
    reference: str,
    current: str,
    prediction: str | None = None,
    label: str | None = None,
    test: Test = "psi",
    correction: Correction = "holm",
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.05,
    classifier: bool = True,
    keep: str | None = None,
    fail_on_drift: bool = False,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> DriftReport:
    """Compare two tables, or two periods of usage, and rank the columns that changed.

    Every size comes with its p-value, and the index with what it comes to by chance at as many
    rows. A column drifted where its p-value, corrected for all columns, is at most the level.

    Args:
        reference: What was normal: a .csv, .tsv, .jsonl or .parquet file, or a period of the usage
            log such as usage:2026-10-01..2026-10-08 (UTC, the end left out).
        current: What came since, in the same way.
        prediction: The column that a model predicted; it is judged apart from the inputs.
        label: The column of the truth, 0 or 1, empty where it is not known yet. With --prediction
            as a probability it is told whether the truth has changed.
        test: Which decides on a column: the population stability index, the test of Kolmogorov and
            Smirnov, chi square, or the divergence of Jensen and Shannon. Embeddings and texts are
            tested by maximum mean discrepancy.
        correction: Of the p-values for the number of columns.
        level: With which chance something is called drifted though nothing is.
        classifier: Ask as well if all columns together tell the rows apart.
        keep: Keep the verdict under this name, for alerts (drift.NAME.drifted) and the Health page.
        fail_on_drift: End with 1 where something drifted.
        seed: Of the classifier; the setting `seed` if none is given.
    """
    from .kept import keep_drift
    from .reading import read_rows
    from .tables import compare_tables

    found = compare_tables(
        read_rows(reference), read_rows(current), test=test, level=level, correction=correction,
        prediction=prediction, label=label, classifier=classifier, gate=fail_on_drift,
        seed=settings.get("seed") if seed is None else seed,
    )  # fmt: skip
    if keep is not None:
        keep_drift(keep, found)
    return found


@operation("monitoring.watch", title="Say since when a stream has changed", produces="watch")
def watch(
    *,
    reference: str,
    current: str,
    time: str = "time",
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.05,
    fail_on_drift: bool = False,
) -> StreamWatch:
    """Look at rows hour by hour, and name the column that changed and the hour at which it began.

    The last 1, 2, 4 ... 64 hours of every column are compared with the reference at every hour. All
    these looks together alarm with the stated chance where nothing changes.

    Args:
        reference: What was normal: a .csv, .tsv, .jsonl or .parquet file, or a period of the usage
            log such as usage:2026-10-01..2026-10-08 (UTC, the end left out).
        current: What came since, at most 31 days of it.
        time: The column with the time of each row; usage has it under the name time.
        level: With which chance the watch alarms though nothing changes.
        fail_on_drift: End with 1 after an alarm.
    """
    from .reading import read_rows
    from .watching_rows import watch_rows

    rows = [read_rows(each, with_time=True) for each in (reference, current)]
    return watch_rows(*rows, time=time, level=level, gate=fail_on_drift)
