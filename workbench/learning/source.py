"""A lab's one source: a Python file in percent format with solutions; the notebooks are made of it.

    # %% [markdown]
    # Text, as comments.

    # %%
    ### BEGIN SOLUTION
    answer = 42
    ### STUB
    # answer = ...
    ### END SOLUTION

The student's copy has the stub, without its ``# ``, where the solution stood. A solution in a cell
belongs to the question that ``check("...")`` asks for next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError

from .catalogue import SOURCE, LabSpec

BEGIN, STUB, END = "### BEGIN SOLUTION", "### STUB", "### END SOLUTION"
_CELL = re.compile(r"^# %%(.*)$")
_CHECK = re.compile(r"""\bcheck\(["'](\w+)["']\)""")
_COMMENT = re.compile(r"^(\s*)# ?")


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook: its text, and whether it is code."""

    code: bool
    text: str


def read_cells(spec: LabSpec, *, solutions: bool) -> list[Cell]:
    """The cells of a lab, with its solutions or with the stubs in their place.

    Raises:
        InputError: A solution is not ended, or has no stub.
    """
    path = spec.folder / SOURCE
    cells = []
    for code, lines in _blocks(path.read_text(encoding="utf-8")):
        if not code:
            lines = [line[2:] if line.startswith("# ") else line.lstrip("#") for line in lines]
        else:
            lines = list(_choose(lines, path, solutions=solutions))
        text = "\n".join(lines).strip("\n")
        if text:
            cells.append(Cell(code, text))
    return cells


def solution_of(spec: LabSpec, question: str) -> str:
    """The solution of one question as the source has it. Raises InputError if it has none."""
    path, kept = spec.folder / SOURCE, []
    for code, lines in _blocks(path.read_text(encoding="utf-8")):
        if code and any(line.strip() == BEGIN for line in lines):
            kept.append("\n".join(_choose(lines, path, solutions=True)).strip("\n"))
        asked = _CHECK.search("\n".join(lines)) if code else None
        if asked and asked.group(1) == question and kept:
            return "\n\n".join(kept)
        if asked:
            kept = []
    raise InputError(f"{path} has no solution of {question!r}")


def notebook_text(spec: LabSpec, *, solutions: bool = False) -> str:
    """The notebook as its file's text; the same source gives the same bytes."""
    cells = [
        _cell(cell, number) for number, cell in enumerate(read_cells(spec, solutions=solutions))
    ]
    told: dict[str, Any] = {"lab": spec.name}
    if spec.begin_here:
        told["begin_here"] = True
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": python,
            "language_info": {"name": "python"},
            "workbench": told,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_code(notebook: Path) -> tuple[str | None, list[str]]:
    """The lab that a notebook says it is, and the text of its code cells in order.

    Raises:
        InputError: It is no notebook.
    """
    try:
        told = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [cell for cell in told["cells"] if cell["cell_type"] == "code"]
        texts = ["".join(cell["source"]) for cell in cells]
        name = told.get("metadata", {}).get("workbench", {}).get("lab")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{notebook} is no notebook that can be read: {error}",
            hint="open it in JupyterLab and save it again",
        ) from None
    return (name if isinstance(name, str) else None), texts


def _cell(cell: Cell, number: int) -> dict[str, Any]:
    lines = cell.text.splitlines(keepends=True)
    common: dict[str, Any] = {"id": f"cell-{number:03}", "metadata": {}, "source": lines}
    if cell.code:
        return {"cell_type": "code", "execution_count": None, "outputs": [], **common}
    return {"cell_type": "markdown", **common}


def _blocks(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Whether a cell is code, with its lines. What stands before the first cell is left out."""
    code, begun = True, False
    lines: list[str] = []
    for line in text.splitlines():
        mark = _CELL.match(line)
        if mark:
            if begun:
                yield code, lines
            code, lines, begun = "[markdown]" not in mark.group(1), [], True
        else:
            lines.append(line)
    if begun:
        yield code, lines


def _choose(lines: list[str], path: Path, *, solutions: bool) -> Iterator[str]:
    """The lines without the marks, and of each region the solution or the stub."""
    where, stubs = "text", 0
    for line in lines:
        mark = line.strip()
        if mark == BEGIN and where == "text":
            where, stubs = "solution", 0
        elif mark == STUB and where == "solution":
            where = "stub"
        elif mark == END and where == "stub" and stubs:
            where = "text"
        elif mark in (BEGIN, STUB, END):
            raise InputError(f"{path}: {mark!r} has no place after {where!r}")
        elif where == "stub":
            stubs += 1
            if not solutions:
                yield _COMMENT.sub(r"\1", line)
        elif where == "text" or solutions:
            yield line
    if where != "text":
        raise InputError(f"{path}: a solution is not ended by {END!r}")
