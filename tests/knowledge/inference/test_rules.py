"""Rules are read, told apart by what they mean, and refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InputError
from workbench.knowledge.inference.intervals import meet, year_of
from workbench.knowledge.inference.rules import parse_rule
from workbench.knowledge.inference.vocabulary import vocabulary_rules


def test_one_meaning_has_one_text() -> None:
    same = {
        "born_in(x, y) & located_in(y, z) -> born_in(x, z)",
        "located_in( b,c )&born_in(a,b)=>born_in(a,c)",
        "born_in(who, town) & located_in(town, land) → born_in(who, land)",
    }
    assert len({parse_rule(text).text for text in same}) == 1
    other = parse_rule("born_in(x, y) & located_in(z, y) -> born_in(x, z)")
    assert other.text not in {parse_rule(text).text for text in same}
    assert parse_rule("r(x, y) & r(x, z) -> z = y") == parse_rule("r(a, c) & r(a, b) -> b = c")
    assert parse_rule("r(x, y) & s(x, z) -> y <= z") != parse_rule("r(x, y) & s(x, z) -> z <= y")
    assert parse_rule('r(x, "The  Levant") -> s(x, x)').text == 'r(x, "levant") -> s(x, x)'


@given(st.permutations(["a(p, q)", "b(q, r)", "a(r, p)"]), st.permutations("stu"))
def test_neither_order_nor_names_matter(body: list[str], names: list[str]) -> None:
    text = " & ".join(body)
    for old, new in zip("pqr", names, strict=True):
        text = text.replace(f"({old}", f"({new}").replace(f" {old})", f" {new})")
    head = f"c({names[0]}, {names[2]})"
    assert parse_rule(f"{text} -> {head}") == parse_rule("a(p, q) & b(q, r) & a(r, p) -> c(p, r)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("born_in(x, y)", "no rule"),
        ("r(x, y) -> s(x, y) -> t(x, y)", "no rule"),
        ("r(x) -> s(x, y)", "not relation"),
        ("r(x, y) -> s(x, z)", "z stands in the head"),
        ("r(x, y) -> x <= z", "z stands in the head"),
        ("r(x, y) & s(u, v) -> t(x, v)", "share no variable"),
        ("r(x, y) -> r(x, y)", "concludes what it begins with"),
        ("a(x,y) & b(y,z) & c(z,u) & d(u,v) -> e(x,v)", "3 at most"),
        ("", "no rule"),
        ("-> never", "not relation"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_rule(text)


@pytest.mark.parametrize("confidence", [0.0, -0.5, 1.01, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(InputError, match="confidence"):
        parse_rule("r(x, y) -> s(x, y)", confidence=confidence)


def test_the_vocabulary_reads_itself() -> None:
    texts = [rule.text for rule in vocabulary_rules()]
    assert len(set(texts)) == len(texts)
    assert all(parse_rule(text).text == text for text in texts)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ((None, None), (None, None), (None, None)),
        (("1990", "1995"), ("1993-06", None), ("1993-06", "1995")),
        (("1990", "1995"), ("1996", "1999"), None),
        ((None, "1990"), ("1990-06", None), ("1990-06", "1990")),  # they may have met
        ((None, "1990-05"), ("1990-06", None), None),
        (("-0044", "-0027"), ("-0030", "0014"), ("-0030", "-0027")),
        (("0014", None), (None, "-0001"), None),
    ],
)
def test_spans_meet(first: tuple, second: tuple, both: tuple | None) -> None:  # type: ignore[type-arg]
    assert meet(first, second) == both
    other = meet(second, first)
    assert (other is None) == (both is None)


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("10 december 1815", 1815),
        ("1815", 1815),
        ("44 bc", -44),
        ("c 300 bce", -300),
        ("5th century", None),
        ("may", None),
        ("27 november", None),
        ("12,500", None),
        ("march 32 inhabitants", 32),
    ],
)
def test_years_are_read_from_names(name: str, year: int | None) -> None:
    assert year_of(name) == year
