"""What a user can ask to see of a graph: its picture, and what two times differ in."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, TypeVar

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.core.viewers import page_of
from workbench.knowledge.graphs import opened
from workbench.store import files

from .composing import compose
from .difference import GraphDiff, difference
from .picture import Axis, Picture

_FOREVER_US = (1 << 63) - 2
Most = Annotated[int, limits.Ge(1), limits.Le(5000)]
Seen = TypeVar("Seen", Picture, GraphDiff)


@operation("knowledge.picture", title="Draw a knowledge graph", produces="picture")
def picture(
    name: str,
    *,
    about: str | None = None,
    steps: Annotated[int, limits.Ge(1), limits.Le(6)] = 2,
    most: Most = 2000,
    times: Axis = "none",
    inferred: bool = True,
    out: Path | None = None,
) -> Picture:
    """Draw entities and facts: to search, to open, to find ways in, and to go through times.

    Args:
        name: The graph.
        about: Begin at this entity; without it, with what is linked most.
        steps: How many facts away from that one.
        most: At most so many entities.
        times: Go through the times of recording, or those that facts speak of (valid).
        inferred: Draw what follows, too.
        out: Write a page (.html) that needs nothing else to be looked at.
    """
    _check(out)
    with opened(name) as graph:
        found = compose(graph, about=about, steps=steps, most=most, axis=times, inferred=inferred)
    return _written(found, out)


@operation("knowledge.diff", title="Compare two times of a graph", produces="graph-diff")
def diff(
    name: str,
    since: str,
    *,
    until: str | None = None,
    drawn: bool = False,
    most: Most = 2000,
    out: Path | None = None,
) -> GraphDiff:
    """Show which documents, entities and facts came, went or changed between two recorded times.

    Args:
        name: The graph.
        since: The one: a date, a time or how long ago (2026-11-25T10:00, 24h).
        until: The other; now.
        drawn: Also draw what changed.
        most: At most so many entities in the picture.
        out: Write a page (.html) with tables and picture.
    """
    _check(out)
    first_us, second_us = (
        _FOREVER_US if each is None else round(moment_s(each) * 1e6) for each in (since, until)
    )
    if second_us < first_us:
        raise InputError(f"{until} is before {since}", hint=f"--until after {since}")
    with opened(name) as graph:
        second_us = min(second_us, graph.clock() // 1000)
        found = difference(graph, first_us, second_us, drawn=drawn or out is not None, most=most)
    return _written(found, out)


def _check(out: Path | None) -> None:
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{out.name!r} is no .html", hint="--out page.html")


def _written(found: Seen, out: Path | None) -> Seen:
    if out is None:
        return found
    files.write_text(out, page_of(found))
    return dataclasses.replace(found, path=str(out))
