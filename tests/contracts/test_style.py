"""Sizes and names: what ruff does not look at."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
MOST_LINES, MOST_FUNCTION_LINES = 400, 50
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}
# Longer for a reason that stands beside it. An entry that is no longer needed fails the test.
LONG: dict[str, str] = {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring and decorators."""
    assert function.end_lineno is not None
    told = 0
    if ast.get_docstring(function) is not None:
        told = (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
    return function.end_lineno - function.lineno + 1 - told


def faults(name: str, source: str) -> dict[str, str]:
    """What is wrong with a module, by place."""
    found = {}
    lines = len(source.splitlines())
    if lines > MOST_LINES:
        found[name] = f"{lines} lines"
    if Path(name).stem in DRAWERS or DRAWERS & set(Path(name).parent.parts):
        found[name] = "a drawer for anything"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = code_lines(node)
            if length > MOST_FUNCTION_LINES:
                found[f"{name}:{node.name}"] = f"{length} lines"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            found[f"{name}:{node.lineno}"] = "prints"
    return found


def test_the_package_keeps_to_its_sizes_and_names(tracked: list[Path]) -> None:
    found: dict[str, str] = {}
    for path in tracked:
        if path.suffix == ".py" and path.parts[0] in ("workbench", "tools"):
            seen = faults(str(path), (REPO / path).read_text("utf-8"))
            if path.parts[0] == "tools":  # scripts, which may talk
                seen = {place: fault for place, fault in seen.items() if fault != "prints"}
            found.update(seen)
    assert {place: fault for place, fault in found.items() if place not in LONG} == {}
    assert set(LONG) <= set(found), "an exception that is not needed any more"
    assert all(LONG.values())


@pytest.mark.parametrize(
    ("name", "source", "seen"),
    [
        ("a/b.py", "x = 1\n" * 400, {}),
        ("a/b.py", "x = 1\n" * 401, {"a/b.py": "401 lines"}),
        ("a/utils.py", "", {"a/utils.py": "a drawer for anything"}),
        ("a/common/b.py", "", {"a/common/b.py": "a drawer for anything"}),
        ("a/b.py", "if 1:\n    print('x')", {"a/b.py:2": "prints"}),
        ("a/b.py", "def f():\n" + "    x = 1\n" * 50, {"a/b.py:f": "51 lines"}),
        ("a/b.py", 'def f():\n    """Do.\n\n    It.\n    """\n' + "    x = 1\n" * 49, {}),
    ],
)
def test_each_fault_is_seen(name: str, source: str, seen: dict[str, str]) -> None:
    assert faults(name, source) == seen
