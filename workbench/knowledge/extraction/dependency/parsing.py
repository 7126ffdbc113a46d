"""Sentences read without what is put into them.

The small parser stumbles over *Kūkai (born Saeki no Mao, posthumously called Kōbō Daishi) was a
monk* and over *The Río de la Plata, also called the River Plate, is an estuary*, and then finds no
subject. So brackets, and the other names before the first verb, are taken out, the rest is read as
the sentence that it is, each insertion as a sentence of its own, and all of it is put together
again in the order of the page: an insertion hangs on the word before it, as ``parataxis``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .people import name_people
from .tree import Token

INSERTED = "parataxis"
"""The label that an insertion hangs on the sentence with."""

_MOST = 60  # tokens; a bracket that goes on for longer was probably never closed
_NAMES_BEFORE_VERB = re.compile(
    r",\s+(?:(?:also|better|best|commonly|formerly|formally|often|sometimes|popularly|originally|"
    r"usually|historically|simply|or|officially|born|n[ée]e|informally|previously|Latini[sz]ed|"
    r"posthumously|professionally|more|known|called|nicknamed|pen name|"
    r"stylized|stylised|abbreviated|referred to|spelled|aka|in full|colloquially|alternatively|"
    r"traditionally|meaning|from)\b)"
    r"(?:[^.;:()—]{1,160}?),\s+(?=(?:is|was|are|were|refers|has been|had been)\b)"
)
_BEFORE_FIRST_VERB = re.compile(r"\b(?:is|was|are|were|has|had|refers)\b")


def parse_without_insertions(
    pipeline: Any, texts: Iterable[str], *, batch_size: int
) -> Iterator[Any]:
    """Documents as the pipeline would give them, with insertions read apart, in order."""
    wholes = [pipeline.make_doc(text) for text in texts]
    orders = [_reading_order(doc, _insertions(doc)) for doc in wholes]
    for doc, order in zip(wholes, orders, strict=True):
        if order is None:
            _join(doc, doc)
    reduced = (
        doc if order is None else _reordered(doc, order)
        for doc, order in zip(wholes, orders, strict=True)
    )
    for doc, order, parsed in zip(
        wholes, orders, pipeline.pipe(reduced, batch_size=batch_size), strict=True
    ):
        made = parsed if order is None else _put_together(doc, order, parsed)
        name_people(made)
        yield made


def _insertions(doc: Any) -> list[tuple[int, int]]:
    """Tokens from and to (excluded) of what is taken out, in order and apart from each other."""
    found, at = [], 0
    names = _other_names(doc)
    while at < len(doc):
        if doc[at].text == "(":
            end = _closed(doc, at)
            if end is not None:
                found.append((at, end))
                at = end
                continue
        if at in names:
            found.append((at, names[at]))
            at = names[at]
            continue
        at += 1
    return [each for each in found if each[0] > 0]


def _closed(doc: Any, start: int) -> int | None:
    depth = 0
    for each in doc[start : start + _MOST]:
        depth += (each.text == "(") - (each.text == ")")
        if depth == 0:
            return int(each.i) + 1
    return None


def _other_names(doc: Any) -> dict[int, int]:
    """*, also called X,* before the first verb of the text: from comma to comma."""
    verb = None
    for found in _NAMES_BEFORE_VERB.finditer(doc.text, 0, 400):
        before = doc.text[: found.start()]
        line = before.rfind("\n") + 1
        if re.search(r"[.!?]\s", before[line:]) or _BEFORE_FIRST_VERB.search(before[line:]):
            continue
        verb = doc.char_span(found.start(), found.end(), alignment_mode="contract")
        if verb is not None and len(verb):
            last = verb[-1]
            end = last.i if last.is_space else last.i + 1
            return {verb.start: end}
    return {}


def _reading_order(doc: Any, insertions: list[tuple[int, int]]) -> list[list[int]] | None:
    """The tokens of the text without insertions, then those of each without its brackets."""
    if not insertions and not any(_is_regnal(each) for each in doc):
        return None
    taken = {index for start, end in insertions for index in range(start, end)}
    groups = [[each.i for each in doc if each.i not in taken]]
    for start, end in insertions:
        inner = list(range(start, end))
        if doc[start].text in {"(", ","}:
            inner = inner[1:]
        if inner and doc[inner[-1]].text in {")", ","}:
            inner = inner[:-1]
        groups.append(inner)
    return [each for each in groups if each]


def _is_regnal(token: Token) -> bool:
    """Whether *I* is a number in a name, as in *Khosrow I* and *World War I*."""
    if token.text != "I" or token.i == 0:
        return False
    before = token.nbor(-1).text
    return before[:1].isupper() and before[1:].islower() and before not in _BEFORE_ME


_BEFORE_ME = frozenset(
    {"And", "But", "If", "When", "That", "As", "What", "Am", "Do", "Should", "May", "Can", "Have",
     "Then", "Because", "While", "Since", "Where", "Why", "How", "So", "Or", "Before", "After"}
)  # fmt: skip
_ENDS = frozenset({".", "!", "?", "…", '"', "”", "’", "'", ")", "]", ":", ";", "–", "—", "*", "-"})


def _join(made: Any, whole: Any) -> None:
    """Let no sentence begin in the midst of a line where nothing ended one."""
    for each in made[1:]:
        before = made[each.i - 1]
        if not each.is_sent_start and not (
            before.is_space or before.text in _ENDS or before.text[-1] in ".!?"
        ):
            each.is_sent_start = False


def _reordered(doc: Any, groups: list[list[int]]) -> Any:
    from spacy.tokens import Doc

    order = [index for group in groups for index in group]
    made = Doc(
        doc.vocab,
        words=["II" if _is_regnal(doc[index]) else doc[index].text for index in order],
        spaces=[bool(doc[index].whitespace_) for index in order],
    )
    at = 0
    for group in groups[1:]:
        at = at or len(groups[0])
        made[at].is_sent_start = True
        at += len(group)
    _join(made, doc)
    return made


def _put_together(doc: Any, groups: list[list[int]], parsed: Any) -> Any:
    """The parse of the groups, on the tokens as they stand in the text."""
    from spacy.tokens import Doc

    order = [index for group in groups for index in group]
    place = {index: at for at, index in enumerate(order)}
    group_of = {index: number for number, group in enumerate(groups) for index in group}
    heads, deps = [], []
    anchor = 0
    for each in doc:
        at = place.get(each.i)
        if at is None:  # a bracket or comma of an insertion
            heads.append(anchor)
            deps.append("punct")
            continue
        token = parsed[at]
        head = order[token.head.i]
        if group_of[each.i] == 0:
            anchor = each.i
            heads.append(head)
            deps.append(token.dep_)
        elif head == each.i:
            heads.append(anchor)
            deps.append(INSERTED)
        else:
            heads.append(head)
            deps.append(token.dep_)

    def told(attribute: str, otherwise: str) -> list[str]:
        return [
            getattr(parsed[place[each.i]], attribute) if each.i in place else otherwise
            for each in doc
        ]

    made = Doc(
        doc.vocab,
        words=[each.text for each in doc],
        spaces=[bool(each.whitespace_) for each in doc],
        tags=told("tag_", ""),
        pos=told("pos_", "PUNCT"),
        lemmas=told("lemma_", ""),
        heads=heads,
        deps=deps,
        ents=_names(doc, place, parsed),
    )
    return made


def _names(doc: Any, place: dict[int, int], parsed: Any) -> list[str]:
    """The names of the parse, in the tags that spaCy reads; one that was cut in two is two."""
    found = []
    for each in doc:
        at = place.get(each.i)
        token = parsed[at] if at is not None else None
        if token is None or not token.ent_type_:
            found.append("O")
        elif at is not None and token.ent_iob_ == "I" and place.get(each.i - 1) == at - 1:
            found.append(f"I-{token.ent_type_}")
        else:
            found.append(f"B-{token.ent_type_}")
    return found
