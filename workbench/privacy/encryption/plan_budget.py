"""Whether a plan's levels, precision and noise hold for a circuit: asked again when it is served.

A plan is a file, and a scale of 2^5 in place of 2^26 computes and answers as any other: the scores
are noise. What the compiler foretold is foretold once more from what is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError

if TYPE_CHECKING:
    from .circuits import Circuit
    from .plan import Plan

_SAME = 1e-6  # two computations of one error may differ by so much of it, on other machines
_HINT = "workbench privacy encryption compile OUT, and keys for its plan"


def check_budget(plan: Plan, circuit: Circuit, norms: Sequence[float], *, where: str) -> None:
    """Hold a plan against the circuit that it is to compute.

    Args:
        plan: As it was read.
        circuit: Its weights.
        norms: The largest Euclidean norm of what goes into each stage, as it was compiled.
        where: What is told of, in an error.

    Raises:
        IntegrityError: The levels are not those that the circuit takes, or the error of a score is
            not what the plan says; both figures are told.
    """
    from .noise import foretell_error

    parameters = plan.parameters
    levels = circuit.levels - bool(parameters.weight_bits)
    if parameters.levels != levels:
        raise IntegrityError(
            f"{where} does not hold: it has {parameters.levels} levels, and its circuit takes "
            f"{levels}",
            hint=_HINT,
        )
    error = float(foretell_error(circuit, plan.products, parameters, norms).max())
    if not math.isclose(error, plan.error_bound, rel_tol=_SAME):
        raise IntegrityError(
            f"{where} has the wrong scale: at 2^{parameters.scale_bits} (weights "
            f"2^{parameters.weight_bits}) in a ring of {parameters.degree} scores up to "
            f"{plan.output_range:.3g} are off by up to {error:.2g}, and it promises "
            f"{plan.error_bound:.2g}",
            hint=_HINT,
        )
