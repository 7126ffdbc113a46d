"""A question to a property graph, from its check to its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import DeadlineError, InputError, WorkbenchError

from .protocol import PropertyGraph, Rows
from .statements import check_statement
from .talking import Worker

MOST_LIMIT = 100_000


def ask_worker(
    graph: PropertyGraph,
    worker: Worker,
    cypher: str,
    parameters: Mapping[str, Any] | None,
    *,
    limit: int,
    timeout_s: float,
) -> Rows:
    """Look at a statement, and have it answered; see ``protocol.PropertyGraph``."""
    if not 1 <= limit <= MOST_LIMIT:
        raise InputError(f"limit is {limit}; it must be 1 to {MOST_LIMIT:,}", hint="--limit 1000")
    if not (math.isfinite(timeout_s) and timeout_s > 0):
        raise InputError(f"timeout_s is {timeout_s}; it must be above 0", hint="--timeout-s 10")
    given = dict(parameters or {})
    try:
        request = {
            "cypher": check_statement(cypher, given, graph.schema),
            "parameters": given,
            "limit": limit,
            "timeout_s": timeout_s,
        }
        answer = worker.ask(request, timeout_s=timeout_s)
    except DeadlineError:
        raise DeadlineError(
            f"the query took longer than {timeout_s:g} s",
            hint="begin at named entities, bound the steps of a path (*1..3), or --timeout-s N",
        ) from None
    except WorkbenchError as error:
        if error.hint is not None:  # only here it is known what the graph is called
            error.hint = error.hint.replace(" NAME", f" {graph.name}")
        raise
    rows = tuple(tuple(row) for row in answer["rows"])
    return Rows(tuple(answer["columns"]), rows, answer["more"], answer["took_s"])
