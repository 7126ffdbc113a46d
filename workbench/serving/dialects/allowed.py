"""What a field of a request may be, in words: from the struct's types, with both their bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

_PART = re.compile(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]")  # of msgspec's paths, as `messages[0].content`
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def choices_at(struct: Any, path: str) -> list[Any]:
    """The values that a field of few may have, e.g. the roles at ``messages[0].role``."""
    kinds, tags = _kinds_at(struct, path)
    found = [
        value for kind in kinds if isinstance(kind, inspect.LiteralType) for value in kind.values
    ]
    return sorted({*found, *tags}, key=str)


def words_at(struct: Any, path: str) -> str:
    """What may stand at a path: "a whole number, at least 1 and at most 128, or null".

    Empty where the struct does not say what is there.
    """
    kinds, _ = _kinds_at(struct, path)
    said = list(dict.fromkeys(words for kind in kinds for words in _words(kind)))
    said.sort(key="null".__eq__)  # last
    if len(said) < 2:
        return "".join(said)
    comma = "," if any("," in words for words in said) else ""
    return f"{', '.join(said[:-1])}{comma} or {said[-1]}"


def _kinds_at(struct: Any, path: str) -> tuple[list[inspect.Type], list[Any]]:
    """The types that may stand at a path, and the tags if it is one that tells structs apart."""
    kinds, tags = list(_each(inspect.type_info(struct))), list[Any]()
    for name, _ in _PART.findall(path):
        structs = [kind for kind in kinds if isinstance(kind, inspect.StructType)]
        tags = [kind.tag for kind in structs if name and kind.tag_field == name]
        if name:
            parts = [
                field.type for kind in structs for field in kind.fields if field.encode_name == name
            ]
        else:
            names = ("item_type", "value_type")
            items = (getattr(kind, each, None) for kind in kinds for each in names)
            parts = [item for item in items if item is not None]
        kinds = [kind for part in parts for kind in _each(part)]
    return kinds, tags


def _each(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from _each(part)
    elif isinstance(kind, inspect.Metadata):
        yield from _each(kind.type)
    else:
        yield kind


def _words(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.IntType():
            return ["a whole number" + _bounds(kind)]
        case inspect.FloatType():
            return ["a number" + _bounds(kind)]
        case inspect.StrType():
            return ["text" + _length(kind, "character")]
        case inspect.ListType():
            return ["a list" + _length(kind, "item")]
        case inspect.BoolType():
            return ["true", "false"]
        case inspect.NoneType():
            return ["null"]
        case inspect.LiteralType():
            return [msgspec.json.encode(value).decode() for value in kind.values]
        case inspect.StructType() | inspect.DictType():
            return ["an object"]
    return ["JSON"]


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    said = [
        f"{words} {value}"
        for name, words in _BOUNDS.items()
        if (value := getattr(kind, name)) is not None
    ]
    return f", {' and '.join(said)}" if said else ""


def _length(kind: inspect.StrType | inspect.ListType, noun: str) -> str:
    least, most = kind.min_length, kind.max_length
    if most is not None:
        return f" of {f'{least} to' if least else 'at most'} {most} {noun}s"
    return f" of at least {least} {noun}{'s' if least != 1 else ''}" if least else ""
