"""What must outlive a process: artifacts, versions, records, jobs, the ledger and the indexes.

A crash at any instant loses nothing that was confirmed. Everything stands in WORKBENCH_HOME.
Imports the standard library alone; the vector index asks for usearch when it is used.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "artifacts": "",
        "database": "",
        "files": "",
        "jobs": "",
        "ledger": "",
        "records": "",
        "sources": "",
        "text_index": "",
        "vector_index": "",
        "versions": "",
        "worker": "",
        "Artifacts": "artifacts",
        "Database": "database",
        "JobQueue": "jobs",
        "Ledger": "ledger",
        "Records": "records",
        "TextIndex": "text_index",
        "VectorIndex": "vector_index",
        "Versions": "versions",
        "Worker": "worker",
    },
)
