"""Knowledge: a graph of what documents say, each fact with its source, kept equal to a fresh build.

SQLite is the truth; every index is derived and can be rebuilt.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Alias": "extraction.protocol",
        "Assertion": "extraction.protocol",
        "Extraction": "extraction.protocol",
        "Extractor": "extraction.protocol",
        "Graph": "graphs",
        "Mention": "extraction.protocol",
        "PatternExtractor": "extraction.patterns",
        "State": "states",
        "build": "operations",
        "delete": "operations",
        "diff": "views.operations",
        "dump": "operations",
        "open_graph": "graphs",
        "picture": "views.operations",
        "Retriever": "retrieval.retriever",
        "retrieve": "retrieval.operations",
        "search": "operations",
        "update": "operations",
    },
)
