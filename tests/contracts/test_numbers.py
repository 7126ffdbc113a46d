"""Every number that an operation takes has bounds, so that a bad one is refused before any work."""

from __future__ import annotations

import annotated_types as limits
import pytest

from workbench.core.errors import InputError
from workbench.core.operations import all_operations, find
from workbench.core.schema import Parameter, numbers_text

# Any number will do: values of a column, a layer counted from the end, a push in either direction.
FREE = {
    "interpretability.counterfactuals.low",
    "interpretability.counterfactuals.high",
    "interpretability.make_steering.layer",
    "interpretability.neurons.layer",
    "interpretability.steer.strength",
    "monitoring.forecast.limit",
    "privacy.statistic.high",
    "privacy.statistic.low",
}
# `store` imports the standard library alone, and fine-tuning judges a recipe as a whole.
JUDGED_THERE = ("store.", "finetuning.")


def unbounded(parameter: Parameter) -> bool:
    said = numbers_text(parameter.annotation)
    return said is not None and "," not in said


def test_every_number_has_bounds() -> None:
    found = {
        f"{operation.name}.{parameter.name}"
        for operation in all_operations()
        if not operation.name.startswith(JUDGED_THERE)
        # Those that other tests registered in this process are theirs.
        if operation.function.__module__.startswith("workbench.")
        for parameter in operation.parameters
        if unbounded(parameter)
    }
    assert found == FREE


def test_a_number_without_bounds_is_seen() -> None:
    from typing import Annotated

    assert unbounded(Parameter("n", int | None, None, False, ""))
    assert not unbounded(Parameter("n", Annotated[int, limits.Ge(1)], 1, False, ""))
    assert not unbounded(Parameter("n", str, "", False, ""))


@pytest.mark.parametrize(
    ("operation", "params", "said"),
    [
        ("models.chat", {"prompt": "", "model": "nobody"}, "'prompt' of models.chat: it is empty"),
        ("models.chat", {"prompt": "a", "model": "nobody", "max_tokens": -5}, "at least 1"),
        ("models.score", {"prompt": "a", "continuation": "", "model": "nobody"}, "it is empty"),
        ("fairness.audit", {"dataset": "nobody", "draws": -5}, "at least 100, found -5"),
        ("evaluation.perplexity", {"file": "nobody.txt", "seed": -1}, "at least 0, found -1"),
        ("reports.run", {"notebooks": ["nobody.ipynb"], "jobs": 0}, "at least 1, found 0"),
        ("sandbox.run", {"path": "nobody.py", "wall_s": 0.0}, "above 0, found 0.0"),
    ],
)
def test_it_is_refused_before_anything_is_looked_for(
    operation: str, params: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        find(operation).run(params)
