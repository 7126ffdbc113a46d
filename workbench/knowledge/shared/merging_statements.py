"""Merging statements and decisions: by what they say and what they are about."""

from __future__ import annotations

from collections.abc import Mapping

from .conflicts import Conflict
from .decisions import Decision
from .single_values import two_values
from .statements import Statement
from .three_ways import merge_by_key


def merge_statements(
    base: Mapping[str, Statement], ours: Mapping[str, Statement], theirs: Mapping[str, Statement]
) -> tuple[dict[str, Statement], list[Conflict]]:
    """The statements of two branches together, with what cannot be."""
    merged, conflicts = merge_by_key(base, ours, theirs, _merge_fields, told=_told)
    new_here = {key for key in ours if key not in base}
    new_there = {key for key in theirs if key not in base}
    for one, other in two_values(merged.values()):
        here, there = (one, other) if one.key in new_here else (other, one)
        # What one side alone says twice is for the checks.
        if here.key in new_here - new_there and there.key in new_there - new_here:
            said = f"here {here}, there {there}: {here.relation} has one value"
            what = f"{here.subject} {here.relation}"
            keys = (here.key, there.key)
            conflicts.append(Conflict("values", what, said, keys, str(here), str(there)))
    return merged, conflicts


def merge_decisions(
    base: Mapping[str, Decision], ours: Mapping[str, Decision], theirs: Mapping[str, Decision]
) -> tuple[dict[str, Decision], list[Conflict]]:
    """The decisions of two branches together, with what cannot be."""
    return merge_by_key(base, ours, theirs, _merge_verdicts, told=_told)


def _told(value: object) -> tuple[str, str]:
    return str(value), str(value)


def _merge_fields(
    key: str, old: Statement | None, mine: Statement, other: Statement
) -> tuple[Statement, list[Conflict]]:
    """Field by field; sources are a set, of two spellings of a name the first in order stays."""
    conflicts = []
    fields: dict[str, str | None] = {}
    for name in ("subject", "object", "valid_to", "note"):
        was = None if old is None else getattr(old, name)
        here, there = getattr(mine, name), getattr(other, name)
        if here == there or (old is not None and there == was):
            fields[name] = here
        elif old is not None and here == was:
            fields[name] = there
        elif name in ("subject", "object"):
            fields[name] = min(here, there)
        elif old is None and not (here and there):  # only one side says it
            fields[name] = here or there
        else:
            fields[name] = here
            said = f"{name} is {here!r} here and {there!r} there"
            sides = (str(here or ""), str(there or ""))
            conflicts.append(Conflict("field", str(mine), said, (key,), *sides))
    before = set() if old is None else {*old.sources}
    here_too, there_too = {*mine.sources}, {*other.sources}
    sources = (before & here_too & there_too) | (here_too - before) | (there_too - before)
    merged = Statement(
        str(fields["subject"]), mine.relation, str(fields["object"]), mine.valid_from,
        fields["valid_to"], tuple(sources), str(fields["note"] or ""),
    )  # fmt: skip
    return merged, conflicts


def _merge_verdicts(
    key: str, old: Decision | None, mine: Decision, other: Decision
) -> tuple[Decision, list[Conflict]]:
    if mine.verdict == other.verdict:  # for two reasons, which are both kept
        reasons = sorted({each.reason for each in (mine, other) if each.reason})
        return Decision(mine.kind, mine.about, mine.verdict, "; ".join(reasons)), []
    if old is not None and mine.verdict == old.verdict:
        return other, []
    if old is not None and other.verdict == old.verdict:
        return mine, []
    said = f"{mine} here, and {other} there"
    return mine, [Conflict("decision", str(mine), said, (key,), str(mine), str(other))]
