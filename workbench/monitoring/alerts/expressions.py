"""A metric: arithmetic over named figures, read by Python's own grammar and worked out here.

Nothing of it is ever run as Python: names, numbers, ``+ - * /``, ``min`` and ``max`` are all.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass

Lookup = Callable[[str], tuple[float | None, str]]
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max}
_MOST_CHARS = 300


@dataclass(frozen=True)
class Metric:
    """A metric as it was written, and the names in it in order of appearance."""

    text: str
    names: tuple[str, ...]

    def value(self, lookup: Lookup) -> tuple[float | None, str]:
        """The figure now, or None and why there is none."""
        found: dict[str, float] = {}
        for name in self.names:
            value, why = lookup(name)
            if value is None:
                return None, why
            found[name] = value
        try:
            value = _work_out(ast.parse(self.text, mode="eval").body, found)
        except ZeroDivisionError:
            return None, f"{self.text} divides by zero"
        except OverflowError:
            return None, f"{self.text} is larger than any number"
        return (value, "") if math.isfinite(value) else (None, f"{self.text} is no finite number")


def parse_metric(text: str, *, check: Callable[[str], None] = lambda name: None) -> Metric:
    """Read a metric.

    Args:
        text: Such as ``samples.disk_free_bytes / samples.disk_total_bytes``.
        check: Called with each name; raises ValueError for one that is not known.

    Raises:
        ValueError: It is no such expression, or names nothing.
    """
    if len(text) > _MOST_CHARS:
        raise ValueError(f"a metric of {len(text)} characters; at most {_MOST_CHARS}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is no metric, such as samples.a / samples.b") from None
    names: list[str] = []
    _collect(tree, names)
    if not names:
        raise ValueError(f"{text!r} names nothing that is measured")
    for name in names:
        check(name)
    return Metric(text.strip(), tuple(dict.fromkeys(names)))


def _collect(node: ast.expr, names: list[str]) -> None:
    """Gather names; refuse what is not arithmetic."""
    match node:
        case ast.Attribute():
            names.append(_dotted(node))
        case ast.Constant(value=value) if type(value) in (int, float):
            pass
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            _collect(left, names)
            _collect(right, names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _collect(operand, names)
        case ast.Call(func=ast.Name(id=name), args=[_, _, *_] as args, keywords=[]) if (
            name in _FUNCTIONS
        ):
            for each in args:
                _collect(each, names)
        case _:
            raise ValueError(
                f"{ast.unparse(node)!r} cannot stand in a metric: names such as samples.cpu_share, "
                "numbers, + - * /, min and max can"
            )


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=inner, attr=attribute):
            return f"{_dotted(inner)}.{attribute}"
        case ast.Name(id=name):
            return name
    raise ValueError(f"{ast.unparse(node)!r} is no name")


def _work_out(node: ast.expr, values: dict[str, float]) -> float:
    match node:
        case ast.Attribute():
            return values[_dotted(node)]
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATORS[type(operator)](_work_out(left, values), _work_out(right, values))
        case ast.UnaryOp(operand=operand):
            return -_work_out(operand, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_work_out(each, values) for each in args))
    raise AssertionError("what was collected can be worked out")
