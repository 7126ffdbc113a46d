"""located_in by what stands between two places: *the Lucayan Archipelago in the Atlantic Ocean*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .geography import DIRECTIONS, SEA_SIDE, is_placelike
from .reading import Found, Passage
from .tree import NOUNS, Phrase, Token, has_article, is_place, noun_phrase, objects


def find_place_chains(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*Lucayan Archipelago in the Atlantic Ocean*, *Rome, Italy*: by what stands between two."""
    doc = passage.doc
    for token in sentence:
        if not is_placelike(token) and not (
            token.ent_type_ == "ORG" and token.lemma_.lower() in _SEATED
        ):
            continue
        if token.dep_ in {"compound", "nmod", "poss"} and token.head.i > token.i:
            continue
        inner = noun_phrase(token)
        at = inner.end
        if at + 1 >= sentence.end or passage.is_person(inner):
            continue
        after = doc[at].lower_
        if after == "of" and is_placelike(token):
            coast = next((each for each in objects(token, "of") if is_place(each)), None)
            if token.lemma_.lower() in SEA_SIDE and coast is not None:
                at = noun_phrase(coast).end
                inner = Phrase(token, inner.start, at)
                after = doc[at].lower_ if at + 1 < sentence.end else ""
        if after == "," and doc[at + 1].lower_ == "in" and is_place(token):
            after, at = "in", at + 1
        if after != "," and token.dep_ == "pobj" and token.head.lower_ == "of":
            continue
        if after not in {"in", "within", ","} or at + 1 >= sentence.end:
            continue
        outer = _next_place(doc, at + 1, sentence.end, listed=after == ",")
        if outer is None or outer.i == token.i:
            continue
        if after == "," and not _is_address(doc, inner, outer):
            continue
        rule = "address" if after == "," else "place_chain"
        yield Found(rule, inner, "located_in", noun_phrase(outer))


_SEATED = word_set("university college school institute museum library academy cathedral hospital")


def _next_place(doc: Any, at: int, end: int, *, listed: bool) -> Token | None:
    """The place that begins at a token, past an article, a direction and *the state of*."""
    if listed:
        last = at
        while last < end and (doc[last].lower_ in DIRECTIONS or doc[last].pos_ == "PROPN"):
            last += 1
        found = doc[last - 1] if last > at else None
        return found if found is not None and found.ent_type_ in {"GPE", "LOC"} else None
    for each in doc[at : min(end, at + 8)]:
        of = each.i + 1 < end and each.nbor().lower_ == "of"
        common = each.pos_ == "NOUN" and of and each.lemma_.lower() not in SEA_SIDE
        placelike = each.pos_ in NOUNS and is_placelike(each) and not common
        if placelike and each.dep_ not in {"compound", "nmod", "amod"}:
            return each
        if each.pos_ in {"VERB", "AUX", "PUNCT", "PRON"} and each.text != "-":
            return None
        if each.pos_ == "NOUN" and not of and each.dep_ not in {"compound", "nmod"}:
            return None
        if each.pos_ == "ADP" and each.lower_ != "of":
            return None
    return None


def _is_address(doc: Any, inner: Phrase, outer: Token) -> bool:
    """Whether *A, B* is a place in a place and no list: nothing is joined before or after it."""
    before = doc[inner.start - 1] if inner.start else None
    if before is not None and before.pos_ == "DET" and inner.start > 1:
        before = doc[inner.start - 2]
    led = before is not None and before.pos_ == "ADP"
    end = noun_phrase(outer).end
    rest = doc[end : min(end + 8, outer.sent.end)]
    if not led or has_article(outer) or inner.head.ent_type_ not in {"GPE", "LOC", "FAC", "ORG"}:
        return False
    if len(rest) and (rest[0].lower_ in {"and", "or"} or rest[0].tag_ == "POS"):
        return False
    if len(rest) > 2 and rest[0].text == "," and rest[1].lower_ in {"and", "or"}:
        return rest[2].pos_ not in {"PROPN", "DET"}
    return not (
        len(rest) > 3
        and rest[0].text == ","
        and any(each.lower_ in {"and", "or"} for each in rest[2:])
    )
