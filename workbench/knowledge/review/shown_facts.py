"""What a proposal changes of what is stated: fact by fact, and as a picture with what is around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.differences import Difference
from workbench.knowledge.shared.statements import Statement

if TYPE_CHECKING:
    from workbench.knowledge.views.picture import Change, DrawnFact, Picture

MOST_DRAWN = 120  # facts in the picture
_SIGNS: Mapping[str, Change] = {"+": "came", "-": "went", "~": "changed"}


@dataclass(frozen=True)
class ShownFact:
    """A statement or decision that came (``+``), went (``-``) or changed (``~``).

    Attributes:
        key: Its key in the state.
        kind: ``statement`` or ``decision``.
        said: In words, as it is; of one that went, as it was.
        sources: What it rests on, with the sign of each: some may have come or gone.
        note: What else is said of it.
        became: What changed, field by field: name, before, after.
        there: Whether it is there after the change, so that one can comment on it.
    """

    sign: str
    key: str
    kind: str
    said: str
    sources: tuple[tuple[str, str], ...] = ()
    note: str = ""
    became: tuple[tuple[str, str, str], ...] = ()
    there: bool = True


def show_facts(change: Difference, before: Contents, after: Contents) -> tuple[ShownFact, ...]:
    """What changed of statements and decisions, those of one subject together."""
    found = []
    for each in change.values:
        sides = (before.statements, after.statements)
        if each.kind == "decision":
            old_made, new_made = before.decisions.get(each.key), after.decisions.get(each.key)
            found.append(((1, "", ""), _decision(each.key, old_made, new_made)))
            continue
        old, new = (side.get(each.key) for side in sides)
        told = new or old
        assert told is not None, "a change has a side"
        found.append(((0, told.subject, told.relation), _statement(each.key, old, new)))
    return tuple(fact for _, fact in sorted(found, key=lambda pair: (pair[0], pair[1].said)))


def _statement(key: str, old: Statement | None, new: Statement | None) -> ShownFact:
    told = new or old
    assert told is not None
    sign = "+" if old is None else "-" if new is None else "~"
    was, now = (set() if each is None else {*each.sources} for each in (old, new))
    if sign == "~":
        sources = tuple(
            (" " if each in was & now else "+" if each in now else "-", each)
            for each in sorted(was | now)
        )
    else:
        sources = tuple((" ", each) for each in sorted(was | now))
    became = () if old is None or new is None else _became(old, new)
    return ShownFact(sign, key, "statement", str(told), sources, told.note, became, new is not None)


def _became(old: Statement, new: Statement) -> tuple[tuple[str, str, str], ...]:
    told = [
        (field.name, str(getattr(old, field.name) or ""), str(getattr(new, field.name) or ""))
        for field in fields(Statement)
        if field.name != "sources" and getattr(old, field.name) != getattr(new, field.name)
    ]
    return tuple((name.replace("_", " "), was, now) for name, was, now in told)


def _decision(key: str, old: Decision | None, new: Decision | None) -> ShownFact:
    told = new or old
    assert told is not None
    sign = "+" if old is None else "-" if new is None else "~"
    became: list[tuple[str, str, str]] = []
    if old is not None and new is not None:
        pairs = (("verdict", old.verdict, new.verdict), ("reason", old.reason, new.reason))
        became = [each for each in pairs if each[1] != each[2]]
    return ShownFact(
        sign, key, "decision", str(told), (), told.reason, tuple(became), new is not None
    )


def picture_of(
    name: str, facts: tuple[ShownFact, ...], before: Contents, after: Contents
) -> Picture | None:
    """What changes among the statements, and those that do not around the same names.

    None where no statement changes. Of more than ``MOST_DRAWN`` those that change come first.
    """
    from workbench.knowledge.views.layout import place_entities
    from workbench.knowledge.views.picture import DrawnEntity, Picture

    signs = {each.key: each.sign for each in facts if each.kind == "statement"}
    if not signs:
        return None
    said = {**before.statements, **after.statements}
    ends = {key: (name_key(each.subject), name_key(each.object)) for key, each in said.items()}
    touched = {end for key in signs for end in ends[key]}
    around = [key for key in sorted(said) if key not in signs and touched & {*ends[key]}]
    kept = [*sorted(signs), *around][:MOST_DRAWN]
    names: dict[str, str] = {}
    for key in kept:
        for end, told in zip(ends[key], (said[key].subject, said[key].object), strict=True):
            names.setdefault(end, told)
    number = {end: place for place, end in enumerate(names)}
    pairs = [(number[ends[key][0]], number[ends[key][1]]) for key in kept]
    places = place_entities(len(names), pairs).tolist()
    were, are = ({end for key in side.statements for end in ends[key]} for side in (before, after))
    drawn = tuple(
        DrawnEntity(
            end, told, (told,), (), sum(number[end] in pair for pair in pairs), x, y,
            change="came" if end not in were else "went" if end not in are else "",
        )
        for (end, told), (x, y) in zip(names.items(), places, strict=True)
    )  # fmt: skip
    lines = tuple(
        _drawn(said[key], pair, _SIGNS.get(signs.get(key, ""), ""))
        for key, pair in zip(kept, pairs, strict=True)
    )
    left_out = len({end for key in (*signs, *around) for end in ends[key]}) - len(names)
    title = f"What it changes in {name}"
    return Picture(name, title, None, 0, "none", ("then",), drawn, lines, (), left_out)


def _drawn(said: Statement, pair: tuple[int, int], change: Change) -> DrawnFact:
    from workbench.knowledge.views.picture import DrawnFact

    return DrawnFact(
        pair[0], said.relation, pair[1], said.valid_from, said.valid_to, confidence=1.0,
        inferred=False, rule=None, words="; ".join(said.sources) or said.note or "no source",
        document=None, start=0, end=0, places=len(said.sources), times=((0, 0),), change=change,
    )  # fmt: skip
