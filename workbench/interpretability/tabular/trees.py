"""What is inside a fitted tree, boosted trees or a forest, in one form.

A model that is a sum of trees is read once into ``TreeSum``: each tree with its splits on the
columns that the tree sees, and for each split the feature of the table that it belongs to. One-hot
columns of one category thus count as one feature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.tabular.estimators import groups_of

from .players import Players

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel


@dataclass(frozen=True)
class Tree:
    """One tree in arrays over its nodes; a child comes after its parent.

    ``column`` is the split's column of the tree's inputs (-1 in a leaf), ``feature`` the table's
    feature it belongs to. A row goes left where its input is at most ``threshold``; where it is
    missing ``missing_left`` says; where ``left_values`` has a row for the node, the input is a
    category and goes left if it is true there.
    """

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    left_values: dict[int, np.ndarray]
    value: np.ndarray

    def goes_left(self, inputs: np.ndarray) -> np.ndarray:
        """Which way each row would go at each node; bool of shape ``[nodes, rows]``."""
        import numpy as np

        found = np.zeros((len(self.column), len(inputs)), dtype=bool)
        for node in np.flatnonzero(self.column >= 0).tolist():
            values = inputs[:, self.column[node]]
            missing = np.isnan(values)
            if node in self.left_values:
                codes = np.where(missing, 0, values).astype(np.int64)
                found[node] = self.left_values[node][codes]
            else:
                found[node] = values <= self.threshold[node]
            found[node, missing] = self.missing_left[node]
        return found


@dataclass(frozen=True)
class TreeSum:
    """``offset`` plus the values of the leaves that a row falls into."""

    trees: tuple[Tree, ...]
    offset: float
    features: int
    _prepare: Any

    def played_by(self, players: Players) -> TreeSum:
        """The same trees with each split belonging to a player instead of a feature."""
        import numpy as np

        owner = np.asarray(players.owner)
        trees = tuple(
            replace(tree, feature=np.where(tree.feature < 0, -1, owner[tree.feature]))
            for tree in self.trees
        )
        return replace(self, trees=trees, features=len(players.names))

    def inputs(self, numbers: np.ndarray) -> np.ndarray:
        """The model's numbers as the trees see them."""
        found: np.ndarray = self._prepare(numbers)
        return found

    def predict(self, numbers: np.ndarray) -> np.ndarray:
        """The sum for each row, computed from this form alone; shape ``[rows]``."""
        import numpy as np

        inputs = self.inputs(numbers)
        total = np.full(len(inputs), self.offset)
        for tree in self.trees:
            goes_left = tree.goes_left(inputs)
            at = np.zeros(len(inputs), dtype=np.int64)
            rows = np.arange(len(inputs))
            while (inner := tree.column[at] >= 0).any():
                after = np.where(goes_left[at, rows], tree.left[at], tree.right[at])
                at = np.where(inner, after, at)
            total += tree.value[at]
        return total


def is_tree_sum(model: TabularModel) -> bool:
    """Whether ``read_trees`` can read the model."""
    return _kind(model) is not None


def read_trees(model: TabularModel, place: int) -> TreeSum:
    """The trees behind one output of a model.

    Args:
        model: Boosted trees (their sum is the log-odds, or the number), a tree or a forest (their
            sum is the probability, or the number).
        place: The class's place in ``model.classes``; 0 for a regressor.

    Raises:
        CapabilityError: There are no trees behind the model.
    """
    kind = _kind(model)
    if kind == "boosting":
        return _read_boosting(model, place)
    if kind in ("tree", "forest"):
        return _read_forest(model, place, kind)
    raise CapabilityError(f"{model.name} is not made of trees", hint="method='permutation'")


def _kind(model: TabularModel) -> str | None:
    estimator = model.estimator
    if hasattr(estimator, "_predictors") and hasattr(estimator, "_baseline_prediction"):
        return "boosting"
    final = getattr(estimator, "named_steps", {}).get("final")
    if hasattr(final, "tree_"):
        return "tree"
    return "forest" if hasattr(getattr(final, "estimators_", [None])[0], "tree_") else None


def _read_boosting(model: TabularModel, place: int) -> TreeSum:
    """HistGradientBoosting. Its private attributes are read, as shap does; whoever uses the result
    compares it with the estimator's own prediction, so a change in scikit-learn is noticed."""
    import numpy as np

    estimator = model.estimator
    baseline = np.ravel(estimator._baseline_prediction)
    # Two classes share one sum, the log-odds of the second.
    single = len(baseline) == 1
    sign = -1.0 if single and model.is_classifier and place == 0 else 1.0
    output = 0 if single else place
    trees = tuple(
        _boosted(step[output], _order_of_columns(model), sign) for step in estimator._predictors
    )
    prepare = estimator._preprocess_X
    return TreeSum(
        trees,
        sign * float(baseline[output]),
        len(model.columns),
        lambda numbers: np.asarray(prepare(numbers, reset=False), dtype=np.float64),
    )


def _order_of_columns(model: TabularModel) -> np.ndarray:
    """Which feature each input column is: the estimator puts the categories first."""
    import numpy as np

    categorical = np.array([column.is_category for column in model.columns])
    places = np.arange(len(categorical))
    return np.concatenate([places[categorical], places[~categorical]])


def _boosted(predictor: Any, order: np.ndarray, sign: float) -> Tree:
    import numpy as np

    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    column = np.where(leaf, -1, nodes["feature_idx"].astype(np.int64))
    bits = {}
    for node in np.flatnonzero(~leaf & nodes["is_categorical"].astype(bool)):
        words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
        bits[int(node)] = np.unpackbits(words.view(np.uint8), bitorder="little").astype(bool)
    return Tree(
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        column=column,
        feature=np.where(leaf, -1, order[column]),
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        left_values=bits,
        value=sign * nodes["value"],
    )


def _read_forest(model: TabularModel, place: int, kind: str) -> TreeSum:
    import numpy as np

    steps = model.estimator.named_steps
    members = [steps["final"]] if kind == "tree" else list(steps["final"].estimators_)
    groups = groups_of(model.estimator, model.columns)
    owner = np.concatenate(
        [np.full(group.stop - group.start, at) for at, group in enumerate(groups)]
    )
    trees = tuple(_grown(member.tree_, owner, place, 1 / len(members)) for member in members)
    prepare = steps["prepare"].transform
    return TreeSum(
        trees,
        0.0,
        len(model.columns),
        # The trees of scikit-learn compare in single precision.
        lambda numbers: np.asarray(prepare(numbers), dtype=np.float32).astype(np.float64),
    )


def _grown(tree: Any, owner: np.ndarray, place: int, share: float) -> Tree:
    import numpy as np

    column = np.where(tree.children_left < 0, -1, tree.feature)
    values = tree.value[:, 0, :]
    if values.shape[1] > 1:
        values = values / values.sum(axis=1, keepdims=True)
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        column=column,
        feature=np.where(column < 0, -1, owner[column]),
        threshold=tree.threshold,
        missing_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        left_values={},
        value=share * values[:, place],
    )
