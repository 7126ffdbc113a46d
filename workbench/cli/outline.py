"""Nested results as an outline: a name and its value a line, tables where there are rows."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import click

from workbench.cli.drawing import print_table, terminal_columns

_STEP = 2
_LONGEST_LINE = 60


def print_outline(plain: dict[str, Any], *, indent: int = 0) -> None:
    """Print an object of plain data.

    Names stand in a column with what fits beside them; what does not stands below, further in.
    """
    width = max((len(name) for name in plain), default=0)
    for name, value in plain.items():
        said = "none" if value in ([], {}) else in_one_line(value)
        if said is not None:
            _print_line(f"{'':<{indent}}{name:<{width}}  ", said)
            continue
        click.echo(f"{'':<{indent}}{name}")
        if isinstance(value, dict):
            print_outline(value, indent=indent + _STEP)
        elif all(isinstance(row, dict) for row in value):
            print_rows(value, indent=indent + _STEP)
        else:
            for item in value:
                told = in_one_line(item)
                text = json.dumps(item, ensure_ascii=False) if told is None else told
                click.echo(f"{'':<{indent + _STEP}}{text}")


def _print_line(head: str, text: str) -> None:
    """One line; in a terminal a long text goes on below its beginning."""
    room = terminal_columns()
    if room is None or len(head) + len(text) <= room or len(head) > room - 20:
        click.echo((head + text).rstrip())
        return
    for number, line in enumerate(textwrap.wrap(text, room - len(head))):
        click.echo((head if number == 0 else " " * len(head)) + line)


def print_rows(rows: list[dict[str, Any]], *, indent: int = 0) -> None:
    """Print objects as a table, without the columns that are empty in each."""
    names = [name for name in rows[0] if any(row.get(name) not in _NOTHING for row in rows)]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    print_table(names, cells, indent=indent)


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value  # the table puts numbers to the right
    said = in_one_line(value, longest=None)
    return json.dumps(value, ensure_ascii=False) if said is None else said


def in_one_line(value: Any, *, longest: int | None = _LONGEST_LINE) -> str | None:
    """A value as text, ``name value`` pairs and items with commas; None where it needs more."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, (str, int)):
        return "" if value is None else str(value)
    if isinstance(value, dict):
        parts = [(f"{name} ", item) for name, item in value.items()]
    else:
        parts = [("", item) for item in value]
    if any(isinstance(item, (dict, list)) for _, item in parts):
        return None
    text = ", ".join(f"{name}{in_one_line(item)}".strip() for name, item in parts)
    return text if longest is None or len(text) <= longest else None
