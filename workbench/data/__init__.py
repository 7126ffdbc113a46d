"""Data sets: a catalogue with sources and licences, the user's own files, checks and splits.

Each set is built once from raw files, typed by a schema, and known by the sha256 of its content.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Column": "schema",
        "Layout": "reading",
        "LoadedFile": "loading",
        "Quarantine": "quarantine",
        "Schema": "schema",
        "check": "operations",
        "describe": "operations",
        "entries": "catalogue",
        "find_leaks": "splits",
        "fingerprint": "fingerprints",
        "list_sets": "operations",
        "load": "loading",
        "load_file": "loading",
        "pull": "operations",
        "schema_from": "schema",
        "split_by_hash": "splits",
        "split_stratified": "splits",
    },
)
