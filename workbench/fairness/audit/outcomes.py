"""Outcomes and predictions as an audit needs them, or the reason why they cannot be audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError
from workbench.core.near_names import meant, near_names

if TYPE_CHECKING:
    import numpy as np

Task = Literal["auto", "classification", "regression", "ranking"]


@dataclass(frozen=True)
class Outcomes:
    """What was predicted and what came, each of shape [n].

    In a classification ``y`` and ``y_hat`` are 0 or 1 (``positive`` is the label that became 1, all
    others 0), and ``score`` the stated probability of 1 or None. Else they are numbers.
    """

    task: str
    y: np.ndarray
    y_hat: np.ndarray
    score: np.ndarray | None
    positive: str | None


def read_outcomes(
    y: Any,
    y_hat: Any,
    *,
    score: Any = None,
    task: Task = "auto",
    positive: str | None = None,
    threshold: float | None = None,
) -> Outcomes:
    """Check outcomes and predictions and bring them into one form.

    Args:
        y: What came: labels, numbers, or relevances of a ranking; shape [n].
        y_hat: What was predicted: labels or numbers; in a ranking the scores.
        score: Probabilities of the positive class.
        task: ``auto`` takes labels for a classification and other numbers for a regression; numbers
            that were said of labels it refuses, since they may be either.
        positive: The label that counts as 1; needed unless the labels are 0 and 1 (or -1 and 1).
            Of several classes it is compared with all others together.
        threshold: ``y_hat`` are probabilities of the positive class; from this one on a row counts
            as predicted 1, and they are the score.

    Raises:
        InputError: Lengths differ, a value is missing or not finite, a prediction is no label that
            can be, a score is no probability, or it is not clear which label is positive.
    """
    import pandas as pd

    came, said = pd.Series(y), pd.Series(y_hat)
    if len(came) != len(said) or not len(came):
        raise InputError(
            f"y has {len(came)} rows and y_hat {len(said)}; they need the same number, not 0",
            hint="one prediction for each outcome",
        )
    for name, values in (("y", came), ("y_hat", said)):
        missing = int(values.isna().sum())
        if missing:
            raise InputError(
                f"{missing} of {len(values)} values of {name} are missing",
                hint="leave out the rows without an outcome or a prediction",
            )
        _refuse_infinite(name, values)
    if threshold is not None:
        return _decide(came, said, threshold, score=score, task=task, positive=positive)
    if task in ("auto", "classification"):
        _refuse_numbers_of_labels(came, said, task)
    if task == "auto":
        task = "classification" if _are_labels(came, said, positive) else "regression"
    if task == "classification":
        label = _positive(came, said, positive)
        return Outcomes(
            task,
            (_texts(came) == label).to_numpy().astype(int),
            (_texts(said) == label).to_numpy().astype(int),
            _probabilities(score, len(came)),
            label,
        )
    if score is not None:
        raise InputError(f"a {task} has no probabilities", hint="leave score out")
    if positive is not None:
        raise InputError(f"a {task} has no positive label", hint="leave positive out")
    return Outcomes(task, _numbers("y", came), _numbers("y_hat", said), None, None)


def are_probabilities(values: Any) -> bool:
    """Whether values lie between 0 and 1 and are not all one or the other."""
    import pandas as pd

    found = pd.Series(values)
    if not pd.api.types.is_float_dtype(found):
        return False
    return bool(found.between(0, 1).all()) and not set(found.unique()) <= {0, 1}


def _decide(
    came: Any, said: Any, threshold: float, *, score: Any, task: Task, positive: str | None
) -> Outcomes:
    """Decisions at a threshold on probabilities, which become the score."""
    if task not in ("auto", "classification"):
        raise InputError(f"a {task} has no threshold", hint="leave threshold out")
    if score is not None:
        raise InputError(
            "there are decisions (y_hat) and scores: which of them is cut at the threshold?",
            hint="leave out threshold to judge the decisions, or y_hat to cut the scores",
        )
    if not 0 < threshold <= 1:
        raise InputError(f"the threshold {threshold:g} must lie above 0 and at most at 1")
    values = _probabilities(said, len(came), name="y_hat")
    label = _positive(came, came, positive)
    y = (_texts(came) == label).to_numpy().astype(int)
    return Outcomes("classification", y, (values >= threshold).astype(int), values, label)


def _refuse_numbers_of_labels(came: Any, said: Any, task: Task) -> None:
    """Numbers that were said of labels: probabilities mostly, which have errors of neither kind."""
    import pandas as pd

    labels = set(came.unique())
    if pd.api.types.is_numeric_dtype(came) and not labels <= {0, 1, -1}:
        return
    if not pd.api.types.is_float_dtype(said) or set(said.unique()) <= labels | {0, 1, -1}:
        return
    other = next(value for value in said if value not in labels | {0, 1, -1})
    shown = " and ".join(sorted(_texts(came).unique())[:2]) + (" ..." if len(labels) > 2 else "")
    as_numbers = "task='regression' judges them as numbers"
    if not are_probabilities(said):
        raise InputError(
            f"y holds labels ({shown}), y_hat numbers that are none, such as {other:g}",
            hint=f"write labels into y_hat{f'; {as_numbers}' if task == 'auto' else ''}",
        )
    raise InputError(
        f"y holds labels ({shown}), y_hat holds numbers between 0 and 1, such as {other:g}: "
        "probabilities are no decisions yet",
        hint="threshold=0.5 makes decisions of them and keeps them as scores"
        + (f"; {as_numbers}" if task == "auto" and pd.api.types.is_numeric_dtype(came) else ""),
    )


def _refuse_infinite(name: str, values: Any) -> None:
    """A file's ``inf`` makes text of a whole column, and a label of every number in it."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    infinite = np.flatnonzero(np.isinf(numbers.to_numpy(dtype=float)))
    if numbers.notna().all() and len(infinite):
        raise InputError(
            f"{len(infinite)} of {len(values)} values of {name} are not finite: {name} holds "
            f"{values.iloc[infinite[0]]!r} in row {infinite[0] + 1}",
            hint="leave those rows out, or write what was meant",
        )


def _are_labels(came: Any, said: Any, positive: str | None) -> bool:
    import pandas as pd

    if positive is not None:
        return True
    numeric = all(pd.api.types.is_numeric_dtype(values) for values in (came, said))
    return not numeric or set(came.unique()) | set(said.unique()) <= {0, 1, -1}


def _texts(values: Any) -> Any:
    """Labels as text; 1 and 1.0 are one label."""
    return values.map(
        lambda label: (
            str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
        )
    )


def _positive(came: Any, said: Any, positive: str | None) -> str:
    allowed = set(_texts(came).unique())
    labels = sorted(allowed | set(_texts(said).unique()))
    shown = ", ".join(repr(label) for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
    if positive is None:
        for one, zeros in (("1", {"0", "-1"}), ("True", {"False"})):
            if set(labels) <= {one, *zeros} and len(labels) <= 2:
                return one
        raise InputError(
            f"which of the labels {shown} counts as 1 is not clear",
            hint=f"positive={labels[-1]!r}, say",
        )
    label = positive.removesuffix(".0") if positive not in labels else positive
    strange = sorted(set(labels) - allowed - {label})
    if len(allowed) > 1 and strange:
        raise InputError(
            f"y_hat holds {strange[0]!r}, which no outcome is; outcomes are "
            f"{', '.join(map(repr, sorted(allowed)[:8]))}",
            hint="predictions are labels; probabilities belong into score",
        )
    if label not in labels:
        near = near_names(positive, labels)
        said = f"no row has the positive label {positive!r}; found: {shown}"
        raise InputError(
            f"{said}; {meant(near)}" if near else said,
            hint=f"positive={near[0] if near else labels[-1]!r}",
        )
    return label


def _probabilities(score: Any, rows: int, *, name: str = "score") -> Any:
    if score is None:
        return None
    import numpy as np
    import pandas as pd

    values = _numbers(name, pd.Series(score))
    if len(values) != rows:
        raise InputError(f"{name} has {len(values)} rows, y has {rows}")
    outside = np.flatnonzero((values < 0) | (values > 1))
    if len(outside):
        raise InputError(
            f"{len(outside)} of {rows} values of {name} lie outside 0 to 1, the first "
            f"{values[outside[0]]:g} in row {outside[0] + 1}",
            hint="a score is the probability of the positive label",
        )
    return values


def _numbers(name: str, values: Any) -> Any:
    import numpy as np
    import pandas as pd

    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~np.isfinite(found))
    if len(bad):
        raise InputError(
            f"{name} holds {values.iloc[bad[0]]!r} in row {bad[0] + 1}, which is no finite number",
            hint="give numbers, or a positive label for a classification",
        )
    return found
