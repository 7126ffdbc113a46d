"""A property graph that a worker is asked in, from a question's check to its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

from workbench.core.errors import DeadlineError, InputError, WorkbenchError

from .protocol import MOST_ROWS, TIMEOUT_S, Rows, Schema
from .statements import check_statement
from .talking import Worker

MOST_LIMIT = 100_000


class WorkerGraph:
    """What the property graphs of both kinds share; see ``protocol.PropertyGraph``.

    Args:
        name: Of which knowledge graph it is.
        schema: What it consists of.
        worker: The process that is asked.
    """

    def __init__(self, name: str, schema: Schema, worker: Worker) -> None:
        self.name, self.schema, self._worker = name, schema, worker

    def query(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = MOST_ROWS,
        timeout_s: float = TIMEOUT_S,
    ) -> Rows:
        """Look at a statement, and have it answered."""
        given = dict(parameters or {})
        if not 1 <= limit <= MOST_LIMIT:
            raise InputError(
                f"limit is {limit}; it must be 1 to {MOST_LIMIT:,}", hint="--limit 1000"
            )
        if not (math.isfinite(timeout_s) and timeout_s > 0):
            raise InputError(f"timeout_s is {timeout_s}; it must be above 0", hint="--timeout-s 10")
        try:
            request = {
                "cypher": check_statement(cypher, given, self.schema),
                "parameters": given,
                "limit": limit,
                "timeout_s": timeout_s,
            }
            answer = self._worker.ask(request, timeout_s=timeout_s)
        except DeadlineError:
            raise DeadlineError(
                f"the query took longer than {timeout_s:g} s",
                hint="begin at named entities, bound the steps of a path (*1..3), or --timeout-s N",
            ) from None
        except WorkbenchError as error:
            if error.hint is not None:  # only here it is known what the graph is called
                error.hint = error.hint.replace(" NAME", f" {self.name}")
            raise
        rows = tuple(tuple(row) for row in answer["rows"])
        return Rows(tuple(answer["columns"]), rows, answer["more"], answer["took_s"])

    def close(self) -> None:
        """End the process that is asked."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
