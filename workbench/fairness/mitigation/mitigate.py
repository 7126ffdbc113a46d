"""From a model to a fairer one, and what that cost on rows that neither has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.fairness.audit.group_audit import audit_groups
from workbench.fairness.audit.outcomes import Outcomes
from workbench.fairness.audit.precision import Precision
from workbench.fairness.audit.predictions import Predictions
from workbench.fairness.audit.result import GroupAudit
from workbench.models.tabular.threads import threads_for

from .adapters import AsPlaces
from .decided import ByGroup
from .methods import CONSTRAINTS, DEMOGRAPHIC_PARITY, Method, find_method
from .paired import ACCURACY, compare_decisions
from .result import Change, Mitigation, Recipe
from .study import Study

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular import TabularModel

Made = tuple[Any, dict[str, float]]


def mitigate(
    study: Study,
    *,
    method: str = "thresholds",
    constraint: str = DEMOGRAPHIC_PARITY,
    gap: float | None = None,
    alpha: float = 1.0,
    deterministic: bool = True,
    precision: Precision | None = None,
) -> Mitigation:
    """Make a fairer model of a study's base and judge both on the test rows.

    Args:
        study: See ``begin_study``.
        method: A name of ``METHODS``.
        constraint: A name of ``CONSTRAINTS``: what shall be equal.
        gap: How far the groups may lie apart on the training rows; by default not at all, for
            reductions 0.01.
        alpha: Of the correlation remover: 1 takes all correlation out.
        deterministic: Reductions vote instead of drawing. Thresholds are deterministic anyway; the
            optimiser with lots cannot be.
        precision: Of the intervals.

    Raises:
        NotFoundError: There is no such method or constraint.
        CapabilityError: The method does not aim at that constraint.
        InputError: A setting is out of range, or a group has one outcome only.
    """
    chosen = find_method(method, constraint)
    how = precision or Precision(seed=study.seed)
    with threads_for(len(study.train)):
        estimator, details = fit_method(
            study, chosen, constraint=constraint, gap=gap, alpha=alpha, deterministic=deterministic
        )
    check_cancelled()
    changes, before, after = _judge(study, chosen, estimator, how)
    return Mitigation(
        dataset=study.parts.name,
        base=study.base.name,
        method=chosen,
        constraint=constraint,
        deterministic=_is_deterministic(chosen, deterministic),
        sensitive=study.sensitive,
        positive=study.positive,
        n=len(study.y_test),
        accuracy=changes[ACCURACY],
        disparity=changes[CONSTRAINTS[constraint]],
        disparities=tuple(changes[metric] for metric in CONSTRAINTS.values()),
        left=tuple(each for each in after.disparities if each.metric in CONSTRAINTS.values()),
        groups_before=before.groups,
        groups_after=after.groups,
        excluded=after.excluded,
        needs=_needs(study, chosen, deterministic),
        details=details,
        notes=_notes(study),
        recipe=_recipe(study, chosen, constraint, gap, alpha, deterministic),
        seed=study.seed,
        _model=mitigated_model(study, chosen, estimator),
        _study=study,
    )


def _recipe(
    study: Study,
    method: Method,
    constraint: str,
    gap: float | None,
    alpha: float,
    deterministic: bool,
) -> Recipe:
    return Recipe(
        source=study.source,
        target=study.base.target,
        sensitive=study.sensitive,
        positive=study.positive,
        exclude=study.exclude,
        min_rows=study.min_rows,
        base=study.base.name,
        method=method.name,
        constraint=constraint,
        gap=gap,
        alpha=alpha,
        deterministic=deterministic,
        seed=study.seed,
    )


def _judge(
    study: Study, method: Method, estimator: Any, how: Precision
) -> tuple[dict[str, Change], GroupAudit, GroupAudit]:
    """The changes on the test rows, and the audits of the decisions before and after."""
    numbers = study.test if method.reads_group else study.test[:, : study.width]
    with threads_for(len(numbers)):
        before = study.base_estimator().predict(study.test[:, : study.width])
        after = estimator.predict(numbers)
    codes, names = study.groups.codes(study.test), study.groups.names
    changes = compare_decisions(
        study.y_test,
        before,
        after,
        codes,
        groups=len(study.groups.keys),
        draws=how.draws,
        confidence=how.confidence,
        seed=how.seed,
    )
    members = {"group": [names[code] for code in codes]}
    first, second = (
        audit_groups(study.y_test, each, sensitive=members, task="classification", precision=how)
        for each in (before, after)
    )
    return changes, first, second


def fit_method(
    study: Study,
    method: Method,
    *,
    constraint: str,
    gap: float | None = None,
    alpha: float = 1.0,
    deterministic: bool = True,
) -> Made:
    """A fitted estimator of 0 and 1 by one method, and what was set in it."""
    y, codes = study.y_train, study.fitting_codes
    own = study.train[:, : study.width]
    if method.name == "thresholds":
        return _by_group(study, constraint, gap or 0.0)
    if method.name == "threshold_optimizer":
        from .threshold_lots import mix_thresholds

        made = mix_thresholds(
            study.base_estimator(), study.width, study.groups, score=study.held_out_scores(),
            y=y, codes=codes, constraint=constraint, gap=gap or 0.0, seed=study.seed,
        )  # fmt: skip
        return made, {}
    if method.name == "reductions":
        from .reductions import reduce_disparity

        return reduce_disparity(
            study.fresh_estimator(), own, y, codes, constraint=constraint,
            gap=0.01 if gap is None else gap, seed=study.seed, deterministic=deterministic,
        )  # fmt: skip
    if method.name == "grid_search":
        from .reductions import search_grid

        return search_grid(study.fresh_estimator(), own, y, codes, constraint=constraint)
    if method.name == "reweighing":
        return _reweighed(study, own, codes), {}
    from .correlation import remove_correlation

    cleaned = remove_correlation(
        study.columns, study.train, y,
        places=study.groups.places, model=study.base.name, alpha=alpha, seed=study.seed,
    )  # fmt: skip
    return cleaned, {"alpha": alpha}


def mitigated_model(study: Study, method: Method, estimator: Any) -> TabularModel:
    """The fairer model as a model of a table, to be audited and explained like any other."""
    made = study.base.with_estimator(
        AsPlaces(estimator, study.place), name=f"{study.base.name} with {method.name}"
    )
    return replace(made, columns=study.columns) if method.reads_group else made


def predict_test(study: Study, model: TabularModel) -> Predictions:
    """What a model says of the test rows, as an audit takes it."""
    from workbench.models.tabular import to_frame

    test = to_frame(study.parts.test)
    score = model.predict_proba(test)[:, study.place]
    outcomes = Outcomes(
        "classification",
        study.y_test,
        (model.predict(test) == model.classes[study.place]).astype(int),
        score,
        study.positive,
    )
    columns = {name: test[name] for name in test.columns if name != study.parts.target}
    members = {name: columns[name] for name in study.sensitive}
    return Predictions(study.parts.name, model.name, outcomes, members, columns)


def _by_group(study: Study, constraint: str, gap: float) -> Made:
    from .group_thresholds import find_thresholds

    found = find_thresholds(
        study.held_out_scores(),
        study.y_train,
        study.groups.codes(study.train),
        groups=len(study.groups.keys),
        constraint=constraint,
        gap=gap,
    )
    estimator = ByGroup(study.base_estimator(), study.width, study.groups, found.thresholds)
    told = zip(study.groups.names, found.thresholds, strict=True)
    return estimator, {f"threshold of {name}": float(value) for name, value in told}


def _reweighed(study: Study, own: np.ndarray, codes: np.ndarray) -> Any:
    from workbench.models.tabular.fitting import fit_estimator

    from .reweighing import reweigh

    estimator = study.fresh_estimator()
    fit_estimator(estimator, own, study.y_train, reweigh(codes, study.y_train))
    return estimator


def _is_deterministic(method: Method, wanted: bool) -> bool:
    return not method.is_randomised or (wanted and method.name == "reductions")


def _needs(study: Study, method: Method, deterministic: bool) -> tuple[str, ...]:
    named = " and ".join(study.sensitive)
    said = [method.statement]
    if method.reads_group:
        said.append(f"Needs {named} of every row that it decides.")
    elif read := [name for name in study.sensitive if name in study.base.features]:
        said.append(f"Reads {' and '.join(read)} because the base does; exclude it to change that.")
    else:
        said.append(f"Does not need {named} when it is used.")
    if not _is_deterministic(method, deterministic):
        said.append("Draws lots: the lot of a row is fixed by the seed and the row's values.")
    return tuple(said)


def _notes(study: Study) -> tuple[str, ...]:
    notes = [f"{study.parts.how}: fitted on {study.parts.train_rows:,} other rows"]
    if study.groups.sizes[-1]:
        notes.append(
            f"{study.groups.sizes[-1]} training rows are in groups too small to be made equal"
        )
    return tuple(notes)
