"""Passive questions as active ones: ``how is cheese made`` as ``how do people make cheese``.

Only where nobody is named who does it, or where the one who does it is what is asked: then no two
names can change places. A word counts as a participle only if it is a known verb's.
"""

from __future__ import annotations

import re

from .lemmas import form_of

_BE = r"(is|are|was|were)"
_BEHIND = r"((?: (?:in|on|at|for|with|from|during) .*)?)"  # where or when, left where it stands
_HOW = re.compile(rf"^ (how|where|when) {_BE} (.+?) (\S+){_BEHIND} $")
_BY_WHOM = re.compile(
    rf"^ (?:by whom {_BE} (.+?) (\S+)|whom? {_BE} (.+?) (\S+) by) $".replace(
        "whom?", "(?:who|whom)"
    )
)
_OF_WHOM = re.compile(rf"^ (.+?) {_BE} (\S+) by (?:who|whom) $")
_BY_WHICH = re.compile(rf"^ (.+?) {_BE} (\S+) by (?:which|what) (.+?) $")
_WHAT_BY = re.compile(rf"^ what {_BE} (\S+) by (.+?) $")
_ANYBODY = re.compile(r"^ (how|where|when) (do|does|did) (?:they|people) (\S+) (.+?) $")
_PAST = frozenset(("was", "were", "did"))


def make_active(sentence: str) -> str:
    """A question in the active voice, if it is a passive one of the kinds that are known."""
    if " by " in sentence:
        return _by_whom(sentence)
    found = _HOW.match(sentence)
    if found is not None:
        asked, be, object_, participle, behind = found.groups()
        verb = _verb(participle)
        if verb is not None and object_.split()[-1] not in ("being", "been", "not"):
            return _anybody(asked, be in _PAST, verb, object_, behind)
    found = _ANYBODY.match(sentence)
    if found is not None and form_of(found[3]).lemma == found[3]:
        asked, do, verb, object_ = found.groups()
        if asked != "how" or do == "did":
            return _anybody(asked, do in _PAST, verb, object_, "")
    return sentence


def _anybody(asked: str, past: bool, verb: str, object_: str, behind: str) -> str:
    if asked == "how" and not past:
        return f" how to {verb} {object_}{behind} "
    return f" {asked} {'did' if past else 'do'} {verb} {object_}{behind} "


def _by_whom(sentence: str) -> str:
    found = _BY_WHOM.match(sentence)
    if found is not None:
        be, object_, participle = (each for each in found.groups() if each is not None)
        return _who(sentence, be, object_, participle)
    found = _OF_WHOM.match(sentence)
    if found is not None:
        return _who(sentence, found[2], found[1], found[3])
    found = _BY_WHICH.match(sentence)
    if found is not None and (verb := _verb(found[3])) is not None:
        return f" which {found[4]} {found[3] if found[2] in _PAST else verb} {found[1]} "
    found = _WHAT_BY.match(sentence)
    if found is not None and (verb := _verb(found[2])) is not None:
        return f" what {'did' if found[1] in _PAST else 'do'} {found[3]} {verb} "
    return sentence


def _who(sentence: str, be: str, object_: str, participle: str) -> str:
    verb = _verb(participle)
    return sentence if verb is None else f" who {participle if be in _PAST else verb} {object_} "


def _verb(word: str) -> str | None:
    """The verb of a participle; None if the word is none."""
    form = form_of(word)
    return form.lemma if form.tense else None
