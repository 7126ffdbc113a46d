"""What a property graph is, wherever it is kept: asked in Cypher, and not changed by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

On = Literal["ladybug", "bolt"]
MOST_ROWS, TIMEOUT_S = 1000, 10.0


@dataclass(frozen=True)
class Rows:
    """What a query gave, as plain data; ``more`` says that there are rows beyond the limit.

    A node is its properties and ``_label``, an edge its properties and ``_relation``, a path
    ``_nodes`` and ``_edges``. ``took_s`` is the time of the engine, without that of its start.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    took_s: float


@dataclass(frozen=True)
class Schema:
    """What a graph consists of.

    ``labels`` and ``relations`` count the nodes and the edges of each kind; ``properties`` lists
    what each kind has; ``ends`` tells from which label to which an edge goes.
    """

    labels: dict[str, int]
    relations: dict[str, int]
    ends: dict[str, tuple[str, str]]
    properties: dict[str, tuple[str, ...]]

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> Schema:
        """The schema whose plain form was kept as JSON."""
        return cls(
            dict(told["labels"]),
            dict(told["relations"]),
            {name: (ends[0], ends[1]) for name, ends in told["ends"].items()},
            {name: tuple(each) for name, each in told["properties"].items()},
        )


class PropertyGraph(Protocol):
    """A property graph of one state.

    Used as a context it is closed at the end. One query runs at a time.
    """

    @property
    def name(self) -> str:
        """Of which knowledge graph it is."""

    @property
    def schema(self) -> Schema:
        """Labels, relations and their properties."""

    def query(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = MOST_ROWS,
        timeout_s: float = TIMEOUT_S,
    ) -> Rows:
        """Ask in Cypher.

        Args:
            cypher: One statement that reads.
            parameters: Values for ``$name``; they are data, whatever stands in them.
            limit: Rows beyond it are left in the engine.
            timeout_s: When the engine is stopped.

        Raises:
            AccessError: The statement would change something, or reach out of the graph.
            InputError: It is no Cypher, or a parameter is missing or left over.
            NotFoundError: There is no such label, relation or property.
            CapacityError: It needs more memory than a query may have, or its answer is too large.
            DeadlineError: It took too long.
            CancelledError: The caller was told to stop.
        """

    def close(self) -> None:
        """Give back what it holds."""
