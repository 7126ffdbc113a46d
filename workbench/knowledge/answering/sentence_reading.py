"""A sentence as its words and how they hang together, by spaCy's parse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.models.english import load_english

_NEAR, _NEAR_NUMBERS = 3, 2  # steps in a parse
_CONTENT = frozenset(("NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"))
_DENIALS = frozenset(("not", "no", "never", "without", "nor", "neither", "none", "nobody", "n't"))
_SUBJECTS = ("nsubj", "nsubjpass", "csubj")
_PASSIVE = ("nsubjpass", "agent")
_ROLES = {"nsubj": "doer", "dobj": "done to", "nsubjpass": "done to"}
_COMPARED = ("JJR", "JJS", "RBR", "RBS")
# spaCy's small words that make a sentence say something else: *the last pharaoh* was not the third.
_SINGLING = frozenset(("last", "next", "only", "least", "less", "former", "latter"))
_ENDS = re.compile(r"[.!][\"'”’)\]]*\s*$")
_WHAT_IT_IS = ("attr", "acomp")
_OF_A_NOUN = ("compound", "amod", "nummod", "conj", "poss")
IN_DOUBT = "?"  # for the verb that a word is said of
_HEDGES = frozenset(
    (
        *("may", "might", "could", "would", "should", "almost", "nearly", "hardly", "barely"),
        *("perhaps", "possibly", "probably", "allegedly", "reportedly", "supposedly", "apparently"),
    )
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# What an answer says of itself or of anything: it needs no support, and tells nothing.
_FILLERS = frozenset(("also", "however", "therefore", "then", "call", "know", "name", "answer"))

Role = tuple[str, str, str]


@dataclass(frozen=True)
class Reading:
    """A sentence as its words: lemmas in order, with names and numbers apart.

    ``roles`` are what is done with who does it and what it is done to; ``joined`` words of which
    one depends on the other; ``counted`` numbers with what they count; ``near`` and ``nearer``
    words that are a few steps of the parse apart; ``predicates`` are what it says that something
    is; ``of_deeds`` verbs, each with the words that are said of it and of no other verb;
    ``objects`` verbs with their objects; ``hedges`` verbs, or what something is said to be, with
    what makes them less sure. ``whole`` is False for what says nothing of anything, such as *1781.*
    or *The answer is 13 days.*, for a question, and for what breaks off.
    """

    lemmas: tuple[str, ...]
    nouns: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    denies: bool
    passive: bool
    roles: frozenset[Role]
    joined: frozenset[frozenset[str]]
    counted: frozenset[frozenset[str]]
    near: frozenset[frozenset[str]]
    nearer: frozenset[frozenset[str]]
    predicates: frozenset[str]
    of_deeds: frozenset[tuple[str, str]]
    objects: frozenset[tuple[str, str]]
    hedges: frozenset[tuple[str, str]]
    whole: bool


def read_sentence(text: str) -> Reading:
    """A sentence's words, by spaCy."""
    doc = _pipeline()(text)
    tokens = [token for token in doc if not token.is_space and not token.is_punct]
    content = [token for token in tokens if _tells(token)]
    return Reading(
        tuple(_lemma(token) for token in content),
        frozenset(_lemma(token) for token in content if token.pos_ == "NOUN"),
        frozenset(_lemma(token) for token in tokens if token.pos_ == "PROPN"),
        frozenset(each.replace(",", "") for each in _NUMBER.findall(text)),
        bool({token.lower_ for token in tokens} & _DENIALS),
        any(token.dep_ in _PASSIVE for token in tokens),
        frozenset(_roles(tokens)),
        frozenset(_joined(content)),
        frozenset(_counted(content)),
        frozenset(_near(content, _NEAR)),
        frozenset(_near(content, _NEAR_NUMBERS)),
        frozenset(_lemma(token) for token in tokens if token.dep_ in _WHAT_IT_IS),
        frozenset(_of_deeds(content)),
        frozenset((_lemma(token.head), _lemma(token)) for token in content if token.dep_ == "dobj"),
        frozenset(_hedges(tokens)),
        bool(_ENDS.search(text))
        and any(token.dep_ in _SUBJECTS and _lemma(token) not in _FILLERS for token in tokens),
    )


def _tells(token: Any) -> bool:
    carries = token.pos_ in _CONTENT and (not token.is_stop or token.lower_ in _SINGLING)
    return (carries or token.like_num) and _lemma(token) not in _FILLERS


def _joined(content: Sequence[Any]) -> Iterator[frozenset[str]]:
    """Each word with the nearest above it in the parse that tells something."""
    telling = {token.i for token in content}
    for token in content:
        above = next((each for each in token.ancestors if each.i in telling), None)
        if above is not None:
            yield frozenset((_lemma(token), _lemma(above)))


def _counted(content: Sequence[Any]) -> Iterator[frozenset[str]]:
    """Each number with the words that tell of what it is a number: four, Grammy."""
    for token in content:
        for other in token.head.children if token.like_num else ():
            if other.dep_ in ("amod", "compound") and other in content and not other.like_num:
                yield frozenset((_lemma(token), _lemma(other)))


def _roles(tokens: Sequence[Any]) -> Iterator[Role]:
    """What is done (its lemma), a word of a name, and whether that does it or has it done to it."""
    for token in tokens:
        verb, role = token.head, _ROLES.get(token.dep_)
        if token.dep_ == "pobj" and verb.dep_ == "agent":
            verb, role = verb.head, "doer"
        elif verb.dep_ == "acl" and verb.tag_ == "VBN" and token.dep_ == "agent":
            yield from _of_name(verb, verb.head, "done to")
        if role is not None:
            yield from _of_name(verb, token, role)


def _of_deeds(content: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Each word with the verb that it is said of; words that are said of none are left out.

    That is the nearest verb above it; but where another verb stands between the two in the
    sentence, a parser may have joined them wrongly, and only who does it or has it done to them is
    taken for sure: for the others stands ``IN_DOUBT``.
    """
    verbs = [token for token in content if token.pos_ == "VERB"]
    for token in content:
        verb = next((each for each in token.ancestors if each in verbs), None)
        if verb is None or token in verbs:
            continue
        low, high = sorted((token.i, verb.i))
        parted = any(low < each.i < high for each in verbs)
        sure = not parted or _plays_a_role(token, verb)
        yield _lemma(verb) if sure else IN_DOUBT, _lemma(token)


def _plays_a_role(token: Any, verb: Any) -> bool:
    """Whether it is, or belongs to, who does it or what it is done to."""
    while token.head.i != verb.i and (token.dep_ in _OF_A_NOUN or _is_of(token)):
        token = token.head
    return token.head.i == verb.i and token.dep_ in _ROLES


def _is_of(token: Any) -> bool:
    """Whether it is *of*, or what *of* is said with."""
    return token.lower_ == "of" or (token.dep_ == "pobj" and token.head.lower_ == "of")


def _hedges(tokens: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Each verb with what makes it less sure; for *is*, what it says that something is."""
    for hedge in tokens:
        if hedge.dep_ in ("aux", "advmod") and hedge.lower_ in _HEDGES:
            said = [each for each in hedge.head.children if each.dep_ in _WHAT_IT_IS]
            if hedge.head.lemma_ == "be" and said:
                yield from ((_lemma(each), hedge.lower_) for each in said)
            elif hedge.head.pos_ == "VERB" and _tells(hedge.head):
                yield _lemma(hedge.head), hedge.lower_


def _of_name(verb: Any, token: Any, role: str) -> Iterator[Role]:
    for word in (token, *(each for each in token.children if each.dep_ == "compound")):
        yield _lemma(verb), _lemma(word), role


def _near(content: Sequence[Any], steps: int) -> Iterator[frozenset[str]]:
    """All pairs of words at most a few steps of the parse apart."""
    telling = {token.i: _lemma(token) for token in content}
    for token in content:
        reached, front = {token.i}, [token]
        for _ in range(steps):
            beside = [other for each in front for other in (each.head, *each.children)]
            front = [each for each in beside if each.i not in reached]
            reached |= {each.i for each in front}
        for place in reached & telling.keys():
            yield frozenset((_lemma(token), telling[place]))


def _lemma(token: Any) -> str:
    """A word in one form. Names keep theirs; *higher* is not *highest*, nor *high*."""
    own = token.pos_ == "PROPN" or token.tag_ in _COMPARED
    found: str = token.lower_ if own else token.lemma_.casefold()
    return found


def _pipeline() -> Any:
    return load_english(without=("ner",))
