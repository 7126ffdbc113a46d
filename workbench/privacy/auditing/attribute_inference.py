"""What does a model tell of a column that its owner keeps back?

Jayaraman and Evans (2022), "Are attribute inference attacks just imputation?", arXiv:2209.01292: an
attacker knows a row but for one column, with its label, and asks the model how likely the label is
with each value. Who has only other rows of the population guesses as well, so that only what the
model adds counts; and what it adds for rows that it never learnt from is knowledge of the
population too. What it adds for its own rows beyond that, it tells of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError, NotFoundError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed
from workbench.core.torch_threads import torch_threads
from workbench.core.viewers import Viewable
from workbench.privacy.dp.domain import Column, encode_rows, public_domain

if TYPE_CHECKING:
    import numpy as np

# How much the model's word weighs beside the population's; the attacker finds it on a model that
# he teaches himself. 0 is not to ask.
_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
_STEPS, _CLIP, _RATE = 60, 1.0, 8.0
_LEAST = 100

LABELS = {"adult": "income", "german": "credit"}
LEFT_OUT = ("fnlwgt", "education_num")  # of Adult: a weight of the census, and education again


@dataclass(frozen=True)
class AttributeInference(Viewable):
    """How often a kept back value is guessed right.

    Attributes:
        column: What was kept back.
        epsilon: Of the model; None is without privacy, fitted until it knows its rows.
        accuracy: The model's own, on rows that it did not learn from.
        majority: Guessing the commonest value.
        population: With other rows of the population alone.
        with_model: With those and the model, of rows that it learnt from.
        added: ``with_model`` less ``population``.
        added_others: The same of rows that it did not learn from.
        leak: ``added`` less ``added_others``: what the model tells of its rows, and of no others.
        low: Of the leak's 95% interval over rows.
        high: Of the same.
        rows: Of each kind.
    """

    column: str
    epsilon: float | None
    accuracy: float
    majority: float
    population: float
    with_model: float
    added: float
    added_others: float
    leak: float
    low: float
    high: float
    rows: int


class _Table:
    """Rows as cells, and as one-hot features with a value put in the place of the hidden one."""

    def __init__(self, cells: np.ndarray, columns: Sequence[Column], hidden: int) -> None:
        self.cells, self.columns, self.hidden = cells, columns, hidden
        self.label = len(columns) - 1

    def features(self, rows: np.ndarray, *, value: int | None = None) -> np.ndarray:
        """What the model reads: all but the label."""
        cells = self.cells[rows].copy()
        if value is not None:
            cells[:, self.hidden] = value
        return self._one_hot(cells, [i for i in range(len(self.columns)) if i != self.label])

    def known(self, rows: np.ndarray) -> np.ndarray:
        """What the attacker knows: all but the hidden column."""
        shown = [i for i in range(len(self.columns)) if i != self.hidden]
        return self._one_hot(self.cells[rows], shown)

    def _one_hot(self, cells: np.ndarray, places: Sequence[int]) -> np.ndarray:
        import numpy as np

        parts = [np.eye(self.columns[i].cells, dtype=np.float32)[cells[:, i]] for i in places]
        return np.concatenate(parts, axis=1)


def attack_attribute(
    rows: Mapping[str, Sequence[Any]],
    *,
    column: str,
    label: str,
    epsilon: float | None,
    delta: float = 1e-5,
    count: int = 2000,
    seed: int = 0,
) -> AttributeInference:
    """Guess a column of rows that a model learnt from, and of rows that it did not.

    Args:
        rows: A table, by columns, whose domain is public.
        column: What is kept back.
        label: What the model foretells.
        epsilon: Of a private linear model; None is a forest that knows its rows by heart.
        delta: Of the epsilon.
        count: Rows to learn from; as many are others, and the rest is the attacker's.
        seed: Of everything.

    Raises:
        NotFoundError: There is no such column.
        InputError: There are too few rows.
    """
    import numpy as np

    table = _read(rows, column, label)
    members, others, shadow, rest = _split(table, count, seed)
    guess = _impute(table, rest)
    found = {}
    for name in track(("the attacker's model", "the model"), "models", unit="models"):
        learnt = shadow if name == "the attacker's model" else members
        teach = derive_seed(seed, name)
        found[name] = _teach(table, learnt, epsilon=epsilon, delta=delta, seed=teach)
    told = _told(table, found["the attacker's model"], shadow)
    weight = max(
        _WEIGHTS, key=lambda w: (_right(table, shadow, guess(shadow) + w * told).mean(), -w)
    )
    gains, right = {}, {}
    for kind, chosen in (("members", members), ("others", others)):
        before = _right(table, chosen, guess(chosen))
        after = _right(
            table, chosen, guess(chosen) + weight * _told(table, found["the model"], chosen)
        )
        gains[kind], right[kind] = after.astype(float) - before, (before.mean(), after.mean())
    leak = float(gains["members"].mean() - gains["others"].mean())
    off = 1.96 * math.sqrt(sum(each.var(ddof=1) / count for each in gains.values()))
    asked = found["the model"](table.features(others)).argmax(axis=1)
    values = table.cells[members, table.hidden]
    return AttributeInference(
        column=column,
        epsilon=epsilon,
        accuracy=float((asked == table.cells[others, table.label]).mean()),
        majority=float(np.bincount(values).max() / count),
        population=float(right["members"][0]),
        with_model=float(right["members"][1]),
        added=float(gains["members"].mean()),
        added_others=float(gains["others"].mean()),
        leak=leak,
        low=leak - off,
        high=leak + off,
        rows=count,
    )


def _read(rows: Mapping[str, Sequence[Any]], column: str, label: str) -> _Table:
    for name in (column, label):
        if name not in rows:
            raise NotFoundError.among("column", name, list(rows))
    if column == label:
        raise InputError(f"{column!r} is what the model foretells: another column is kept back")
    names = [name for name in rows if name != label] + [label]
    columns = public_domain({name: rows[name] for name in names})
    return _Table(encode_rows(rows, columns), columns, names.index(column))


def _split(table: _Table, count: int, seed: int) -> list[np.ndarray]:
    """Rows that are learnt from, others, those of the attacker's own model, and his population."""
    import numpy as np

    total = len(table.cells)
    if count < _LEAST or total < 4 * count:
        raise InputError(
            f"{count:,} of {total:,} rows: at least {_LEAST} are learnt from, as many are others, "
            "and twice as many the attacker's",
            hint=f"rows={total // 4}" if total >= 4 * _LEAST else "a larger table",
        )
    places = np.random.default_rng(derive_seed(seed, "attribute")).permutation(total)
    return np.split(places, [count, 2 * count, 3 * count])


def _impute(table: _Table, rows: np.ndarray) -> Any:
    """What the population says of the hidden value: log-probabilities ``[n, values]`` of rows."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=2000, tol=1e-3)
    model.fit(table.known(rows), table.cells[rows, table.hidden])

    def guess(asked: np.ndarray) -> np.ndarray:
        found = np.full((len(asked), table.columns[table.hidden].cells), -30.0)
        found[:, model.classes_] = model.predict_log_proba(table.known(asked))
        return found

    return guess


def _told(table: _Table, model: Any, rows: np.ndarray) -> np.ndarray:
    """The log-probability of each row's label with each value of the hidden column."""
    import numpy as np

    labels = table.cells[rows, table.label]
    found = []
    for value in range(table.columns[table.hidden].cells):
        check_cancelled()
        share = model(table.features(rows, value=value))[np.arange(len(rows)), labels]
        found.append(np.log(np.maximum(share, 1e-3)))
    return np.stack(found, axis=1)


def _right(table: _Table, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    found: np.ndarray = scores.argmax(axis=1) == table.cells[rows, table.hidden]
    return found


def _teach(
    table: _Table, rows: np.ndarray, *, epsilon: float | None, delta: float, seed: int
) -> Any:
    """A model: features ``[n, d]`` give probabilities of the label's cells ``[n, cells]``."""
    import numpy as np

    given, wanted = table.features(rows), table.cells[rows, table.label]
    cells = table.columns[table.label].cells
    if epsilon is not None:
        return _teach_privately(given, wanted, cells, epsilon=epsilon, delta=delta, seed=seed)
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(40, bootstrap=False, random_state=seed % 2**32)
    forest.fit(given, wanted)

    def ask(features: np.ndarray) -> np.ndarray:
        found = np.zeros((len(features), cells))
        found[:, forest.classes_] = forest.predict_proba(features)
        return found

    return ask


def _teach_privately(
    given: np.ndarray, wanted: np.ndarray, cells: int, *, epsilon: float, delta: float, seed: int
) -> Any:
    import torch

    from workbench.privacy.dp.make_private import make_private

    scale = 1 / math.sqrt(max(1.0, float((given**2).sum(axis=1).max())))
    model = torch.nn.Linear(given.shape[1], cells, bias=False)
    torch.nn.init.zeros_(model.weight)
    rows = torch.utils.data.TensorDataset(torch.from_numpy(given * scale), torch.from_numpy(wanted))

    def losses(asked: torch.nn.Module, batch: Any) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(asked(batch[0]), batch[1], reduction="none")

    private = make_private(
        model, torch.optim.SGD(model.parameters(), lr=_RATE),
        torch.utils.data.DataLoader(rows, batch_size=len(rows) // 2), epsilon=epsilon, delta=delta,
        steps=_STEPS, clipping=_CLIP, seed=seed, mode="linear", losses=losses,
    )  # fmt: skip
    with torch_threads(1):
        for _ in private.run():
            pass
    private.close()
    weights = model.weight.detach()

    def ask(features: np.ndarray) -> np.ndarray:
        found: np.ndarray = (torch.from_numpy(features * scale) @ weights.T).softmax(dim=1).numpy()
        return found

    return ask
