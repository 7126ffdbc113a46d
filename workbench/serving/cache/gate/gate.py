"""The second gate of the semantic cache: two requests share an answer only if all rules agree.

Vectors say that two texts are about the same; they hardly tell "can" from "cannot" or Austria from
Australia. So after the vectors come the words: every word of a request is either on a short list of
those that may be dropped, or belongs to one rule, and each rule must find the same on both sides.
What no rule knows is a content word, and has to be there twice. Where the words are not English
the two must be the same word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from . import rules
from .readings import Reading, read
from .rule_content import content
from .rule_order import order

Rule = Callable[[Reading, Reading], str | None]

# In the order in which they are asked: the first that refuses gives the reason.
RULES: dict[str, Rule] = {
    "literals": rules.literals,
    "numbers": rules.numbers,
    "negation": rules.negation,
    "names": rules.names,
    "quantifiers": rules.quantifiers,
    "degrees": rules.degrees,
    "modality": rules.modality,
    "tenses": rules.tenses,
    "times": rules.times,
    "scopes": rules.scopes,
    "persons": rules.persons,
    "content": content,
    "intent": rules.intent,
    "punctuation": rules.punctuation,
    "order": order,
}
REASONS = {
    "same": "they are the same words",
    "meaning": "every rule finds the same on both sides",
    "language": "they are not both English, and not the same word for word",
    "literal": "code, an address or a quotation differs",
    "number": "a number differs, or what it counts",
    "negation": "something is denied on one side, or something else",
    "name": "a name differs",
    "quantifier": "how much, how many or how often differs",
    "comparative": "more, most or less differs",
    "modality": "can, may, must, should or will differs",
    "tense": "what was, is or has been differs",
    "time": "a word of time differs",
    "scope": "a word of place or order differs, as first and last",
    "person": "it is about somebody else",
    "opposite": "there are opposites",
    "content": "a word of one side has no counterpart on the other",
    "plural": "one is asked for on one side, and several on the other",
    "empty": "there is no word to go by",
    "intent": "something else is asked, as how and why",
    "sentences": "they have not as many sentences",
    "punctuation": "a comma parts words that belong together on the other side",
    "order": "the words stand in another order, and it may matter",
}


@dataclass(frozen=True)
class Verdict:
    """Whether two requests may share an answer, and why."""

    same: bool
    reason: str


class Gate:
    """Compares two requests.

    Args:
        without: Rules that are left out, for measuring what each is good for.
    """

    def __init__(self, *, without: Collection[str] = ()) -> None:
        unknown = set(without) - set(RULES)
        if unknown:
            raise ValueError(f"there are no rules {sorted(unknown)}; there are {sorted(RULES)}")
        self._rules = tuple(rule for name, rule in RULES.items() if name not in without)

    def __call__(self, a: str, b: str) -> Verdict:
        """The verdict on two texts. The same whichever comes first."""
        return self.compare(read(a), read(b))

    def compare(self, a: Reading, b: Reading) -> Verdict:
        """The verdict on two texts that were read."""
        if _are_same_words(a, b):
            return Verdict(True, "same")
        if not a.english or not b.english:
            return Verdict(False, "language")
        for rule in self._rules:
            reason = rule(a, b)
            if reason is not None:
                return Verdict(False, reason)
        return Verdict(True, "meaning")


def _are_same_words(a: Reading, b: Reading) -> bool:
    """Whether the words are the same; case counts unless one side is written without."""
    if a.strict == b.strict:
        return bool(a.strict)
    if a.has_case and b.has_case:
        return False
    return [word.lower() for word in a.strict] == [word.lower() for word in b.strict]
