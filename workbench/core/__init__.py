"""What every room stands on: errors, settings, events, operations, seeds and optional imports.

Imports nothing but the standard library when it is itself imported.
"""

from .lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "cancellation": "",
        "errors": "",
        "events": "",
        "operations": "",
        "optional": "",
        "plain": "",
        "progress": "",
        "seeds": "",
        "settings": "",
        "viewers": "",
        "WorkbenchError": "errors",
        "operation": "operations",
        "seed_everything": "seeds",
    },
)
