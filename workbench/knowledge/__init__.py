"""Knowledge: a graph of what documents say, each fact with its source, kept equal to a fresh build.

SQLite is the truth; every index is derived and can be rebuilt.
"""

from workbench.core.lazy import attach

# What users ask most. The others are in `operations` (list_graphs, merges), `history`, `teaching`,
# `linking_operations` (candidates, senses), `inference.operations` (rules) and
# `property_graph.operations` (schema); `retrieval.retriever` has the retriever, and
# `extraction.protocol` what an extractor gives.
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Extractor": "extraction.protocol",
        "Graph": "graphs",
        "State": "states",
        "as_of": "operations",
        "ask": "answering.operations",
        "build": "operations",
        "contradictions": "inference.operations",
        "delete": "operations",
        "diff": "views.operations",
        "dump": "operations",
        "infer": "inference.operations",
        "merge": "operations",
        "open_graph": "graphs",
        "path": "property_graph.operations",
        "picture": "views.operations",
        "query": "property_graph.operations",
        "read": "citing",
        "remove": "removing",
        "retrieve": "retrieval.operations",
        "search": "operations",
        "show": "operations",
        "unmerge": "operations",
        "update": "operations",
        "why": "inference.operations",
    },
)
