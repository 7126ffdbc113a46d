"""Opening the property graph of a state, wherever it is to be kept."""

from __future__ import annotations

from ..states import State
from .protocol import On, PropertyGraph


def open_property_graph(state: State, *, on: On = "ladybug") -> PropertyGraph:
    """The property graph of a state, made anew where there is none of its stamp; close it.

    Args:
        state: What is asked; a graph as it was at another time is one of its own.
        on: ladybug, in a file of the graph's folder, or bolt, in the server of ``graph_url``.

    Raises:
        WorkbenchError: See ``LadybugGraph`` and ``BoltGraph``.
    """
    if on == "bolt":
        from .bolt_graph import BoltGraph

        return BoltGraph(state)
    from .ladybug_graph import LadybugGraph

    return LadybugGraph(state)
