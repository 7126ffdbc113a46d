"""The rules that compare one class of words each. A rule gives the reason of its refusal, or None.

Each is a function of two readings and symmetrical. ``content`` and ``order`` stand apart, in
``rule_content`` and ``rule_order``: they look at all the words that have no rule of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .lemmas import form_of, verbs
from .readings import Reading, Scoped
from .words import words

_QUESTIONS = frozenset(("@yes", "@why", "@which", "@who", "@what", "@how3", "@where", "@when"))
_CLAUSES = frozenset(("if", "when", "while", "because", "who", "that", "which", "unless", "since"))
# Ways of asking for a thing that come to the same; "" is the thing alone.
_FOR_A_THING = frozenset(("@what", "@give", ""))
# Words that are one thing with a capital and another without.
_AMBIGUOUS = words("ambiguous")


def numbers(a: Reading, b: Reading) -> str | None:
    """The same numbers in the same order, with the same words behind them."""
    return None if a.numbers == b.numbers else "number"


def negation(a: Reading, b: Reading) -> str | None:
    """The same negators about the same words."""
    if [(each.word, each.about) for each in a.negations] == [
        (each.word, each.about) for each in b.negations
    ]:
        return None
    if len(a.negations) != 1 or len(b.negations) != 1:
        return "negation"
    one, other = a.negations[0], b.negations[0]
    if one.word != other.word:
        return "negation"
    # "Why don't cats ..." and "why do cats not ...": one clause, so there is one verb to negate.
    asked = one if other.about == "*" else other
    reading = b if other is asked else a
    simple = (
        "*" in (one.about, other.about)
        and not asked.link
        and (asked.before not in verbs() or _is_doing(asked.about, reading))
    )
    return None if simple and _is_one_clause(a) and _is_one_clause(b) else "negation"


def _is_doing(lemma: str, reading: Reading) -> bool:
    """Whether a word is a verb as it follows "does not" or "is not", and no participle."""
    form = form_of(reading.surfaces.get(lemma, lemma))
    return form.lemma in verbs() and not form.tense


def _is_one_clause(reading: Reading) -> bool:
    links = {link for sentence in reading.segments for link, _ in sentence}
    joined = {word for sentence in reading.segments for _, each in sentence for word in each}
    return (
        len(reading.intents) == 1
        and reading.intents[0] in _QUESTIONS
        and not reading.relatives
        and not links & _CLAUSES
        and not joined & {"and", "or", "but"}
    )


def quantifiers(a: Reading, b: Reading) -> str | None:
    """All, some, few, only, always: the same about the same."""
    return _same(a.quantifiers, b.quantifiers, "quantifier")


def degrees(a: Reading, b: Reading) -> str | None:
    """More, most, less, -er, -est: the same about the same."""
    if a.manners and b.manners and a.manners != b.manners:
        return "comparative"
    return _same(a.degrees, b.degrees, "comparative")


def tenses(a: Reading, b: Reading) -> str | None:
    """What was, is, has been."""
    return _same(a.tenses, b.tenses, "tense")


def modality(a: Reading, b: Reading) -> str | None:
    """Can, may, must, should, will."""
    return _same(a.modals, b.modals, "modality")


def times(a: Reading, b: Reading) -> str | None:
    """Today, next, before, previous."""
    return _same(a.times, b.times, "time")


def scopes(a: Reading, b: Reading) -> str | None:
    """First, last, up, inside, north."""
    return _same(a.scopes, b.scopes, "scope")


def persons(a: Reading, b: Reading) -> str | None:
    """Mine, yours, theirs; whose it is does not matter where the question is how it is done."""
    if Counter(a.persons) == Counter(b.persons):
        return None
    general = set(a.intents) | set(b.intents) == {"@how"}
    if general and {*a.persons, *b.persons} == {"1"} and not (a.persons and b.persons):
        return None
    return "person"


def names(a: Reading, b: Reading) -> str | None:
    """A word that is a name with a capital, and another word without."""
    if not (a.has_case and b.has_case):
        return None
    differing = (a.capitals ^ b.capitals) - a.firsts - b.firsts - (_tools(a) & _tools(b))
    return "name" if differing & _AMBIGUOUS else None


def _tools(reading: Reading) -> set[str]:
    """What something is done in, on its own: ``in python``."""
    return {
        behind[0]
        for sentence in reading.segments
        for link, behind in sentence
        if link in ("in", "with", "using") and len(behind) == 1
    }


def literals(a: Reading, b: Reading) -> str | None:
    """Code, addresses, paths and quotations: letter for letter."""
    return None if a.literals == b.literals else "literal"


def punctuation(a: Reading, b: Reading) -> str | None:
    """A comma between two words that stand together without one on the other side."""
    for one, other in ((a, b), (b, a)):
        pairs = one.commas - other.commas
        if pairs and pairs & set(_neighbours(other)):
            return "punctuation"
    return None


def _neighbours(reading: Reading) -> Iterable[Scoped]:
    return zip(reading.content, reading.content[1:], strict=False)


def intent(a: Reading, b: Reading) -> str | None:
    """What is asked: what, how, why, whether, or that something be done."""
    if a.intents == b.intents:
        return None
    if len(a.intents) != len(b.intents):
        return "sentences"
    same = all(
        one == other or {one, other} <= _FOR_A_THING
        for one, other in zip(a.intents, b.intents, strict=True)
    )
    return None if same else "intent"


def _same(one: Iterable[object], other: Iterable[object], reason: str) -> str | None:
    return None if Counter(one) == Counter(other) else reason
