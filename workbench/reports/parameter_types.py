"""The types that a notebook's parameter may have, as its cell spells them.

``int``, ``float``, ``bool``, ``str``, ``Path``, ``Literal[...]``, ``list[...]`` of one of these,
and ``... | None``.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCALARS = {"int", "float", "bool", "str", "Path"}
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True)
class TypeSpec:
    """One type. ``kind`` is a scalar's name, ``literal`` or ``list``.

    ``choices`` belong to a literal, ``item`` to a list. ``optional`` allows None.
    """

    kind: str
    text: str
    choices: tuple[Any, ...] = ()
    item: TypeSpec | None = None
    optional: bool = False


def parse_type(annotation: ast.expr) -> TypeSpec:
    """The type that an annotation spells.

    Raises:
        ValueError: It is none of those that a parameter may have.
    """
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return parse_type(ast.parse(annotation.value, mode="eval").body)
    text = ast.unparse(annotation)
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        sides = [annotation.left, annotation.right]
        kept = [side for side in sides if ast.unparse(side) != "None"]
        if len(kept) == 1:
            inner = parse_type(kept[0])
            return TypeSpec(inner.kind, text, inner.choices, inner.item, optional=True)
    name = text.partition("[")[0].rpartition(".")[2]
    if isinstance(annotation, ast.Subscript):
        if name == "Literal":
            return TypeSpec("literal", text, choices=_choices(annotation.slice))
        if name in ("list", "List"):
            return TypeSpec("list", text, item=parse_type(annotation.slice))
    elif text in _SCALARS:  # not `pathlib.Path`: a value is written back as `Path("...")`
        return TypeSpec(text, text)
    raise ValueError(
        f"its type is {text!r}; allowed are {', '.join(sorted(_SCALARS))}, Literal[...], "
        "list[...] and ... | None"
    )


def type_of(value: Any) -> TypeSpec:
    """The type of a default whose parameter states none.

    Raises:
        ValueError: A parameter may not have such a value.
    """
    if isinstance(value, list) and value:
        items = {type_of(item) for item in value}
        if len(items) == 1:
            item = items.pop()
            return TypeSpec("list", f"list[{item.text}]", item=item)
    name = "Path" if isinstance(value, Path) else type(value).__name__
    if name in _SCALARS:
        return TypeSpec(name, name)
    raise ValueError(f"{value!r} needs a type beside it, as in `name: type = value`")


def fits(kind: TypeSpec, value: Any) -> bool:
    """Whether a value is of the type. A whole number is a float too; True is not a number."""
    if value is None:
        return kind.optional
    if kind.kind == "literal":
        return any(value == choice and type(value) is type(choice) for choice in kind.choices)
    if kind.kind == "list":
        item = kind.item
        return isinstance(value, list) and item is not None and all(fits(item, v) for v in value)
    if isinstance(value, bool):
        return kind.kind == "bool"
    if kind.kind == "float":
        return isinstance(value, (int, float)) and math.isfinite(value)
    return isinstance(value, {"int": int, "bool": bool, "str": str, "Path": Path}[kind.kind])


def parse_text(kind: TypeSpec, text: str) -> Any:
    """Take text for a value of the type.

    Raises:
        ValueError: Not all of the text is such a value.
    """
    if kind.optional and text == "None":
        return None
    if kind.kind == "str":
        return text
    if kind.kind == "Path":
        if not text.strip():
            raise ValueError(text)
        return Path(text)
    if kind.kind == "literal":
        return _parse_choice(kind, text)
    stripped = text.strip()
    if kind.kind == "bool":
        if stripped.lower() not in _WORDS:
            raise ValueError(text)
        return _WORDS[stripped.lower()]
    if kind.kind == "int":
        if not _WHOLE.fullmatch(stripped):  # int() also takes "1_000" and other scripts' digits
            raise ValueError(text)
        return int(stripped)
    if kind.kind == "float":
        return float(stripped)
    return _parse_list(kind, stripped)


def _parse_choice(kind: TypeSpec, text: str) -> Any:
    for choice in kind.choices:
        if text == str(choice):
            return choice
    raise ValueError(text)


def _parse_list(kind: TypeSpec, text: str) -> list[Any]:
    """``[1, 2]`` as Python and JSON write it."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, TypeError) as error:
        raise ValueError(text) from error
    if not isinstance(value, list):
        raise ValueError(text)
    if kind.item is not None and kind.item.kind == "Path":
        return [Path(item) if isinstance(item, str) else item for item in value]
    return value


def _choices(node: ast.expr) -> tuple[Any, ...]:
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(ast.literal_eval(item) for item in items)
