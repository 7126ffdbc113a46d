"""What follows is what a naive fixed point gives, by its surest proof, whatever the order."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError
from workbench.knowledge.inference.chaining import Closure, close
from workbench.knowledge.inference.intervals import meet
from workbench.knowledge.inference.matching import Said
from workbench.knowledge.inference.rules import Atom, Rule, parse_rule

RULES = (
    parse_rule("in(x, y) & in(y, z) -> in(x, z)", confidence=0.9),
    parse_rule("capital(x, y) -> in(x, y)"),
    parse_rule("near(x, y) -> near(y, x)"),
    parse_rule("born(x, y) & in(y, z) -> born(x, z)", confidence=0.8),
    parse_rule('in(x, "a") & near(x, y) -> in(y, "a")', confidence=0.5),
    parse_rule("in(x, y) -> near(x, y)", confidence=0.6),  # with the one above, a cycle
    parse_rule("born(x, y) & born(x, z) -> never"),
)


def said(subject: str, relation: str, thing: str, *span: str | None) -> Said:
    return Said(subject, relation, thing, *(span or (None, None)))


def made_facts(chance: random.Random) -> dict[Said, float]:
    facts = {}
    for _ in range(chance.randint(1, 7)):
        spans = [(None, None), ("1990", None), (None, "1992"), ("1995", "1996")]
        relation = chance.choice(("in", "capital", "near", "born"))
        ends = chance.choice("abcd"), chance.choice("abcde")
        facts[said(ends[0], relation, ends[1], *chance.choice(spans))] = chance.choice(
            (0.5, 0.8, 1.0)
        )
    return facts


def naive(stated: dict[Said, float], rules: tuple[Rule, ...], least: float) -> dict[Said, float]:
    """Every rule over every choice of facts until nothing gets surer."""
    best = dict(stated)
    while True:
        before = dict(best)
        for rule in rules:
            if not isinstance(rule.head, Atom):
                continue
            choices = [[f for f in before if f.relation == atom.relation] for atom in rule.body]
            for facts in itertools.product(*choices):
                made = concluded(rule, facts)
                if made is None or made.subject == made.object or made in stated:
                    continue
                sure = rule.confidence * math.prod(before[fact] for fact in facts)
                if sure >= least and sure > best.get(made, 0) + 1e-12:
                    best[made] = sure
        if best == before:
            return {fact: sure for fact, sure in best.items() if fact not in stated}


def concluded(rule: Rule, facts: tuple[Said, ...]) -> Said | None:
    binding: dict[str, str] = {}
    span: tuple[str | None, str | None] | None = (None, None)
    for atom, fact in zip(rule.body, facts, strict=True):
        if atom.relation != fact.relation:
            return None
        for term, value in zip(atom.terms, (fact.subject, fact.object), strict=True):
            known = binding.setdefault(term.value, value) if term.variable else term.value
            if known != value:
                return None
        span = None if span is None else meet(span, fact[3:])
    if span is None or not isinstance(rule.head, Atom):
        return None
    ends = [binding[term.value] if term.variable else term.value for term in rule.head.terms]
    return Said(ends[0], rule.head.relation, ends[1], *span)


def sure(found: Closure) -> dict[Said, float]:
    return {fact: made.confidence for fact, made in found.conclusions.items()}


@pytest.mark.parametrize("seed", range(25))
def test_it_is_the_naive_fixed_point(seed: int) -> None:
    chance = random.Random(seed)
    facts = made_facts(chance)
    found = close(facts, RULES, least_confidence=0.15, most_steps=99)
    assert found.complete
    assert sure(found) == pytest.approx(naive(facts, RULES, 0.15))
    shuffled = list(facts.items())
    chance.shuffle(shuffled)
    rules = chance.sample(RULES, len(RULES))
    again = close(dict(shuffled), rules, least_confidence=0.15, most_steps=99)
    assert list(again.conclusions.items()) == list(found.conclusions.items())  # proofs, too


def test_premises_support_what_they_conclude() -> None:
    more = {said("b", "capital", "c"): 1.0, said("e", "born", "b"): 1.0}
    facts = made_facts(random.Random(3)) | more
    found = close(facts, RULES)
    assert found.conclusions
    for fact, made in found.conclusions.items():
        assert concluded(made.rule, made.premises) == fact
        product = made.rule.confidence * math.prod(map(found.confidence, made.premises))
        assert made.confidence == pytest.approx(product)
        assert all(found.confidence(each) >= made.confidence for each in made.premises)


def test_a_cycle_of_rules_ends() -> None:
    rules = [
        parse_rule("a(x, y) -> b(y, x)"),
        parse_rule("b(x, y) -> c(x, y)"),
        parse_rule("c(x, y) -> a(y, x)"),
        parse_rule("a(x, y) & a(y, z) -> a(x, z)"),
    ]
    ring = {said(str(i), "a", str((i + 1) % 12)): 1.0 for i in range(12)}
    found = close(ring, rules, most_steps=99)
    pairs = 12 * 11
    assert found.complete
    assert len(found.conclusions) == 3 * pairs - 12


def test_limits_keep_the_surest_and_say_so() -> None:
    chain = {said(f"{i:02}", "in", f"{i + 1:02}"): 1.0 for i in range(12)}
    rule = [parse_rule("in(x, y) & in(y, z) -> in(x, z)", confidence=0.9)]
    whole = close(chain, rule, most_steps=99)
    part = close(chain, rule, most_conclusions=11, most_steps=99)
    assert whole.complete and not part.complete
    assert set(part.conclusions.values()) == {
        made for made in whole.conclusions.values() if made.steps == 1
    }
    shallow = close(chain, rule, most_steps=1)
    assert not shallow.complete and set(shallow.conclusions) == set(part.conclusions)
    sure_ones = close(chain, rule, least_confidence=0.5).conclusions.values()
    assert sure_ones and all(made.confidence >= 0.5 for made in sure_ones)


def test_what_is_said_is_not_concluded() -> None:
    facts = {said("a", "capital", "b"): 1.0, said("a", "in", "b"): 0.4}
    found = close(facts, RULES)
    assert said("a", "in", "b") not in found.conclusions
    assert found.confidence(said("a", "in", "b")) == 0.4


def test_it_can_be_stopped() -> None:
    chain = {said(f"{i:03}", "in", f"{i + 1:03}"): 1.0 for i in range(120)}
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(CancelledError):
        close(chain, [parse_rule("in(x, y) & in(y, z) -> in(x, z)")], most_steps=99)
