"""Mined rules have the support and confidence that a count by brute force gives."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from workbench.knowledge.inference.chaining import close
from workbench.knowledge.inference.matching import FactIndex, Said, matches
from workbench.knowledge.inference.mining import lower_bound, mine_rules
from workbench.knowledge.inference.rules import Atom, Rule, parse_rule


def facts_of(pairs: dict[str, list[tuple[str, str]]]) -> list[Said]:
    return [Said(a, name, b, None, None) for name, ends in pairs.items() for a, b in ends]


def a_small_world(seed: int) -> list[Said]:
    chance = random.Random(seed)
    return sorted(
        {
            Said(*ends, None, None)
            for ends in (
                (subject, chance.choice("rst"), thing)
                for subject, thing in (chance.sample("abcdef", 2) for _ in range(30))
            )
        }
    )


def by_brute_force(rule: Rule, facts: list[Said]) -> tuple[int, int, int]:
    """Pairs that body and head hold of, that the body holds of, and those that count against it."""
    assert isinstance(rule.head, Atom)
    index, pairs = FactIndex(facts), set()
    for binding, premises, _ in matches(rule.body, index):
        ends = binding[rule.head.first.value], binding[rule.head.second.value]
        if len(set(binding.values())) == len(binding) and len(set(premises)) == len(premises):
            pairs.add(ends)
    held = {(fact.subject, fact.object) for fact in facts if fact.relation == rule.head.relation}
    known = {subject for subject, _ in held}
    return len(pairs & held), len(pairs), sum(first in known for first, _ in pairs)


@pytest.mark.parametrize("seed", range(6))
def test_numbers_are_those_of_a_count(seed: int) -> None:
    facts = a_small_world(seed)
    mined = mine_rules(facts, least_support=2, least_confidence=0.05)
    assert mined
    for each in mined:
        support, body, counted = by_brute_force(each.rule, facts)
        assert (each.support, each.body_pairs) == (support, body), each.rule.text
        assert each.partial_confidence == pytest.approx(support / counted)
        assert each.standard_confidence == pytest.approx(support / body)
        assert each.rule.confidence == pytest.approx(lower_bound(support, counted))
    found = {each.rule.text for each in mined}
    for text in all_rules():
        support, _, counted = by_brute_force(parse_rule(text), facts)
        if support >= 2 and lower_bound(support, counted) >= 0.05:
            assert parse_rule(text).text in found


def all_rules() -> list[str]:
    """Every closed rule of one atom or two over three relations."""
    found = []
    for head in "rst":
        for body in "rst":
            found += [f"{body}({x}) -> {head}(x, y)" for x in ("x, y", "y, x")]
        for one, other in itertools.product("rst", repeat=2):
            for first, second in itertools.product(("x, z", "z, x"), ("z, y", "y, z")):
                found.append(f"{one}({first}) & {other}({second}) -> {head}(x, y)")
    return [text for text in found if f"{text[0]}(x, y) -> {text[0]}(x, y)" != text]


def a_family() -> dict[str, list[tuple[str, str]]]:
    """Twelve towns in six lands in one part of the world, all said but what two towns are in."""
    towns = [(f"town{i}", f"land{i // 2}") for i in range(12)]
    lands = [(f"land{i}", "levant") for i in range(6)]
    whole = [(town, "levant") for town, _ in towns[:10]]
    people = [(f"p{i}", f"p{i + 20}") for i in range(20)]
    return {
        "lies_in": [*towns, *lands, *whole],
        "parent_of": people,
        "child_of": [(b, a) for a, b in people],
    }


def test_inverse_and_transitive_rules_come_out_of_facts() -> None:
    mined = {
        each.rule.text: each for each in mine_rules(facts_of(a_family()), least_confidence=0.5)
    }
    assert {
        "parent_of(x, y) -> child_of(y, x)",
        "child_of(x, y) -> parent_of(y, x)",
        "lies_in(x, y) & lies_in(y, z) -> lies_in(x, z)",
    } <= set(mined)
    assert mined["child_of(x, y) -> parent_of(y, x)"].support == 20
    transitive = mined["lies_in(x, y) & lies_in(y, z) -> lies_in(x, z)"]
    assert (transitive.support, transitive.body_pairs) == (10, 12)
    rules = [each.rule for each in mined.values()]
    facts = dict.fromkeys(facts_of(a_family()), 1.0)
    concluded = close(facts, rules).conclusions
    assert {fact[:3] for fact in concluded} >= {
        ("town10", "lies_in", "levant"),
        ("town11", "lies_in", "levant"),
    }


def test_chance_and_few_cases_make_no_rule() -> None:
    few = {
        "lies_in": a_family()["lies_in"][:4],
        "parent_of": [("a", "b")],
        "child_of": [("b", "a")],
    }
    assert mine_rules(facts_of(few)) == []
    chance = random.Random(5)
    many = [f"n{i}" for i in range(60)]
    noise = [
        Said(chance.choice(many), f"r{chance.randrange(4)}", chance.choice(many), None, None)
        for _ in range(600)
    ]
    assert mine_rules(noise) == []


def test_confidence_is_what_is_sure_not_what_was_seen() -> None:
    """Six of six are not taken for certain: a rule with the bare share as confidence fails here."""
    six = [(f"a{i}", f"b{i}") for i in range(6)]
    (found, *_) = mine_rules(
        facts_of({"r": six, "s": [(b, a) for a, b in six]}), least_confidence=0.5
    )
    assert found.partial_confidence == 1.0
    assert found.rule.confidence == pytest.approx(0.6097, abs=1e-4)  # Wilson, 6 of 6


def test_the_order_of_facts_is_nothing() -> None:
    facts = a_small_world(2)
    shuffled = random.Random(1).sample(facts, len(facts))
    least: dict[str, Any] = {"least_support": 2, "least_confidence": 0.05}
    assert mine_rules(facts, **least) == mine_rules(shuffled, **least)
