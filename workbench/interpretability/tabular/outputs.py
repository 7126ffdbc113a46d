"""Which number of a model is explained, and in what unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.models.tabular.threads import threads_for

from .trees import is_tree_sum

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

SCALES = ("margin", "probability", "number")


@dataclass(frozen=True)
class Output:
    """One number that a model gives for a row.

    ``scale`` is ``margin`` (what the model adds up: log-odds of two classes, in nats, or a class's
    logit), ``probability``, or ``number`` (a regressor's). ``name`` says it in words.
    """

    name: str
    unit: str
    scale: str
    place: int

    def values(self, model: TabularModel, numbers: np.ndarray) -> np.ndarray:
        """It for rows of numbers; float64 of shape ``[rows]``."""
        import numpy as np

        if self.scale == "number":
            return model.predict_numbers(numbers)
        if self.scale == "probability":
            return model.proba_numbers(numbers)[:, self.place]
        with threads_for(len(numbers)):
            found = np.asarray(model.estimator.decision_function(numbers), dtype=np.float64)
        if found.ndim == 2:
            column: np.ndarray = found[:, self.place]
            return column
        return found if self.place == 1 else -found


def choose_output(model: TabularModel, of: Any = None, *, scale: str | None = None) -> Output:
    """The output to explain.

    Args:
        model: A fitted model.
        of: The class, by default the last of two; more classes need one.
        scale: ``margin`` or ``probability``; by default the one in which the model adds up
            (probability for trees and forests, margin for all that have one), because there
            an explanation is exact.

    Raises:
        NotFoundError: There is no such class.
        InputError: A class is needed, or none can be given.
        CapabilityError: The model does not have that scale.
    """
    if not model.is_classifier:
        if of is not None or scale not in (None, "number"):
            raise InputError(
                f"{model.name} predicts the number {model.target!r}: it has no classes",
                hint="leave class and scale out",
            )
        return Output(model.target, model.target, "number", 0)
    if scale not in (None, "margin", "probability"):
        raise InputError(f"scale is {scale!r}", hint="'margin' or 'probability'")
    if of is None and len(model.classes) > 2:
        raise InputError(
            f"which class is to be explained? {model.target} has "
            f"{', '.join(map(str, model.classes))}",
            hint="name one",
        )
    place = len(model.classes) - 1 if of is None else model.place_of(of)
    has_margin = hasattr(model.estimator, "decision_function")
    if scale is None:
        scale = "margin" if has_margin else "probability"
    if scale == "margin" and not has_margin:
        why = "adds up probabilities" if is_tree_sum(model) else "gives no margin"
        raise CapabilityError(f"{model.name} {why}", hint="scale='probability'")
    said = repr(model.classes[place])
    if scale == "probability":
        return Output(f"probability of {said}", "probability", scale, place)
    name = f"log-odds of {said}" if len(model.classes) == 2 else f"logit of {said}"
    return Output(name, "nats", scale, place)
