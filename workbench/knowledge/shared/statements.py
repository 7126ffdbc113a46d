"""Statements: facts that people state, each with its sources."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.core.errors import InputError
from workbench.knowledge.extraction.names import name_key, shown
from workbench.knowledge.states import is_date
from workbench.store.documents import check_text, dump_document

MOST_CHARS = 2000
_NUMBERS = re.compile(r"^-?\d+|\d+")
RELATION = re.compile(r"[^\W\d]\w*")
_FIELDS = ("subject", "relation", "object", "valid_from", "valid_to", "sources", "note")


@dataclass(frozen=True)
class Statement:
    """That somebody says: subject, relation, object.

    Attributes:
        subject: A name as it is written.
        relation: One word: ``born_in``.
        object: A name, a number or a date as it is written.
        valid_from: Since when it is so, as much of YYYY-MM-DD as is known.
        valid_to: Until when.
        sources: Where it is said: ``page:PATH``, ``page:PATH#words that stand there``, or the words
            of a reference elsewhere. Sorted, each once.
        note: More about it.
    """

    subject: str
    relation: str
    object: str
    valid_from: str | None = None
    valid_to: str | None = None
    sources: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("subject", "object"):
            value = getattr(self, name)
            check_text(value, what=f"a statement's {name}")
            object.__setattr__(self, name, shown(value))
        if not RELATION.fullmatch(self.relation):
            raise InputError(f"{self.relation!r:.80} is no relation", hint="one word: born_in")
        for name in ("valid_from", "valid_to"):
            value = getattr(self, name)
            if value is not None and not is_date(value):
                raise InputError(f"{value!r:.80} is no date", hint="1995, 1995-06 or 1995-06-30")
        for each in (self.subject, self.object, self.note, *self.sources):
            if len(each) > MOST_CHARS or "\0" in each:
                raise InputError(f"{each!r:.60}... is too long for a statement, or no text")
        object.__setattr__(self, "sources", tuple(sorted(set(self.sources))))

    @cached_property
    def key(self) -> str:
        """What it says, however names are spelt: statements of one key are one."""
        said = (name_key(self.subject), self.relation, name_key(self.object), self.valid_from)
        return hashlib.sha256(dump_document(said, what="a statement").encode()).hexdigest()

    @property
    def ends_too_early(self) -> bool:
        """Whether it ends before it begins, as far as both dates are known."""
        if self.valid_from is None or self.valid_to is None:
            return False
        begins, ends = (
            [int(n) for n in _NUMBERS.findall(each)] for each in (self.valid_from, self.valid_to)
        )
        return ends[: len(begins)] < begins[: len(ends)]

    def plain(self) -> dict[str, Any]:
        """It as plain data; what is not said is left out."""
        found = {name: getattr(self, name) for name in _FIELDS}
        return {name: value for name, value in found.items() if value not in (None, (), "")}

    def __str__(self) -> str:
        since = f" since {self.valid_from}" if self.valid_from else ""
        until = f" until {self.valid_to}" if self.valid_to else ""
        return f"{self.subject} {self.relation} {self.object}{since}{until}"


def require_in_time(before: Mapping[str, Statement], after: Mapping[str, Statement]) -> None:
    """Raise InputError if a statement that comes or is changed ends before it begins."""
    for key, said in after.items():
        if said.ends_too_early and said != before.get(key):
            raise InputError(
                f"{said}: it ends before it begins", hint="valid_from is the earlier of the two"
            )


def read_statement(value: Mapping[str, Any]) -> Statement:
    """A statement from plain data.

    Raises:
        InputError: It has not the fields of one, or one of them is wrong.
    """
    if not isinstance(value, Mapping) or not {"subject", "relation", "object"} <= {*value}:
        raise InputError(f"{value!r:.120} is no statement", hint="subject, relation and object")
    if unknown := sorted({*value} - {*_FIELDS}):
        raise InputError(f"a statement has no field {unknown[0]!r:.80}", hint=", ".join(_FIELDS))
    said = dict(value)
    sources = said.pop("sources", ())
    if not isinstance(sources, (list, tuple)):
        raise InputError("a statement's sources are a list")
    if not all(isinstance(each, str) for each in (*said.values(), *sources) if each is not None):
        raise InputError(f"a statement's fields are texts: {value!r:.120}")
    return Statement(**said, sources=tuple(sources))
