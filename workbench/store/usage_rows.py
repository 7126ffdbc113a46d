"""One settlement: what a call did use, as a row. Nothing of the prompt's or the answer's text."""

from __future__ import annotations

import functools
import json
import operator
import secrets
import sqlite3
import time
from dataclasses import dataclass, field, fields
from typing import Any

from workbench.core.errors import InputError

NANO = 1_000_000_000


@dataclass(frozen=True)
class UsageRow:
    """What one call used.

    ``settlement_id`` makes a row exactly one: a second of the same id changes nothing.
    ``time_s`` is when it was settled; days and months of budgets go by it. ``sketch`` stands for
    the prompt without being it (``serving/sketches.py``), ``sketch_kind`` says how it was made.
    """

    request_id: str
    key_id: str
    user: str
    model_asked: str
    model_served: str = ""
    backend: str = ""
    route: str | None = None
    endpoint: str = ""
    dialect: str = ""
    status: int = 200
    error_code: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float = 0.0
    queue_s: float | None = None
    time_to_first_token_s: float | None = None
    duration_s: float | None = None
    stream: bool = False
    cache: str | None = None
    fallbacks: tuple[str, ...] = ()
    prompt_chars: int | None = None
    language: str | None = None
    task: str | None = None
    sketch_kind: str | None = None
    sketch: bytes | None = field(default=None, repr=False)
    time_s: float = field(default_factory=time.time)
    settlement_id: str = field(default_factory=lambda: f"set_{secrets.token_hex(12)}")

    @property
    def tokens(self) -> int:
        """Of the prompt and the answer together: what limits count."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class UsageText:
    """The words of a call, kept only where the setting ``usage_prompt_text`` is on.

    ``prompt`` is JSON: the messages of a chat, or the texts of another call. ``form`` is JSON as
    well, an object that says what the words do not: ``kind`` (chat, completion, embedding),
    ``answers`` (how many stand in ``completion``, one behind the other) and ``finish``; where they
    are so, ``begun`` (the last message is the answer's beginning), ``schema`` (it is JSON that was
    asked for), ``tools``, ``tool_choice`` and ``parallel`` (what was offered) and ``tool_calls``
    (what the answer called).
    """

    prompt: str = field(repr=False)
    completion: str = field(default="", repr=False)
    form: str | None = field(default=None, repr=False)


_FIELDS = tuple(each.name for each in fields(UsageRow))
COLUMNS = tuple("cost_nano_usd" if name == "cost_usd" else name for name in _FIELDS)
_read = operator.attrgetter(*_FIELDS)
_COST, _STREAM, _FALLBACKS = map(_FIELDS.index, ("cost_usd", "stream", "fallbacks"))
_STATUS, _ERROR_CODE = map(_FIELDS.index, ("status", "error_code"))
_STORED = frozenset({str, float, bytes, type(None)})
_HOLES = f"({', '.join('?' for _ in COLUMNS)})"
_INTO = f"INSERT OR IGNORE INTO usage ({', '.join(COLUMNS)}) VALUES "
INSERT = _INTO + _HOLES


@functools.cache
def insert_rows(count: int) -> str:
    """The statement that writes so many rows; their values stand one behind the other."""
    return _INTO + ", ".join([_HOLES] * count)


def to_nano(usd: float) -> int:
    """Money as whole billionths of a dollar: sums of it are exact."""
    return round(usd * NANO)


def row_values(row: UsageRow) -> tuple[Any, ...]:
    """The row as the table holds it.

    Raises:
        InputError: A value cannot be stored: it is no text, no number, or too large.
    """
    values = list(_read(row))
    try:
        values[_COST] = to_nano(row.cost_usd)
        values[_STREAM] = int(row.stream)
        values[_FALLBACKS] = json.dumps(row.fallbacks) if row.fallbacks else None
        "".join([value for value in values if type(value) is str]).encode()
        for name, value in zip(_FIELDS, values, strict=True):
            kind = type(value)
            if kind is int:
                if not -(2**63) <= value < 2**63:
                    raise ValueError(f"{name} is too large")
            elif kind not in _STORED and not isinstance(value, (str, int, float, bytes)):
                raise TypeError(f"{name} is {kind.__name__}")
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"a settlement cannot be stored: {error}") from None
    return tuple(values)


def as_failed(values: tuple[Any, ...], status: int, error_code: str) -> tuple[Any, ...]:
    """A row's values with another end, unless it told of an error already."""
    if not isinstance(values[_STATUS], int) or values[_STATUS] >= 400:  # no status: none is stored
        return values
    changed = list(values)
    changed[_STATUS], changed[_ERROR_CODE] = status, error_code
    return tuple(changed)


def read_row(row: sqlite3.Row) -> UsageRow:
    """A settlement from its row."""
    values = {name: row[name] for name in COLUMNS}
    values["cost_usd"] = values.pop("cost_nano_usd") / NANO
    values["stream"] = bool(values["stream"])
    values["fallbacks"] = tuple(json.loads(values["fallbacks"] or "[]"))
    return UsageRow(**values)
