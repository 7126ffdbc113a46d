"""Teaching a model: examples, training, adapters and versions, promotion, learning in sequence."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Example": "examples",
        "Recipe": "training.recipe",
        "find_preset": "training.recipe",
        "train": "training.loop",
    },
)
