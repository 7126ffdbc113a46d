"""Tables that sort and filter where scripts run, and are plain HTML tables where they do not."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.plain import to_plain
from workbench.studio.markup import escape, number, size, style

_FILTER_FROM_ROWS = 6
_MAX_ROWS = 2000
_MAX_TEXT = 400
# What a field's name says of its unit (STYLE: units in names), as a heading says it.
_UNITS = {"_s": "s", "_ms": "ms", "_gb": "GB", "_mb": "MB", "_usd": "USD", "_percent": "%"}


@dataclass(frozen=True)
class Table:
    """Rows as a table that a notebook draws.

    Args:
        rows: One mapping a row, with the same fields.
        title: What the table holds, in a few words; read out before it.
        columns: The fields that are shown, in their order; all where none is named.
    """

    rows: tuple[Mapping[str, Any], ...]
    title: str = ""
    columns: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are shown."""
        return self.columns or tuple(dict.fromkeys(name for row in self.rows for name in row))

    def html(self) -> str:
        """The table with its style, and the script that lets it sort and filter."""
        if len(self.rows) < _FILTER_FROM_ROWS:
            return f'<div class="wb">{style("tokens", "table")}{self._frame()}</div>'
        return (
            f'<div class="wb">{style("tokens", "table")}{self._frame()}'
            f"<script>{_script()}</script></div>"
        )

    def static_html(self) -> str:
        """The same without a script, for a page that runs none."""
        return f'<div class="wb">{style("tokens", "table")}{self._frame()}</div>'

    def text(self) -> str:
        """The table in plain text."""
        lines = ["\t".join(map(heading, self.fields))]
        lines += ["\t".join(_text(row.get(f), f) for f in self.fields) for row in self.rows]
        return "\n".join(lines)

    def _frame(self) -> str:
        label = escape(self.title or "table")
        bar = (
            '<div class="bar"><label><span class="unseen">Filter the rows</span>'
            '<input type="search" placeholder="Filter" data-lm-suppress-shortcuts="true"></label>'
            '<span class="q" aria-live="polite"></span></div>'
        )
        return (
            f'<div class="wb-table">{bar if len(self.rows) >= _FILTER_FROM_ROWS else ""}'
            f'<div class="wide" role="region" aria-label="{label}">{self._table()}</div></div>'
        )

    def _table(self) -> str:
        numeric = {field: _is_numeric(row.get(field) for row in self.rows) for field in self.fields}
        head = "".join(
            f'<th scope="col"{_class(numeric[field])}>{escape(heading(field))}</th>'
            for field in self.fields
        )
        body = "".join(
            "<tr>" + "".join(_cell(row.get(f), f, numeric[f]) for f in self.fields) + "</tr>"
            for row in self.rows[:_MAX_ROWS]
        )
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        more = len(self.rows) - _MAX_ROWS
        left = f'<p class="q">{more:,} more rows are not shown.</p>' if more > 0 else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html(), "text/plain": self.text()}


def table(rows: Iterable[Any], *, title: str = "", columns: Sequence[str] = ()) -> Table:
    """A table of mappings or dataclasses, a row each.

    Raises:
        InputError: A row is neither, or a column that was named is in no row.
    """
    made = tuple(_as_mapping(row) for row in rows)
    known = {name for row in made for name in row}
    unknown = [name for name in columns if made and name not in known]
    if unknown:
        raise InputError(
            f"no row has the column {unknown[0]!r}; the rows have {', '.join(sorted(known))}"
        )
    return Table(made, title, tuple(columns))


def plain_table(result: Any) -> str:
    """Any plain result as a table without a script: rows, or fields and their values."""
    if isinstance(result, (list, tuple)) and result and all(_is_row(row) for row in result):
        return table(result).static_html()
    plain = to_plain(result)
    if not isinstance(plain, Mapping):
        plain = dict(enumerate(plain)) if isinstance(plain, list) else {"value": plain}
    if not plain:
        return '<p class="wb q">Nothing yet.</p>'
    cells = "".join(
        f'<tr><th scope="row">{escape(heading(str(name)))}</th>'
        f"{_cell(value, str(name), False)}</tr>"
        for name, value in plain.items()
    )
    return f'<div class="wb">{style("tokens", "table")}<table class="fields">{cells}</table></div>'


def heading(field: str) -> str:
    """A field's name as a heading: words, and the unit in brackets."""
    for ending, unit in _UNITS.items():
        if field.endswith(ending):
            return f"{field.removesuffix(ending).replace('_', ' ')} ({unit})"
    return field.removesuffix("_bytes").replace("_", " ")


def _as_mapping(row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return {str(name): value for name, value in row.items()}
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        names = [f.name for f in dataclasses.fields(row) if not f.name.startswith("_")]
        return {name: getattr(row, name) for name in names}
    raise InputError(
        f"a row of a table must be a mapping or a dataclass, found {type(row).__name__}"
    )


def _is_row(row: Any) -> bool:
    return isinstance(row, Mapping) or (dataclasses.is_dataclass(row) and not isinstance(row, type))


def _is_numeric(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in known
    )


def _class(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def _cell(value: Any, field: str, numeric: bool) -> str:
    text = _text(value, field)
    if numeric:
        is_known = value is not None and not (isinstance(value, float) and math.isnan(value))
        return f'<td class="n" data-v="{value if is_known else ""}">{escape(text)}</td>'
    kind = ' class="long"' if len(text) > 60 else ""
    return f"<td{kind}>{escape(text)}</td>"


def _text(value: Any, field: str) -> str:
    if field.endswith("_bytes") and isinstance(value, (int, float)):
        return size(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        text = ", ".join(_text(item, "") for item in value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{name} {_text(item, str(name))}" for name, item in value.items())
    elif _is_row(value):
        text = _text(_as_mapping(value), "")
    else:
        text = number(value)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


@functools.cache
def _script() -> str:
    return (Path(__file__).parent / "sheets" / "table.js").read_text(encoding="utf-8")
