"""One page and one value of a state are what the whole state says, whatever else it holds."""

from __future__ import annotations

import random

import pytest

from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.glances import PageGlance, ValueGlance
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.knowledge.shared.states import write_state

from .made_pairs import draw_pair


def test_glances_say_what_whole_states_say(space: Space) -> None:
    seen = 0
    for number in range(30):
        pair = draw_pair(random.Random(number), loud=number % 2 == 0)
        sides = [pair.base, pair.ours, pair.theirs]
        with space.shelf.transaction():
            states = [write_state(each, space.shelf.put) for each in sides]
        for key in {key for each in sides for key in each.pages}:
            glance = PageGlance(space.shelf.get, key)
            for side, state in zip(sides, states, strict=True):
                page = side.pages.get(key)
                assert glance.text(state) == (None if page is None else page.text)
                seen += 1
        for key in {key for each in sides for key in {*each.statements, *each.decisions}}:
            said = ValueGlance(space.shelf.get, key)
            for side, state in zip(sides, states, strict=True):
                there = key in side.statements or key in side.decisions
                assert bool(said.said(state)) is there
                seen += 1
    assert seen > 200


@pytest.mark.parametrize("kind", ["statement", "decision"])
def test_a_value_is_known_by_the_beginning_of_its_key(space: Space, kind: str) -> None:
    said = Statement("Ada", "wrote", "Notes", note="x")
    made = Decision("pair", ("Ada", "Countess"), "one")
    contents = Contents().with_statement(said).with_decision(made)
    with space.shelf.transaction():
        state = write_state(contents, space.shelf.put)
    key = said.key if kind == "statement" else made.key
    glance = ValueGlance(space.shelf.get, key[:8])
    assert glance.said(state) and glance.key == key
