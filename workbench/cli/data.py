"""How data sets look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_bytes, print_table
from workbench.cli.outline import in_one_line, print_outline
from workbench.core.plain import to_plain

if TYPE_CHECKING:
    from workbench.data.describing import ColumnSummary
    from workbench.data.operations import Description, Listed, Pulled

_SHOWN_VALUES = 3


def show_list(sets: list[Listed]) -> None:
    """The catalogue as a table."""
    cells = [
        [
            each.name,
            in_one_line(each.rows),
            format_bytes(each.size_bytes),
            each.license,
            "here" if each.built else "to fetch",
            each.title,
        ]
        for each in sets
    ]
    print_table(["name", "rows", "size", "licence", "where", "title"], cells)


def show_pull(pulled: Pulled) -> None:
    """What is here now."""
    rows, size = in_one_line(pulled.rows), format_bytes(pulled.size_bytes)
    click.echo(f"{pulled.name}  {rows}  {size}  {pulled.license}\n{pulled.folder}")


def show_describe(described: Description) -> None:
    """What a data set is, then a line a column of each split, then its classes."""
    head: dict[str, Any] = {
        "name": described.name,
        "title": described.title,
        "rows": described.rows,
        "target": described.target,
        "sensitive": list(described.sensitive),
        "licence": described.license,
        "origin": described.origin,
        "notes": described.notes,
        "quarantined": described.quarantined_rows,
        "sha256": {split: f"{digest[:16]}…" for split, digest in described.fingerprints.items()},
    }
    print_outline(to_plain({name: value for name, value in head.items() if value}))
    for split, columns in described.columns.items():
        click.echo(f"\n{split}")
        print_table(_COLUMNS, [_column(column) for column in columns], indent=2)
    click.echo(
        "\nfrom, to and mean are of a text's length in characters, of a list's items", err=True
    )
    for split, shares in described.balance.items():
        click.echo(f"\n{described.target} in {split}")
        print_table(["value", "share"], [[k, f"{v:.1%}"] for k, v in shares.items()], indent=2)


_COLUMNS = ["column", "type", "missing", "distinct", "from", "to", "mean", "frequent"]


def _column(column: ColumnSummary) -> list[Any]:
    shown = column.frequent[:_SHOWN_VALUES]
    return [
        column.name,
        column.type,
        column.missing or None,
        column.distinct,
        _figure(column.low),
        _figure(column.high),
        _figure(column.mean),
        ", ".join(f"{value} ({count})" for value, count in shown),
    ]


def _figure(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")
