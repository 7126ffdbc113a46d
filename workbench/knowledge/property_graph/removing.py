"""Taking the property graphs of a graph away, wherever they are."""

from __future__ import annotations

from workbench.core import settings
from workbench.core.errors import WorkbenchError

from ..graphs import Graph
from .ladybug_files import remove_files


def remove_property_graphs(graph: Graph) -> str:
    """Take them away, as who forgets a document must; what of them is left, in words.

    A server that is away keeps nobody from forgetting what is here.
    """
    remove_files(graph)
    if not settings.get("graph_url"):
        return ""
    from .bolt_loading import remove_loaded
    from .bolt_servers import find_server

    try:
        remove_loaded(graph.name, find_server())
    except WorkbenchError as error:
        return f"a copy in the server of graph_url was not removed: {error.message}"
    return ""
