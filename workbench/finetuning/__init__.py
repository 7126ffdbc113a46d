"""Teaching a model: examples, training, adapters and versions, promotion, learning in sequence."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Example": "examples",
        "Policy": "snapshots.findings",
        "Recipe": "training.recipe",
        "check_examples": "snapshots.checking",
        "check_parity": "exporting.parity",
        "export_adapter": "exporting.exporting",
        "feedback": "snapshots.operations",
        "find_preset": "training.recipe",
        "find_snapshot": "snapshots.snapshot",
        "prefer": "training.operations",
        "read_examples": "snapshots.reading",
        "read_feedback": "snapshots.feedback",
        "read_preferences": "snapshots.reading",
        "run": "training.operations",
        "train": "training.loop",
    },
)
