"""spaCy's attribute ruler without its matcher: what it finds in a token is looked up.

Nearly all rules of the English model are of one token, and ask for its tag, its dependency, its
word in small letters and whether it is white space. For each combination of these the matcher is
asked once. A text in which a longer rule might hold is given to the matcher whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ATTRIBUTES = ("TAG", "LOWER", "DEP", "IS_SPACE")
_WORD = "LOWER"
Match = tuple[int, int, int, int]
Asked = Mapping[str, Any]  # what a rule asks of one token


def look_up_rules(ruler: Any) -> None:
    """Have a spaCy ``AttributeRuler`` look up what it matched; it finds the same.

    Rules that ask in another way leave it as it is.
    """
    rules = [pattern for rule in ruler.patterns for pattern in rule["patterns"]]
    if all(_is_plain(asked) for pattern in rules for asked in pattern):
        ruler.match = _Rules(ruler, rules).match


class _Rules:
    """The rules of one ruler, with what is known of tokens."""

    def __init__(self, ruler: Any, rules: Sequence[Sequence[Asked]]) -> None:
        self._match_all, self._matcher = ruler.match, ruler.matcher
        self._strings = ruler.vocab.strings
        self._longer = [pattern for pattern in rules if len(pattern) > 1]
        words = [asked[_WORD] for pattern in rules for asked in pattern if _WORD in asked]
        listed = [{each} if isinstance(each, str) else set(each.get("IN", ())) for each in words]
        self._words = frozenset().union(*listed)
        self._forms = [each for each in words if isinstance(each, Mapping) and "IN" not in each]
        self._tells: dict[int, bool] = {}  # whether any rule asks for that word
        self._known: dict[tuple[int, ...], tuple[list[tuple[int, int]], bool]] = {}

    def match(self, doc: Any) -> list[Match]:
        """Number of each rule that holds, its name, and tokens from and to, as the ruler's own."""
        found: list[Match] = []
        rows = doc.to_array(list(_ATTRIBUTES)).reshape(len(doc), len(_ATTRIBUTES)).tolist()
        for place, (tag, word, label, space) in enumerate(rows):
            tells = self._tells.get(word)
            if tells is None:
                tells = self._tells[word] = self._is_asked(word)
            key = (tag, word if tells else 0, label, space)
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self._ask(doc, place)
            rules, begins = known
            if begins and self._goes_on(doc, place):
                all_found: list[Match] = self._match_all(doc)
                return all_found
            found += [(number, name, place, place + 1) for number, name in rules]
        found.sort()
        return found

    def _is_asked(self, word: int) -> bool:
        text = self._strings[word]
        return text in self._words or any(_holds(asked, text) for asked in self._forms)

    def _ask(self, doc: Any, place: int) -> tuple[list[tuple[int, int]], bool]:
        """The rules of one token that hold for it, and whether a longer one may begin there."""
        matches = self._matcher(doc[place : place + 1], allow_missing=True, as_spans=False)
        rules = sorted((int(self._strings[name]), name) for name, _, _ in matches)
        return rules, any(_may_be(pattern[0], doc[place]) for pattern in self._longer)

    def _goes_on(self, doc: Any, place: int) -> bool:
        return any(
            place + len(pattern) <= len(doc)
            and all(_may_be(asked, doc[place + at]) for at, asked in enumerate(pattern))
            for pattern in self._longer
        )


def _is_plain(asked: Asked) -> bool:
    """Whether a rule asks for the four attributes alone, in the ways that ``_holds`` knows."""
    return all(
        name in _ATTRIBUTES
        and (isinstance(value, (str, bool)) or value.keys() <= {"IN", "NOT_IN", "REGEX"})
        for name, value in asked.items()
    )


def _may_be(asked: Asked, token: Any) -> bool:
    """Whether a token is what a rule asks for."""
    values = {
        "TAG": token.tag_, _WORD: token.lower_, "DEP": token.dep_, "IS_SPACE": token.is_space
    }  # fmt: skip
    return all(_holds(value, values[name]) for name, value in asked.items())


def _holds(asked: Any, value: Any) -> bool:
    if not isinstance(asked, Mapping):
        return bool(asked == value)
    return all(
        re.search(choice, value) is not None
        if how == "REGEX"
        else (value in choice) == (how == "IN")
        for how, choice in asked.items()
    )
