"""Base forms of English words, with what the form said: past, plural, comparative.

Only forms that are known for certain are reduced: a word that ends like a form of another and is
not in the lists stays as it is, which costs a hit and never makes a wrong one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from .words import groups, words

_VOWELS = frozenset("aeiou")
_WITHOUT_PLURAL = words("without_plural")


@dataclass(frozen=True, slots=True)
class Form:
    """A word's base form, and what its own form says beside.

    ``tense`` is ``past`` or empty, ``plural`` holds for plurals and third persons alike, which
    look the same; ``degree`` is ``more``, ``most`` or empty; ``doing`` is an -ing form.
    """

    lemma: str
    tense: str = ""
    plural: bool = False
    degree: str = ""
    doing: bool = False


@functools.cache
def _forms() -> dict[str, Form]:
    """Every form that the lists give."""
    known: dict[str, Form] = {}
    for base, *pasts in groups("irregular_verbs"):
        _add_present(known, base)
        for past in pasts:
            if past != base:
                known.setdefault(past, Form(base, tense="past"))
    for base in sorted(words("regular_verbs")):
        _add_present(known, base)
        for past in _with_ending(base, "ed"):
            known.setdefault(past, Form(base, tense="past"))
    for base in sorted(words("same_past")):
        _add_present(known, base)
    for plural, base in groups("irregular_plurals"):
        known[plural] = Form(base, plural=True)
    for base in sorted(words("adjectives")):
        for ending, degree in (("er", "more"), ("est", "most")):
            for made in _with_ending(base, ending):
                known[made] = Form(base, degree=degree)
    known |= {word: Form(base, degree=how) for word, base, how in groups("irregular_degrees")}
    known["left"] = Form("left")  # a side, more often than a departure
    known["found"] = Form("found")
    known["lay"] = Form("lay")
    known["saw"] = Form("see", tense="past")
    known["felt"] = Form("feel", tense="past")
    known["born"] = Form("born")
    known["building"] = Form("build", doing=True)
    return known


@functools.cache
def verbs() -> frozenset[str]:
    """The base forms of all verbs in the lists."""
    irregular = (base for base, *_ in groups("irregular_verbs"))
    return frozenset((*irregular, "do", "have", "be")) | words("regular_verbs") | words("same_past")


def _add_present(known: dict[str, Form], base: str) -> None:
    known.setdefault(base, Form(base))
    for doing in _with_ending(base, "ing"):
        known.setdefault(doing, Form(base, doing=True))
    if base.endswith("y") and base[-2] not in _VOWELS:
        known.setdefault(f"{base[:-1]}ies", Form(base, plural=True))
    elif base.endswith(("s", "x", "z", "ch", "sh", "o")):
        known.setdefault(f"{base}es", Form(base, plural=True))
    else:
        known.setdefault(f"{base}s", Form(base, plural=True))


def _with_ending(base: str, ending: str) -> list[str]:
    """How a base may be written with an ending that begins with a vowel."""
    if base.endswith("ie") and ending == "ing":
        return [f"{base[:-2]}ying"]
    if base.endswith("e"):
        # "seeing", "agreeing": the e stays before -ing where there are two.
        stem = base if base.endswith("ee") and ending == "ing" else base[:-1]
        return [stem + ending]
    if base.endswith("y") and base[-2] not in _VOWELS and ending != "ing":
        return [f"{base[:-1]}i{ending}"]
    closed = len(base) > 2 and base[-1] not in "aeiouwxy" and base[-2] in _VOWELS
    if closed and base[-3] not in _VOWELS:
        doubled = f"{base}{base[-1]}{ending}"
        syllables = sum(
            letter in _VOWELS and (place == 0 or base[place - 1] not in _VOWELS)
            for place, letter in enumerate(base)
        )
        return [doubled] if syllables == 1 else [base + ending, doubled]
    return [base + ending]


@functools.lru_cache(maxsize=8192)
def form_of(word: str) -> Form:
    """The base form of a word in lower case."""
    found = _forms().get(word)
    if found is not None:
        return found
    if len(word) > 3 and word.endswith("s") and word not in _WITHOUT_PLURAL:
        if word.endswith(("ss", "us", "is")):
            return Form(word)
        if word.endswith("ies") and len(word) > 4:
            return Form(f"{word[:-3]}y", plural=True)
        if word.endswith(("xes", "ches", "shes", "sses", "zzes")):
            return Form(word[:-2], plural=True)
        return Form(word[:-1], plural=True)
    return Form(word)
