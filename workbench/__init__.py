"""A private AI laboratory that runs on one laptop and lives in Jupyter.

Import a room for what it does: ``import workbench.models as models``.
Nothing heavy is loaded, and nothing is written, until a function is called.
"""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("workbench")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
