"""A probe before and after: a planted change is recovered, none is not flagged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import fairness
from workbench.core.errors import InputError
from workbench.core.plain import to_plain
from workbench.fairness.language.comparing import compare_probes
from workbench.fairness.language.measures import MeasuredValues, icat
from workbench.fairness.language.probing import read_questions
from workbench.fairness.language.result import Inference

QUICK = Inference(draws=400)
Pairs = Callable[..., Path]


@pytest.fixture
def probed(write_pairs: Pairs, made_scorer: Any) -> Callable[..., Any]:
    """Probes a made model; ``change`` is what training added to the first sentence's nats."""
    path = write_pairs(60)
    items = read_questions(path).items
    draw = np.random.default_rng(5)
    own = {item.texts["first"]: draw.normal(0, 3) for item in items}

    def run(change: float = 0.0, *, noise: float = 0.0, seed: int = 0, **options: Any) -> Any:
        bonus = {request: nats + change for request, nats in own.items()}
        scorer = made_scorer(bonus=bonus, noise=noise, pieces=False, seed=seed, name=f"v{seed}")
        return fairness.run_probe(scorer, path, inference=QUICK, **options)

    return run


def test_a_change_far_below_the_spread_of_items_is_found_in_pairs(
    probed: Callable[..., Any],
) -> None:
    before, after = probed(noise=0.1, seed=1), probed(-0.3, noise=0.1, seed=2)
    figure = compare_probes(before, after).figure("log_ratio")
    assert figure.low <= -0.3 <= figure.high
    assert figure.difference == pytest.approx(figure.after - figure.before)
    assert figure.flagged and figure.p < 0.001
    # The broken variant: two intervals looked at side by side overlap, and nothing is seen.
    first, second = before.figure("log_ratio"), after.figure("log_ratio")
    assert first.low < second.high and second.low < first.high
    groups = [f for f in compare_probes(before, after).figures if f.by == "bias_type"]
    assert {f.group for f in groups} == {"age", "nationality", "religion"}
    assert all(f.p_adjusted >= f.p for f in groups)


def test_no_change_is_not_flagged_more_than_the_level_says(probed: Callable[..., Any]) -> None:
    import dataclasses

    before = probed()
    (one,) = (v for v in before.values if (v.measure, v.control) == ("log_ratio", "none"))
    draw, flagged = np.random.default_rng(1), 0
    for _ in range(150):
        pair = [
            dataclasses.replace(
                before,
                _values=(dataclasses.replace(one, values=one.values + draw.normal(0, 1, 60)),),
            )
            for _ in range(2)
        ]
        found = compare_probes(*pair, inference=Inference(draws=100))
        flagged += any(f.flagged for f in found.figures if f.by == "bias_type")
    assert flagged / 150 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)
    same = compare_probes(before, before)
    assert {figure.difference for figure in same.figures} == {0.0}
    assert not any(figure.flagged for figure in same.figures)


def test_a_score_of_several_values_is_compared_as_a_whole() -> None:
    """ICAT is no mean of items: its parts are swapped together."""
    import dataclasses

    keys = tuple(map(str, range(40)))
    groups = tuple({"bias_type": "a"} for _ in keys)
    fluent = np.stack([np.ones(40), np.arange(40) % 2], axis=1)  # no preference: ICAT 1
    biased = np.stack([np.ones(40), np.ones(40)], axis=1)  # the stereotype always: ICAT 0
    assert (icat(fluent, axis=-2), icat(biased, axis=-2)) == (1.0, 0.0)

    def result(values: np.ndarray) -> Any:
        from workbench.fairness.language.result import ProbeResult

        one = MeasuredValues("icat", "none", "share", None, "icat", keys, groups, values)
        return ProbeResult("d", "m", "", 40, 40, None, 0, (), (), {}, {}, QUICK, "",
                           {"model": "", "data": "", "texts": ""}, _values=(one,))  # fmt: skip

    figure = compare_probes(result(biased), result(fluent)).figure("icat")
    assert (figure.before, figure.after, figure.difference) == (0.0, 1.0, 1.0)
    assert figure.flagged and figure.low > 0.5
    same = compare_probes(result(fluent), dataclasses.replace(result(fluent), model="other"))
    assert same.figure("icat").p == 1.0


def test_probes_of_other_items_are_not_compared(
    probed: Callable[..., Any],
) -> None:
    import dataclasses

    with pytest.raises(InputError, match="were not asked the same"):
        compare_probes(probed(), probed(limit=30))
    with pytest.raises(InputError, match="nothing can be paired"):
        compare_probes(dataclasses.replace(probed(), _values=()), probed())


def test_items_that_a_control_leaves_out_for_one_model_are_left_out_for_both(
    write_pairs: Pairs, made_scorer: Any
) -> None:
    path = write_pairs(60)
    whole = fairness.run_probe(made_scorer(pieces=False, noise=1), path, inference=QUICK)
    pieces = fairness.run_probe(made_scorer(pieces=True, noise=1), path, inference=QUICK)
    found = compare_probes(whole, pieces)
    assert found.figure("log_ratio", control="equal_length").n == 20
    assert any(one.n == 40 and "equal_length" in one.reason for one in found.excluded)


def test_a_comparison_is_plain_data(probed: Callable[..., Any]) -> None:
    plain = to_plain(compare_probes(probed(), probed(-1.0, noise=0.1, seed=2)))
    told = json.loads(json.dumps(plain))
    assert told["figures"][0].keys() >= {"before", "after", "difference", "low", "high", "p"}
    assert (told["before"], told["after"]) == ("v0", "v2")
