"""Models on this machine: what there is, where it comes from, and one way to ask any of them.

``models.load("smollm2-135m").chat([{"role": "user", "content": "Hello"}]).text``
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "CatalogueEntry": "catalogue",
        "Chunk": "protocol",
        "Engine": "protocol",
        "EngineSettings": "protocol",
        "Model": "model",
        "ModelFiles": "protocol",
        "ModelInfo": "protocol",
        "Reply": "reply",
        "Sampling": "protocol",
        "TokenLogprob": "protocol",
        "catalogue": "",
        "formats": "",
        "load": "loading",
    },
)
