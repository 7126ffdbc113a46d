"""Whether two requests mean the same, judged by their words; ``gate.Gate`` says how."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Gate": "gate",
        "Reading": "readings",
        "Verdict": "gate",
        "read": "readings",
    },
)
