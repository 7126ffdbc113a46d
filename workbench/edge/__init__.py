"""Models for small machines: quantised, measured, recommended for a device, packed to work offline.

``edge.bundle("field-notes", model="smollm2-135m", out=Path("notes.bundle"))``
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Bundle": "bundles.results",
        "EdgeAnswer": "bundles.results",
        "bundle": "bundles.operations",
        "offer": "updates.operations",
        "run": "bundles.operations",
        "status": "updates.operations",
        "update": "updates.operations",
        "verify": "bundles.operations",
    },
)
