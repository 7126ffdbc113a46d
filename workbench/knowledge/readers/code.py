"""Code by its functions and classes: Python by its syntax, other languages by their outline."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any

from .decoding import declared_in, decode
from .reading import Reading, Script

# A line that begins something at the left margin of most languages with braces or `end`.
_OUTLINE = re.compile(
    r"^(?:(?:export|default|public|private|protected|static|async|pub|unsafe|inline|extern|final"
    r"|abstract|local)\s+)*(?:function|func|fn|def|class|struct|enum|interface|trait|impl|module"
    r"|namespace|type|object|record|sub|proc)\b\s*\*?\s*([A-Za-z_$][\w$]*)?"
)
_CALLED = re.compile(r"^[A-Za-z_][\w\s*&<>:,\[\]]*?\b([A-Za-z_]\w*)\s*\([^;]*$")


def read_python(content: bytes) -> Reading:
    """Functions and methods, and what stands between them."""
    text, encoding = decode(content, declared=declared_in(content, kind="code"))
    script = Script()
    whole = add_python(script, text)
    note = "" if whole else "its syntax is no Python's; it was cut at empty lines"
    return script.finish(encoding=encoding, note=note)


def add_python(script: Script, text: str, **place: Any) -> bool:
    """Add Python by its functions; whether it could be parsed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another's code: an escape that is none
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _add_outlined(script, lines, **place)
        return False
    at = 1
    for name, first, last in _definitions(tree, ""):
        _add_lines(script, lines, at, first - 1, **place)
        _add_lines(script, lines, first, last, function=name, **place)
        at = last + 1
    _add_lines(script, lines, at, len(lines), **place)
    return True


def _definitions(node: ast.AST, outer: str) -> Iterator[tuple[str, int, int]]:
    """Name, first and last line of each function; a class stands for itself up to its first."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = [child.lineno, *(each.lineno for each in child.decorator_list)]
            yield outer + child.name, min(lines), child.end_lineno or child.lineno
        elif isinstance(child, ast.ClassDef):
            yield from _definitions(child, f"{outer}{child.name}.")


def _add_lines(script: Script, lines: list[str], first: int, last: int, **place: Any) -> None:
    while first <= last and not lines[first - 1].strip():
        first += 1
    if first <= last:
        script.add("\n".join(lines[first - 1 : last]), "code", line=first, **place)


def read_other_code(content: bytes) -> Reading:
    """Code of another language, cut where something begins at the left margin."""
    text, encoding = decode(content)
    script = Script()
    _add_outlined(script, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return script.finish(encoding=encoding)


def _add_outlined(script: Script, lines: list[str], **place: Any) -> None:
    start, name = 1, None
    for number, line in enumerate(lines, start=1):
        found = _OUTLINE.match(line) or _CALLED.match(line)
        if found and number > start:
            _add_lines(script, lines, start, number - 1, function=name, **place)
            start = number
        if found:
            name = found[1]
    _add_lines(script, lines, start, len(lines), function=name, **place)
