"""Whether a file teaches its subjects in like measure, and answers unlike their neighbours'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .findings import Finding, Policy
from .rows import Row

Embed = Callable[[list[str]], Any]
_NEIGHBOURS = 3
_LEAST_COSINE = 0.75


def find_imbalance(rows: Sequence[Row], policy: Policy) -> Iterator[Finding]:
    """Groups, or where rows name none answers, with many times the rows of the usual one."""
    by_group = any(row.group for row in rows)
    keys = [row.group if by_group else row.said for row in rows]
    counts = Counter(keys)
    if len(counts) < 2:
        return
    usual = sorted(counts.values())[len(counts) // 2]
    for key, count in counts.most_common():
        if count < policy.imbalance_ratio * usual or count < 2 * policy.least_support:
            return
        places = [at for at, own in enumerate(keys) if own == key]
        what = f"group {key!r}" if by_group else f"the answer {rows[places[0]].answer!r:.60}"
        yield Finding(
            "imbalance",
            policy.severity_of("imbalance"),
            tuple(places),
            tuple(rows[at].name for at in places),
            f"{what} has {count} rows where {usual} are usual",
        )


def find_unlike_neighbours(
    rows: Sequence[Row], known: Sequence[Row], policy: Policy, *, embed: Embed
) -> Iterator[Finding]:
    """Rows whose nearest questions agree on another answer.

    Args:
        rows: The rows.
        known: Rows that are trusted.
        policy: What is done about it.
        embed: Texts to vectors, one a row.
    """
    import numpy as np

    everyone = [*known, *rows]
    if len(everyone) <= _NEIGHBOURS:
        return
    vectors = np.asarray(embed([row.question for row in everyone]), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for row in rows:
        cosines = vectors @ vectors[len(known) + row.place]
        cosines[len(known) + row.place] = -1
        nearest = [at for at in np.argsort(-cosines)[:_NEIGHBOURS] if cosines[at] >= _LEAST_COSINE]
        near = [everyone[at] for at in nearest]
        agreed = {each.said for each in near}
        if len(near) == _NEIGHBOURS and len(agreed) == 1 and row.said not in agreed:
            yield Finding(
                "unlike_neighbours",
                policy.severity_of("unlike_neighbours"),
                (row.place,),
                (row.name,),
                f"the {_NEIGHBOURS} nearest questions answer {near[0].answer!r:.60}",
                tuple(each.name for each in near),
            )
