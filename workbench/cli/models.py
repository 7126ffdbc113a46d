"""How results of the models room look in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, print_table
from workbench.core import events
from workbench.models.footprints import MEMORY_AT_MOST, MEMORY_WHEN_LOADED

if TYPE_CHECKING:
    from workbench.models.adapter_operations import AdapterRow
    from workbench.models.operations import ModelRow, PulledModel, Score
    from workbench.models.registry import RegisteredModel
    from workbench.models.removal import RemovedModel
    from workbench.models.reply import Reply
    from workbench.models.routing.requests import Decision
    from workbench.models.tuning.operations import TunedRecord
    from workbench.models.tuning.tune import Tuning


def show_list(rows: list[ModelRow]) -> None:
    """The catalogue as a table."""
    cells = [
        [
            row.name,
            row.kind,
            format_bytes(row.size_bytes),
            format_bytes(row.memory_bytes),
            "measured so far" if row.measured else "reckoned, one job",
            row.license,
            "here" if row.present else ("to fetch" if row.verified else "hub"),
            ", ".join(row.engines),
        ]
        for row in rows
    ]
    print_table(
        ["name", "kind", "size", MEMORY_AT_MOST, "how known", "licence", "where", "engines"],
        cells,
    )


def show_registry(rows: list[RegisteredModel]) -> None:
    """What each can do, costs and takes: the peak that was seen, or a reckoning."""
    cells = []
    for row in rows:
        peak = max((each.peak_bytes for each in row.measured), default=None)
        rates = [each.tokens_per_s for each in row.measured if each.tokens_per_s is not None]
        price = row.price.prompt_usd_per_million_tokens, row.price.completion_usd_per_million_tokens
        cells.append(
            [
                row.name,
                row.engine or "none here",
                ", ".join(row.capabilities),
                row.license,
                "free" if price == (0, 0) else f"{price[0]:g} / {price[1]:g}",
                format_bytes(peak or row.estimated_bytes),
                "measured so far" if peak else "reckoned, one job",
                f"{max(rates):.0f}" if rates else "",
            ]
        )
    names = ["name", "engine", "can", "licence", "$ per million tokens"]
    names += [MEMORY_AT_MOST, "how known", "tokens/s"]
    print_table(names, cells)


def show_adapters(rows: list[AdapterRow]) -> None:
    """The adapters as a table; nothing if there are none."""
    cells = [
        [row.name, ", ".join(row.labels), row.rank, format_bytes(row.size_bytes)] for row in rows
    ]
    if cells:
        print_table(["adapter", "labels", "rank", "size"], cells)
    else:
        click.echo("no adapter is registered; workbench models adapter-add FOLDER", err=True)


def show_adapter_add(row: AdapterRow) -> None:
    """What the adapter is called now."""
    click.echo(row.name)


def show_adapter_remove(row: AdapterRow) -> None:
    """What was removed."""
    click.echo(f"removed {row.name}")


def show_pull(pulled: PulledModel) -> None:
    """The files that are there now."""
    for file in pulled.files:
        click.echo(f"{file.name}  {format_bytes(file.size_bytes)}  sha256 {file.sha256[:16]}…")


def show_remove(gone: RemovedModel) -> None:
    """What went, what stays for others, and the room that there is now."""
    for name in gone.files:
        click.echo(f"removed {name}")
    if gone.converted:
        count = len(gone.converted)
        click.echo(f"removed {count} conversion{'s' if count != 1 else ''} of it")
    for name in gone.shared:
        click.echo(f"kept {name}: another model needs it")
    click.echo(f"{gone.name}: freed {format_bytes(gone.freed_bytes)}")


@contextmanager
def listen_chat() -> Iterator[None]:
    """Write the answer while it comes."""

    def write(event: events.Event) -> None:
        sys.stdout.write(event.data["text"])
        sys.stdout.flush()

    with events.listening(write, "models.chunk"):
        yield


def show_chat(reply: Reply) -> None:
    """The answer stands there already; its cost goes beside it."""
    click.echo()
    rate = f", {reply.tokens_per_s:.0f} tokens/s" if reply.tokens_per_s else ""
    click.echo(
        f"[{reply.model} on {reply.engine}: {reply.prompt_tokens} + {reply.completion_tokens} "
        f"tokens{rate}, {reply.finish_reason}]",
        err=True,
    )


def show_route(found: Decision) -> None:
    """Which model would answer, what decided that, and why the others would not."""
    click.echo(f"{found.model} would answer: {found.reason}")
    click.echo(f"decided by: {found.rule}")
    if found.task is not None:
        sure = "" if found.confidence is None else f", likely by {found.confidence:.0%}"
        click.echo(f"the request asks for: {found.task}{sure}")
    for name, why in found.passed_over.items():
        click.echo(f"passed over: {name}, which {why}")


def show_tune(found: Tuning) -> None:
    """A row a candidate; the marks are explained below."""
    rows = [
        [
            "*" if row.chosen else "",
            "f" if row.frontier else "",
            row.engine,
            row.variant,
            row.threads,
            round(row.tokens_per_s, 1),
            round(row.tokens_per_s_busy, 1),
            f"{row.ratio:.2f}x",
            round(row.perplexity, 2),
            f"{100 * (row.perplexity_ratio - 1):+.1f}%",
            f"{row.agreement:.0%}",
            f"{row.bandwidth_share:.0%}",
            format_bytes(row.resident_bytes),
        ]
        for row in found.rows
    ]
    names = ["", "", "engine", "variant", "threads", "tokens/s", "beside a busy core"]
    names += [
        "to the first",
        "perplexity",
        "change",
        "agreement",
        "of the bandwidth",
        MEMORY_WHEN_LOADED,
    ]
    print_table(names, rows)
    click.echo(
        f"[* chosen: the fastest, quiet and busy together, with at most 2% more perplexity; "
        f"f: nothing is both faster and better. Load {found.load_before:.1f} before, "
        f"{found.duration_s:.0f} s]",
        err=True,
    )
    if any(row.bandwidth_share > 1 for row in found.rows):
        click.echo(
            "[more than 100% of the bandwidth: something else used the memory while plain reading "
            "was timed; the rates were measured apart from it, the share says little here]",
            err=True,
        )
    if found.load_before > 1:
        click.echo(
            "[the machine was busy: the rates are worth little; tune again when it is not]",
            err=True,
        )


def show_tuned(rows: list[TunedRecord]) -> None:
    """A row a record."""
    cells = [
        [
            row.name,
            row.engine,
            row.variant,
            row.threads,
            round(row.tokens_per_s, 1),
            None if row.perplexity is None else round(row.perplexity, 2),
            row.by,
            round(row.load_average, 1),
        ]
        for row in rows
    ]
    names = ["record", "engine", "variant", "threads", "tokens/s", "perplexity", "by", "load then"]
    print_table(names, cells)


def show_untune(count: int) -> None:
    """What is gone."""
    click.echo(f"forgot {count} record{'s' if count != 1 else ''}; workbench models tune NAME")


def show_score(score: Score) -> None:
    """A line a token."""
    rows = [
        [repr(token), round(value, 4)]
        for token, value in zip(score.tokens, score.logprobs, strict=True)
    ]
    print_table(["token", "log-probability"], rows)
