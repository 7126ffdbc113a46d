"""Notebooks as reports: run side by side with checked parameters, each number a claim with bounds.

Inside a notebook: ``stamp()``, ``claim()``, ``uses()``, which cost nothing to import. Outside:
``run()`` writes an HTML page and a record a run, and an index that says what changed.
"""

from ..core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Claim": "claims",
        "NotebookRun": "runs",
        "ReportRun": "runs",
        "Stamp": "stamps",
        "claim": "claims",
        "index": "operations",
        "list_runs": "operations",
        "read_parameters": "parameters",
        "render": "operations",
        "run": "operations",
        "show": "operations",
        "stamp": "stamps",
        "uses": "claims",
    },
)
