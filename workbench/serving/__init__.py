"""One OpenAI-compatible door to many models: keys, limits, cache, usage.

``workbench serve`` opens it; docs/design/serving.md says how it is built.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Call": "call",
        "Piece": "call",
        "Usage": "call",
    },
)
