"""The estimators that can be named, each on the numbers of ``features.encode``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require

from .features import Feature

MODELS = {
    "gradient_boosting": "boosted trees that take categories and missing values as they are",
    "logistic": "logistic regression on one-hot categories and scaled numbers (classes)",
    "linear": "ridge regression on one-hot categories and scaled numbers (quantities)",
    "tree": "one decision tree of at most 5 levels, on one-hot categories",
    "forest": "100 decision trees, on one-hot categories",
    "mlp": "a small neural network (torch) on one-hot categories and scaled numbers",
}

# What becomes of a missing value: trees that are boosted take it as it is, the others are given
# what ``_prepared`` makes of it.
MISSING_TAKEN = {"gradient_boosting": "missing values are kept as missing"}
PREPARED = (
    "a missing number is taken for the column's median, with a column that says where, "
    "a missing category for one of its own"
)


def check_kind(name: str) -> None:
    """Raises NotFoundError where there is no model of tables of that name."""
    if name not in MODELS:
        raise NotFoundError.among("model of tables", name, MODELS)


def build_estimator(name: str, features: Sequence[Feature], *, task: str, seed: int) -> Any:
    """An estimator that is not fitted yet.

    ``fit(numbers, values, sample_weight=None)`` takes what ``encode`` and ``read_target`` give;
    for a pipeline of scikit-learn the weight is called ``final__sample_weight``.

    Raises:
        NotFoundError: There is no model of that name.
        InputError: It is not made for the task.
    """
    check_kind(name)
    other = {"logistic": "regression", "linear": "classification"}
    if other.get(name) == task:
        hint = {"logistic": "linear", "linear": "logistic"}[name]
        raise InputError(f"{name} is not for {task}", hint=f"model={hint!r}")
    require("sklearn", extra="data")
    makers: dict[str, Callable[..., Any]] = {
        "gradient_boosting": _gradient_boosting,
        "logistic": _linear,
        "linear": _linear,
        "tree": _tree,
        "forest": _forest,
        "mlp": _mlp,
    }
    return makers[name](features, task == "classification", seed)


def _gradient_boosting(features: Sequence[Feature], is_classifier: bool, seed: int) -> Any:
    from sklearn import ensemble

    kind = "HistGradientBoosting" + ("Classifier" if is_classifier else "Regressor")
    categorical = [at for at, feature in enumerate(features) if feature.is_category]
    return getattr(ensemble, kind)(categorical_features=categorical or None, random_state=seed)


def _linear(features: Sequence[Feature], is_classifier: bool, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    final = LogisticRegression(max_iter=2000) if is_classifier else Ridge()
    return _prepared(features, final, scaled=True)


def _tree(features: Sequence[Feature], is_classifier: bool, seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if is_classifier else DecisionTreeRegressor
    final = kind(max_depth=5, min_samples_leaf=20, random_state=seed)
    return _prepared(features, final, scaled=False)


def _forest(features: Sequence[Feature], is_classifier: bool, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if is_classifier else RandomForestRegressor
    final = kind(n_estimators=100, min_samples_leaf=5, max_leaf_nodes=512, random_state=seed)
    return _prepared(features, final, scaled=False)


def _mlp(features: Sequence[Feature], is_classifier: bool, seed: int) -> Any:
    from .mlp import TorchMLP

    return _prepared(features, TorchMLP(is_classifier=is_classifier, seed=seed), scaled=True)


def _prepared(features: Sequence[Feature], final: Any, *, scaled: bool) -> Any:
    """One-hot categories, medians for missing numbers with a column that says so, then ``final``.

    A missing category is a category of its own where training had one, else all zeros.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    steps = []
    for at, feature in enumerate(features):
        if feature.is_category:
            each: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        else:
            imputer = SimpleImputer(strategy="median", add_indicator=feature.missing > 0)
            each = Pipeline([("impute", imputer), *([("scale", StandardScaler())] * scaled)])
        steps.append((f"f{at}", each, [at]))
    prepare = ColumnTransformer(steps, sparse_threshold=0.0)
    return Pipeline([("prepare", prepare), ("final", final)])


def groups_of(estimator: Any, features: Sequence[Feature]) -> list[slice]:
    """The columns that each feature has after the ``prepare`` step, in the features' order."""
    places = estimator.named_steps["prepare"].output_indices_
    return [places[f"f{at}"] for at in range(len(features))]
