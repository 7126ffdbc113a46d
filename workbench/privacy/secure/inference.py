"""Private inference: the model's owner learns nothing of the rows, their owner only the labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core import settings
from workbench.core.errors import InputError

from .applying import NAMES, run_program, write_down_end
from .mlp import learnt_mlp, learnt_task, mlp_of
from .parties import TIMEOUT_S, Parties
from .programs import DATA_OWNER, MODEL_OWNER
from .results import SEMI_HONEST, Cost, SchemeName, SecureInference


def infer_securely(
    model: Any,
    x: Any,
    *,
    labels: Any = None,
    scale_columns: bool = False,
    scheme: SchemeName = "two-servers",
    parties: Parties | None = None,
    timeout_s: float = TIMEOUT_S,
    name: str = "mlp",
) -> SecureInference:
    """Ask a network about rows that its owner does not see.

    The weights go to the process of the model's owner alone, the rows to that of the data's owner;
    of the result only the place of the largest output is opened, to the data's owner. Shapes are
    known to all. Labels do reveal something of the model: who asks often enough can copy it.

    Args:
        model: The model's owner's: an MLP of scikit-learn or torch with one hidden layer of ReLU.
        x: The data's owner's rows ``[n, d]``.
        labels: What is right, for the accuracy.
        scale_columns: Divide each column by a power of two first, and multiply the weights by it:
            for columns far from 1. Both owners then know how large each column is, to a factor
            of two.
        scheme: Two servers with a dealer, or three parties.
        parties: Parties that are up, of that scheme.
        timeout_s: How long a party may say nothing.
        name: What the model is called in the ledger.

    Raises:
        CapabilityError: The model is another.
        InputError: A number is none or out of range, shapes do not fit, or the model's sums could
            leave the range.
        PeerError: A party died.
        DeadlineError: A party said nothing for too long.
    """
    mlp, rows = mlp_of(model), np.asarray(x, dtype=np.float64)
    right = None if labels is None else np.asarray(labels)
    if right is not None and right.shape != rows.shape[:1]:
        raise InputError(f"{rows.shape[:1]} rows have {right.shape} labels")
    plain = mlp.predict(rows) if rows.ndim == 2 and rows.shape[1] == len(mlp.w1) else None
    if scale_columns:
        scales = powers_above(rows)
        mlp, rows = mlp.for_columns(scales), rows / scales
    values = {"x": rows, "w1": mlp.w1, "b1": mlp.b1, "w2": mlp.w2, "b2": mlp.b2}
    if rows.size:
        mlp.check_range(float(np.nan_to_num(np.abs(rows)).max()))
    subject = f"secure inference {name}"
    outcomes = run_program(
        "mlp", values, scheme=scheme, parties=parties, timeout_s=timeout_s, subject=subject
    )
    found = outcomes[DATA_OWNER].values
    assert found is not None
    opened = f"{found.size:,} labels, to {NAMES[scheme][DATA_OWNER]} alone"
    if scale_columns:
        opened += f"; how large each column is, to a factor of two, to {NAMES[scheme][MODEL_OWNER]}"
    cost = Cost.of(tuple(each.cost for each in outcomes))
    named = np.asarray(mlp.classes)[found]
    write_down_end(subject, opened, cost, scheme=scheme)
    return SecureInference(
        model=name,
        scheme=scheme,
        rows=found.size,
        labels=tuple(named.tolist()),
        agreement=float((found == plain).mean()),
        accuracy=None if right is None else float((named == right).mean()),
        opened=opened,
        security=SEMI_HONEST,
        cost=cost,
    )


def powers_above(rows: np.ndarray) -> np.ndarray:
    """The least powers of two that no number of a column ``[n, d]`` is above, at least 1: ``[d]``.

    Raises:
        InputError: A number is none.
    """
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InputError(
            f"rows of shape {rows.shape} have a number that is none, or are no rows",
            hint="fill in what is missing",
        )
    largest = np.abs(rows).max(axis=0, initial=1.0)
    return np.asarray(2.0 ** np.ceil(np.log2(largest)))


def infer_learnt(
    *,
    dataset: str = "digits",
    target: str | None = None,
    rows: int | None = None,
    seed: int | None = None,
    scheme: SchemeName = "two-servers",
    timeout_s: float = TIMEOUT_S,
) -> SecureInference:
    """``infer_securely`` with the network that encrypted inference asks, on rows not learnt from.

    Args:
        dataset: digits, or a file with columns of numbers.
        target: The column of a file that is foretold.
        rows: The first so many of them; all if none.
        seed: Of the learning; the setting ``seed`` if none.
        scheme: Two servers with a dealer, or three parties.
        timeout_s: How long a party may say nothing.
    """
    number = settings.get("seed") if seed is None else seed
    mlp, asked, labels = learnt_mlp(seed=number, dataset=dataset, target=target)
    count = len(asked) if rows is None else rows
    if not 0 < count <= len(asked):
        raise InputError(f"rows is {count}; {dataset} has 1 to {len(asked)} to ask about")
    found = infer_securely(
        mlp, asked[:count], labels=labels[:count], scale_columns=dataset != "digits",
        scheme=scheme, timeout_s=timeout_s,
    )  # fmt: skip
    task = learnt_task(seed=number, dataset=dataset, target=target)
    return replace(found, columns=task.columns, left_out=task.left_out)
