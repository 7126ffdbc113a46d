"""Linear probes with control tasks: whether a property can be read off a layer, and not learnt.

Alain and Bengio 2016, Understanding Intermediate Layers Using Linear Classifier Probes; Hewitt and
Liang 2019, Designing and Interpreting Probes with Control Tasks, sections 2 and 3. A control task
gives each type (each word, say) a label at random, once. A probe that does as well on it has learnt
its types by heart; selectivity is the accuracy on the task less that on the control.

With ``split="type"`` no type of the test was seen in training: nothing of the control can be
learnt, and it must come out near chance. With ``split="item"`` types recur, as in the paper, and
the control shows how much the probe can learn by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed
from workbench.interpretability.inside.anatomy import examine
from workbench.interpretability.inside.pooled_states import pool_states
from workbench.interpretability.inside.reading import prepare_threads, read_text
from workbench.interpretability.inside.results import ProbeReading

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

Split = Literal["type", "item"]
_TEST_SHARE = 0.3
_LEAST_ITEMS = 20


@dataclass(frozen=True)
class ProbeItem:
    """A text, what is to be read off its last token (or its mean), and its type.

    Items of one type get one label in the control task. Without a type, the text is one.
    """

    text: str
    label: str
    type: str | None = None


def train_probe(
    model: Model,
    items: Sequence[ProbeItem],
    *,
    layers: Sequence[int] | None = None,
    position: Literal["last", "mean"] = "last",
    split: Split = "type",
    controls: int = 5,
    inverse_penalty: float = 0.01,
    seed: int = 0,
) -> ProbeReading:
    """Train a probe and its controls at each layer.

    Args:
        model: A causal model or an encoder on ``engine="transformers"``.
        items: Texts with labels.
        layers: After which; all by default.
        position: The state of the ``last`` token, or the ``mean`` over all.
        split: Whether types (``type``) or items (``item``) are held out; three in ten.
        controls: How often control labels are drawn.
        inverse_penalty: ``C`` of scikit-learn's logistic regression on standardised states.
        seed: Decides the split and the control labels.

    Raises:
        InputError: There are fewer than 20 items, one label, a label with one type, an empty text,
            or a layer that is not there.
        CapabilityError: The engine has no module.
    """
    import numpy as np

    anatomy = examine(model, causal=False)
    chosen = anatomy.check_layers(layers)
    if position not in ("last", "mean"):
        raise InputError(f"position {position!r} is not last or mean")
    if controls < 1 or not inverse_penalty > 0:
        raise InputError("controls must be at least 1, and inverse_penalty above 0")
    design = _Design(items, split, controls, seed)
    prepare_threads(model)
    reads = [read_text(model, each.text, what=f"text {at + 1}") for at, each in enumerate(items)]
    states = pool_states(anatomy, reads, layers=chosen, pooling=position)
    rows = [
        _layer(states[place], design, inverse_penalty)
        for place in track(range(len(chosen)), "train probes", unit="layers")
    ]
    scores = np.array([[row.task, row.control.mean()] for row in rows])
    return ProbeReading(
        model=model.name,
        title=f"linear probe, {split}s held out",
        values=np.column_stack([scores, scores[:, 0] - scores[:, 1]]),
        row_labels=tuple(str(layer) for layer in chosen),
        column_labels=("task", "control", "selectivity"),
        rows="layer",
        columns="accuracy",
        unit="share",
        labels=design.labels,
        train_items=int(design.train.sum()),
        test_items=int((~design.train).sum()),
        split=split,
        chance=design.chance,
        chance_error=design.chance_error,
        control_low=tuple(float(row.control.min()) for row in rows),
        control_high=tuple(float(row.control.max()) for row in rows),
        control_training=tuple(float(row.control_training.mean()) for row in rows),
        controls=controls,
        seed=seed,
    )


class _Design:
    """Labels, control labels and the split.

    ``chance_error`` is the standard error of the mean control accuracy at chance, of so many
    test items and draws. Items of one type share their control label, so types are what is counted.
    """

    def __init__(self, items: Sequence[ProbeItem], split: Split, controls: int, seed: int) -> None:
        import numpy as np

        if split not in ("type", "item"):
            raise InputError(f"split {split!r} is not type or item")
        if len(items) < _LEAST_ITEMS:
            raise InputError(f"there are {len(items)} items; a probe needs {_LEAST_ITEMS}")
        self.labels = tuple(sorted({item.label for item in items}))
        if len(self.labels) < 2:
            raise InputError(f"every item has the label {self.labels[0]!r}: there is no task")
        types = sorted({_type(item) for item in items})
        self._of_type = {each: place for place, each in enumerate(types)}
        of_item = np.array([self._of_type[_type(item)] for item in items])
        self.task = np.array([self.labels.index(item.label) for item in items])
        generator = np.random.default_rng(derive_seed(seed, "probe", "split"))
        by_type = {place: self.task[of_item == place][0] for place in range(len(types))}
        self.train = _train_mask(of_item, by_type, self.task, split, generator)
        self.controls = np.stack(
            [_control(len(types), len(self.labels), seed, n)[of_item] for n in range(controls)]
        )
        self.chance = 1.0 / len(self.labels)
        tested = len(set(of_item[~self.train]))
        self.chance_error = (self.chance * (1 - self.chance) / (tested * controls)) ** 0.5
        for name, part in (("training", self.train), ("test", ~self.train)):
            if len(set(self.task[part])) < len(self.labels):
                raise InputError(f"a label has no item in the {name} part", hint="give more types")


def _type(item: ProbeItem) -> str:
    return item.text if item.type is None else item.type


def _control(types: int, labels: int, seed: int, draw: int) -> np.ndarray:
    """A label at random for each type, each label as often as the others."""
    import numpy as np

    generator = np.random.default_rng(derive_seed(seed, "probe", "control", draw))
    return generator.permutation(np.arange(types) % labels)


def _train_mask(
    of_item: np.ndarray,
    label_of_type: dict[int, Any],
    task: np.ndarray,
    split: Split,
    generator: Any,
) -> np.ndarray:
    """Which items are trained on; of each label the same share is held out."""
    import numpy as np

    train = np.ones(len(of_item), dtype=bool)
    for label in sorted(set(task)):
        if split == "type":
            units = np.array([each for each, its in label_of_type.items() if its == label])
        else:
            units = np.flatnonzero(task == label)
        held = generator.permutation(units)[: max(1, round(_TEST_SHARE * len(units)))]
        train &= ~np.isin(of_item if split == "type" else np.arange(len(of_item)), held)
    return train


@dataclass(frozen=True)
class _Scores:
    task: float
    control: Any
    control_training: Any


def _layer(states: np.ndarray, design: _Design, inverse_penalty: float) -> _Scores:
    import numpy as np

    check_cancelled()
    mean, spread = states[design.train].mean(axis=0), states[design.train].std(axis=0)
    scaled = (states - mean) / np.where(spread > 0, spread, 1.0)
    task, _ = _accuracies(scaled, design.task, design.train, inverse_penalty)
    draws = [_accuracies(scaled, c, design.train, inverse_penalty) for c in design.controls]
    return _Scores(task, np.array([d[0] for d in draws]), np.array([d[1] for d in draws]))


def _accuracies(
    scaled: np.ndarray, labels: np.ndarray, train: np.ndarray, inverse_penalty: float
) -> tuple[float, float]:
    """On what was held out, and on what was trained on."""
    from sklearn.linear_model import LogisticRegression

    probe = LogisticRegression(C=inverse_penalty, max_iter=1000)
    probe.fit(scaled[train], labels[train])
    return (
        float(probe.score(scaled[~train], labels[~train])),
        float(probe.score(scaled[train], labels[train])),
    )
