"""The ways to a fairer model: what each changes, what it needs, and what it can promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.errors import CapabilityError, NotFoundError
from workbench.core.viewers import Viewable

DEMOGRAPHIC_PARITY = "demographic_parity"
EQUALIZED_ODDS = "equalized_odds"
EQUAL_OPPORTUNITY = "equal_opportunity"
FALSE_POSITIVE_PARITY = "false_positive_rate_parity"
# Each constraint with the audit's disparity that says how far it is broken.
CONSTRAINTS: Mapping[str, str] = {
    DEMOGRAPHIC_PARITY: "demographic_parity_difference",
    EQUALIZED_ODDS: "equalized_odds_difference",
    EQUAL_OPPORTUNITY: "equal_opportunity_difference",
    FALSE_POSITIVE_PARITY: "false_positive_rate_difference",
}
_RATES = (DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY, FALSE_POSITIVE_PARITY)
_ALL = tuple(CONSTRAINTS)


@dataclass(frozen=True)
class Method(Viewable):
    """One way to a fairer model.

    ``stage`` says what it changes: the rows, the fitting, or the decisions of a fitted model.
    ``reads_group`` says that a row's sensitive values must be known when the model is used, not
    only when it is fitted; ``is_randomised`` that the same row may get different decisions.
    ``constraints`` are those that it aims at; ``steered_by`` is the setting that trades accuracy.
    """

    name: str
    title: str
    stage: str
    reads_group: bool
    is_randomised: bool
    constraints: tuple[str, ...]
    steered_by: str | None
    statement: str


METHODS: Mapping[str, Method] = {
    each.name: each
    for each in (
        Method(
            "thresholds",
            "A threshold for each group",
            "decisions",
            reads_group=True,
            is_randomised=False,
            constraints=_RATES,
            steered_by="gap",
            statement="The model stays as it is; who is accepted depends on a threshold of the "
            "row's own group. The group must be known when it decides, and two people with the "
            "same score may be decided differently because of it.",
        ),
        Method(
            "threshold_optimizer",
            "Thresholds mixed at random (fairlearn)",
            "decisions",
            reads_group=True,
            is_randomised=True,
            constraints=_ALL,
            steered_by="gap",
            statement="The model stays as it is; between two thresholds of a group a lot decides. "
            "The group must be known, and the same person may be decided differently on another "
            "day.",
        ),
        Method(
            "reductions",
            "Reweighed again and again (exponentiated gradient, fairlearn)",
            "fitting",
            reads_group=False,
            is_randomised=True,
            constraints=_ALL,
            steered_by="gap",
            statement="Several models are fitted and one of them is drawn for each decision. The "
            "group is needed for fitting only. Made deterministic, the models vote with their "
            "weights, and the bound on the disparity is no longer promised.",
        ),
        Method(
            "grid_search",
            "The best of several reweighed models (fairlearn)",
            "fitting",
            reads_group=False,
            is_randomised=False,
            constraints=_ALL,
            steered_by=None,
            statement="Several models are fitted with different weights of the groups and the best "
            "is kept. The group is needed for fitting only.",
        ),
        Method(
            "reweighing",
            "Rows reweighed so that group and outcome are independent",
            "rows",
            reads_group=False,
            is_randomised=False,
            constraints=(DEMOGRAPHIC_PARITY,),
            steered_by=None,
            statement="Rows get weights under which the outcome does not depend on the group, and "
            "the model is fitted to them. Nothing is promised of its decisions. The group is "
            "needed for fitting only.",
        ),
        Method(
            "correlation_remover",
            "Columns without their correlation with the group (fairlearn)",
            "rows",
            reads_group=True,
            is_randomised=False,
            constraints=(DEMOGRAPHIC_PARITY,),
            steered_by="alpha",
            statement="What can be said of each column linearly from the group is taken out of it "
            "before the model reads it. The group must be known when the model is used, to do the "
            "same to new rows.",
        ),
    )
}


def find_method(name: str, constraint: str) -> Method:
    """A method by its name.

    Raises:
        NotFoundError: There is no such method or constraint.
        CapabilityError: The method does not aim at the constraint.
    """
    if name not in METHODS:
        raise NotFoundError.among("mitigation", name, METHODS)
    if constraint not in CONSTRAINTS:
        raise NotFoundError.among("constraint", constraint, CONSTRAINTS)
    found = METHODS[name]
    if constraint not in found.constraints:
        able = [each.name for each in METHODS.values() if constraint in each.constraints]
        raise CapabilityError(
            f"{name} does not aim at {constraint}, but at {', '.join(sorted(found.constraints))}",
            hint=f"method: {', '.join(able)}",
        )
    return found
