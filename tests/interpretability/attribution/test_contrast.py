"""Two prompts or two models against each other: part by part, and by whose difference."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.core.plain import to_plain
from workbench.interpretability.attribution.attributing import attribute_target
from workbench.interpretability.attribution.contrast import (
    Contrast,
    Question,
    contrast,
    set_against,
)
from workbench.models.model import Model

Tiny = Callable[..., Model]
ONE, OTHER = "The quick brown fox.", "The quick red fox jumps."
ANSWER = " A model"


def ask(tiny: Tiny, first: Question, second: Question) -> Contrast:
    @contextmanager
    def load(name: str) -> Iterator[Model]:
        yield tiny(name)

    return contrast(first, second, load=load, groups="word")


def test_parts_that_read_the_same_are_set_against_each_other(tiny: Tiny) -> None:
    found = ask(tiny, Question("llama", ONE, ANSWER), Question("llama", OTHER, ANSWER))
    assert found.names == ("first prompt", "second prompt")
    assert found.same_target
    first, second = (
        attribute_target(tiny(), prompt, ANSWER, groups="word", curves=False)
        for prompt in (ONE, OTHER)
    )
    assert found.value_change_nats == pytest.approx(second.value - first.value)
    both = [each for each in found.changes if each.change_nats is not None]
    assert "".join(each.text for each in both).startswith("The quick")
    for each in both:
        assert each.change_nats == pytest.approx(each.second_nats - each.first_nats)  # type: ignore[operator]
    # Nothing is lost: each side's parts, in order, with its scores.
    for side, field in ((first, "first_nats"), (second, "second_nats")):
        shares = [getattr(each, field) for each in found.changes]
        kept = [share for share in shares if share is not None]
        np.testing.assert_allclose(kept, side.scores.sum(axis=0), atol=1e-6)
    assert [c.text for c in found.changes if c.second_nats is None]
    assert to_plain(found)["changes"][0]["text"] == "The"


def test_two_models_on_one_prompt_are_called_by_their_names(tiny: Tiny) -> None:
    found = ask(tiny, Question("llama", ONE, ANSWER), Question("qwen3", ONE, ANSWER))
    assert found.names == (tiny("llama").name, tiny("qwen3").name)
    assert all(each.change_nats is not None for each in found.changes)


def test_own_answers_are_said_to_differ(tiny: Tiny) -> None:
    found = ask(tiny, Question("llama", ONE, ANSWER), Question("llama", ONE, " table"))
    assert found.names == ("first answer", "second answer")
    assert not found.same_target


def test_the_same_twice_is_refused(tiny: Tiny) -> None:
    same = Question("llama", ONE, ANSWER)
    with pytest.raises(InputError, match="they do not differ"):
        ask(tiny, same, same)


def test_two_methods_are_not_set_against_each_other(tiny: Tiny) -> None:
    made = attribute_target(tiny(), ONE, ANSWER, groups="word", curves=False)
    with pytest.raises(InputError, match="shares are of different things"):
        set_against(made, dataclasses.replace(made, method="lime"))
    with pytest.raises(InputError, match="both are called 'x'"):
        set_against(made, made, names=("x", "x"))


def test_a_shift_by_one_would_be_seen(tiny: Tiny) -> None:
    """The broken variant: parts set against each other by place instead of by what they read."""
    found = ask(tiny, Question("llama", ONE, ANSWER), Question("llama", "Oh! " + ONE, ANSWER))
    inserted = [each.text for each in found.changes if each.first_nats is None]
    assert "Oh" in inserted[0]
    by_place = zip(found.first.scores.sum(axis=0), found.second.scores.sum(axis=0), strict=False)
    right = [each.change_nats for each in found.changes if each.change_nats is not None]
    assert not np.allclose([b - a for a, b in by_place][: len(right)], right)
