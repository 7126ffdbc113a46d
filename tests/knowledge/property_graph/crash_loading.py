"""Makes the property graph of the home's graph ``made``; the test kills it on the way."""

from __future__ import annotations

import sys

from workbench.knowledge.graphs import Graph
from workbench.knowledge.property_graph.ladybug_files import ensure_file
from workbench.knowledge.states import State

if __name__ == "__main__":
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    ensure_file(State(Graph("made")))
