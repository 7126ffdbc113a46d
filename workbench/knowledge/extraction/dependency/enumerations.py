"""Lists as they stand on the page: *A, B (1951), C of D; E and F*.

The parser often hangs the middle of a long list on the wrong word. The punctuation seldom lies: a
list is noun phrases parted by commas or semicolons that ends with *and* or *or*.
"""

from __future__ import annotations

from .tree import Token

_INSIDE = frozenset({"ADJ", "NOUN", "PROPN", "NUM", "X", "INTJ"})
_LEADING = frozenset({"DET", "ADV", "PRON"})
_FINITE = frozenset({"VBZ", "VBD", "VBP", "MD"})
_JOINTS = frozenset({"-", "–", "/", "'", "’", "&", "[", "]", '"', "“", "”"})


def enumerated(head: Token, *, before_verb: bool = False) -> list[Token]:
    """The head nouns of the list that begins with a noun; empty if no list is closed there.

    What a verb follows is rather the subject of a new clause than a member, unless the list is a
    subject itself (``before_verb``).
    """
    doc, end = head.doc, head.sent.end
    found, at = [head], _after(head)
    while at < end:
        first, closes = _separators(doc, at, end)
        if first == at:
            break
        noun = _noun_phrase_head(doc, first, end)
        if noun is None:
            return []
        after = _after(noun)
        if closes and not before_verb and after < end and doc[after].tag_ in _FINITE:
            return []
        found.append(noun)
        at = after
        if closes and (at >= end or doc[at].text not in {",", ";"} or not _goes_on(doc, at, end)):
            return found
    return []


def _separators(doc: Token, at: int, end: int) -> tuple[int, bool]:
    """Where the next member begins, and whether it is the last."""
    closes = False
    while at < end and (doc[at].text in {",", ";"} or doc[at].lower_ in {"and", "or"}):
        closes = closes or doc[at].lower_ in {"and", "or"}
        at += 1
    if at + 2 < end and doc[at : at + 3].text.lower() == "as well as":
        return at + 3, True
    return at, closes


def _noun_phrase_head(doc: Token, at: int, end: int) -> Token | None:
    while at < end and (doc[at].pos_ in _LEADING or doc[at].text in {'"', "“"}):
        at += 1
    last = None
    while at < end:
        token = doc[at]
        modifies = token.pos_ == "VERB" and token.tag_ in {"VBN", "VBG"} and at + 1 < end
        if token.pos_ in _INSIDE:
            last = token if token.pos_ != "NUM" or last is None else last
        elif token.text not in _JOINTS and not (modifies and doc[at + 1].pos_ in _INSIDE):
            if token.tag_ == "VBG" and last is None:
                return token
            break
        at += 1
    return last


def _after(noun: Token) -> int:
    """Where what belongs to a member ends: brackets, and *of ...*."""
    doc, end = noun.doc, noun.sent.end
    at = noun.i + 1
    while at < end:
        if doc[at].text == "(":
            while at < end and doc[at].text != ")":
                at += 1
            at += 1
        elif doc[at].lower_ == "of" or doc[at].tag_ == "POS":
            inner = _noun_phrase_head(doc, at + 1, end)
            if inner is None:
                return at
            at = inner.i + 1
        elif doc[at].text in {'"', "”", "’", "'"}:
            at += 1
        else:
            return at
    return at


def _goes_on(doc: Token, at: int, end: int) -> bool:
    """Whether after *and X* comes another separator with *and*: *flora and fauna; and erotica*."""
    semicolon = doc[at].text == ";"
    return semicolon and any(each.lower_ in {"and", "or"} for each in doc[at:end])
