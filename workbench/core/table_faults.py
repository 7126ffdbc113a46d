"""What is wrong with a table of settings, in our words: a key that nobody knows with those that may
have been meant, a value with what is allowed instead.

Rooms check their tables of ``workbench.toml``, and files of their own, by models of pydantic. Its
messages are for programmers ("extra inputs are not permitted"), and they name no key that is near.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .near_names import meant, near_names
from .schema import numbers_text

_CHOICES = re.compile(r"\^\(?([\w|-]+)\)?\$")
_UNIONS = (typing.Union, types.UnionType)
_PLAIN = {str: "text", bool: "true or false", dict: "a table", list: "a list"}


@dataclass(frozen=True)
class TableFault:
    """What is wrong, and at which key: its parts joined with dots, empty for the table itself."""

    key: str
    said: str

    def __str__(self) -> str:
        return f"{self.key or 'it'}: {self.said}"


def fault_of(error: Any, model: Any) -> TableFault:
    """The first fault that a model of pydantic found in a table.

    A key that is misspelt is often one that is missing as well; the slip is what is told.

    Args:
        error: pydantic's ``ValidationError``.
        model: The model that it comes from.
    """
    faults = error.errors(include_url=False)
    first = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    if first["type"] == "extra_forbidden":
        return _unknown(first["loc"], model)
    where, annotation, rules = _follow(first["loc"], model)
    if first["type"] == "missing":
        return TableFault(where, "it is missing")
    if first["type"].startswith("value_error"):  # our own words, from a validator
        return TableFault(where, first["msg"].removeprefix("Value error, "))
    allowed = _allowed(annotation, rules)
    if allowed is None:
        return TableFault(where, f"{first['msg'][:1].lower()}{first['msg'][1:]}")
    found = first["input"]
    near = near_names(found, _choices(annotation, rules)) if isinstance(found, str) else []
    more = f"; {meant(near)}" if near else ""
    return TableFault(where, f"it must be {allowed}, found {_shown(found)}{more}")


def _unknown(where: tuple[Any, ...], model: Any) -> TableFault:
    key, annotation, _ = _follow(where[:-1], model)
    known = _keys(annotation)
    near = near_names(str(where[-1]), known)
    said = meant(near) if near else f"it has: {', '.join(known)}" if known else ""
    name = f"{key}.{where[-1]}" if key else str(where[-1])
    return TableFault(name, f"there is no such key{'; ' if said else ''}{said}")


def _keys(model: Any) -> list[str]:
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _follow(where: tuple[Any, ...], model: Any) -> tuple[str, Any, tuple[Any, ...]]:
    """A place's key, and the type and rules of what stands there, as far as the models tell.

    pydantic names the branch of a union in between (``list[str]``), which is no key.
    """
    parts: list[str] = []
    annotation: Any = model
    rules: tuple[Any, ...] = ()
    around = annotation
    for part in where:
        if typing.get_origin(annotation) in _UNIONS:
            break
        if part == "[key]":  # not the value is at fault, but its name
            annotation, rules = _bare(typing.get_args(around)[0])
            break
        parts.append(str(part))
        around, (annotation, rules) = annotation, _within(annotation, part)
    return ".".join(parts), annotation, rules


def _within(annotation: Any, part: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type of a part of a table, a list or a mapping; None where it is not told."""
    if fields := getattr(annotation, "model_fields", None):
        field = next((f for name, f in fields.items() if part in (name, f.alias)), None)
        return _bare(field.annotation, tuple(field.metadata)) if field else (None, ())
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(origin, type) and inner:
        return _bare(inner[-1 if issubclass(origin, Mapping) else 0])
    return None, ()


def _bare(annotation: Any, rules: tuple[Any, ...] = ()) -> tuple[Any, tuple[Any, ...]]:
    """A type without ``| None``, and the rules that stand around it."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _bare(typing.get_args(annotation)[0], (*rules, *annotation.__metadata__))
    if typing.get_origin(annotation) in _UNIONS:
        kept = [each for each in typing.get_args(annotation) if each is not type(None)]
        if len(kept) == 1:
            return _bare(kept[0], rules)
    return annotation, rules


def _allowed(annotation: Any, rules: tuple[Any, ...]) -> str | None:
    """What a value may be, in words; None where we have none."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if choices := _choices(annotation, rules):
        return " or ".join(", ".join(map(repr, choices)).rsplit(", ", 1))
    if origin in _UNIONS:
        told = [_allowed(part, ()) for part in parts if part is not type(None)]
        return None if None in told else " or ".join(dict.fromkeys(map(str, told)))
    number = numbers_text(_with_rules(annotation, rules))
    if number is not None:
        return number
    if origin in (list, tuple) and parts:
        inner = _allowed(parts[0], ())
        return f"a list of {inner}" if inner in ("text",) else "a list"
    if hasattr(annotation, "model_fields"):
        return "a table"
    words = _PLAIN.get(origin or annotation)
    is_filled = any((getattr(rule, "min_length", None) or 0) > 0 for rule in rules)
    return f"{words}, not empty" if words and is_filled else words


def _with_rules(annotation: Any, rules: tuple[Any, ...]) -> Any:
    """The type with its bounds beside it, as a signature has them."""
    return typing.Annotated[(annotation, *rules)] if rules else annotation


def _choices(annotation: Any, rules: tuple[Any, ...]) -> list[str]:
    if typing.get_origin(annotation) is typing.Literal:
        return [str(each) for each in typing.get_args(annotation)]
    for rule in rules:
        found = _CHOICES.fullmatch(str(getattr(rule, "pattern", None) or ""))
        if found:
            return found[1].split("|")
    return []


def _shown(found: Any) -> str:
    if isinstance(found, Mapping):
        return "a table"
    if isinstance(found, bool):
        return str(found).lower()
    return f"{found!r:.80}"
