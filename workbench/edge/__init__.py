"""Models on small machines: made smaller, packed and signed, run offline, updated, kept in touch.

``edge.compress(model="smollm2-135m", to="gguf:q4_k_m")``
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "BrowserPage": "browser.operations",
        "Bundle": "bundles.results",
        "Compression": "compression.results",
        "EdgeAnswer": "bundles.results",
        "FormsComparison": "compression.results",
        "PROFILES": "compression.profiles",
        "Recommendation": "compression.results",
        "bundle": "bundles.operations",
        "compare": "compression.operations",
        "compress": "compression.operations",
        "devices": "fleet.operations",
        "enrol": "syncing.operations",
        "offer": "updates.operations",
        "page": "browser.operations",
        "prune": "pruning.operations",
        "receive": "syncing.operations",
        "recommend": "compression.operations",
        "records": "syncing.operations",
        "run": "bundles.operations",
        "status": "updates.operations",
        "sync": "syncing.operations",
        "update": "updates.operations",
        "verify": "bundles.operations",
    },
)
