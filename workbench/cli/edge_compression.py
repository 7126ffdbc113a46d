"""How compressed models, their comparison and a recommendation look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, print_table

if TYPE_CHECKING:
    from workbench.edge.compression.results import Compression, FormsComparison, Recommendation


def show_compress(made: Compression) -> None:
    """The file, then both sides by side."""
    click.echo(made.path)
    rows = [["size", format_bytes(made.size_bytes), format_bytes(made.size_bytes_base)]]
    if made.perplexity is not None and made.perplexity_base is not None:
        rows.append(["perplexity", f"{made.perplexity:.2f}", f"{made.perplexity_base:.2f}"])
        rows.append(["tokens/s", _rate(made.tokens_per_s), _rate(made.tokens_per_s_base)])
        rows.append(
            ["memory", format_bytes(made.memory_bytes), format_bytes(made.memory_bytes_base)]
        )
    print_table(["", made.target, "as it came"], rows)
    click.echo(f"[{made.encoding}]", err=True)
    if made.fallbacks:
        wanted = ", ".join(sorted(set(made.fallbacks.values())))
        click.echo(
            f"[{len(made.fallbacks)} matrices have rows too narrow for {wanted} and got a type of "
            f"smaller blocks, as llama.cpp does: {_types(made)}]",
            err=True,
        )
    if made.texts is not None:
        click.echo(f"[measured on {made.texts}, sha256 {str(made.texts_sha256)[:16]}…]", err=True)


def show_compare(found: FormsComparison) -> None:
    """A row a form."""
    cells = [
        [
            "f" if row.frontier else "",
            row.target,
            row.engine,
            format_bytes(row.size_bytes),
            format_bytes(row.memory_bytes),
            round(row.perplexity, 3),
            f"{100 * (row.perplexity_ratio - 1):+.1f}%",
            None if row.start_s is None else round(row.start_s, 2),
            None if row.tokens_per_s is None else round(row.tokens_per_s, 1),
            "" if row.speed_ratio is None else f"{row.speed_ratio:.2f}x",
            None if row.joules_per_token is None else round(row.joules_per_token, 2),
            None if row.accuracy is None else f"{row.accuracy:.0%}",
        ]
        for row in found.rows
    ]
    names = ["", "form", "engine", "size", "memory", "perplexity", "change", "start, s"]
    names += ["tokens/s", "to it"]
    names += ["J a token", "right"]
    told = [n for n in range(len(names)) if any(row[n] is not None for row in cells)]
    print_table([names[n] for n in told], [[row[n] for n in told] for row in cells])
    click.echo(
        f"[f: no other is faster at no higher perplexity. Measured on {found.texts}, sha256 "
        f"{found.texts_sha256[:16]}…]",
        err=True,
    )
    for form, why in found.left_out.items():
        click.echo(f"[no {form}: {why}]", err=True)
    if found.picture is not None:
        click.echo(f"picture: {found.picture}", err=True)


def show_recommend(found: Recommendation) -> None:
    """The form, the reason, and the others."""
    click.echo(f"{found.profile}: {found.target}, {found.reason}")
    for target, why in found.passed_over.items():
        click.echo(f"passed over: {target} {why}", err=True)


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0f}"


def _types(made: Compression) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(made.types.items()))
