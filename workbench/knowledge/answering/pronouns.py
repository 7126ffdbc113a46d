"""Pronouns that a question says without what they stand for.

Only the last question of a chat is answered, so that *Where was he born?* could be of anybody.
"""

from __future__ import annotations

import re

from workbench.knowledge.retrieval.asked_for import AUXILIARIES
from workbench.knowledge.retrieval.asking_forms import put_plainly
from workbench.knowledge.words import FUNCTION_WORDS, word_set

_WORD = re.compile(r"[^\W_]+")
_PERSONS = word_set("he she him her his hers himself herself")
_THINGS = word_set("it its they them their theirs itself themselves")
_DETERMINERS = word_set("the a an this that these those each every any some which what whose")
# *When he died, how old was Franz?* names him later.
_NAMED_LATER = re.compile(r"^(?:when|after|before|while|as|if|although|though|since)\b[^?]*,", re.I)
_ASKING = word_set("what which")
_SUBJECTS = word_set("he she it they")
_LEAST_BEFORE = 2  # content words without a capital or an article: *did ada sommer ... she*


def lone_pronoun(question: str) -> str | None:
    """The first pronoun that stands for nothing in its question, as it is written; None without.

    *It* and *they* also stand for nothing at all (*Is it true that ...*): they are taken for lone
    only where the question names and describes nothing whatever.
    """
    question = put_plainly(question)
    words = _WORD.findall(question)
    for at, word in enumerate(words):
        low = word.casefold()
        if low in _PERSONS:
            before = words if _NAMED_LATER.match(question.strip()) else words[:at]
        elif low in _THINGS:
            before = words
        else:
            continue
        if not _names_something(before[: _asked_for(words, at)] + before[at:]):
            return word
    return None


def _asked_for(words: list[str], at: int) -> int:
    """Where words begin that a pronoun cannot stand for, since they ask; its own place without any.

    *In what year was he born?* asks for a year, which is not he; but the poet of *Which poet
    drowned while she swam?* is she.
    """
    if words[at].casefold() not in _SUBJECTS or not at:
        return at
    low = [word.casefold() for word in words[:at]]
    start = next((place for place in reversed(range(at)) if low[place] in _ASKING), at)
    plain = all(word.islower() for word in words[start + 1 : at])
    helped = [place for place in range(start, at) if low[place] in AUXILIARIES]
    said = _DETERMINERS.isdisjoint(low[start + 1 : at])
    return start if plain and said and helped == [at - 1] else at


def _names_something(words: list[str]) -> bool:
    content = [
        at
        for at, word in enumerate(words)
        if len(word) > 1 and word.casefold() not in FUNCTION_WORDS | _PERSONS | _THINGS
    ]
    capital = any(words[at][0].isupper() or not words[at].isascii() for at in content)
    described = any(at > 0 and words[at - 1].casefold() in _DETERMINERS for at in content)
    return capital or described or len(content) >= _LEAST_BEFORE
