"""The gate: whether a version is better than the champion, and what it would cost."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "GateReport": "report",
        "GateRules": "report",
        "run_gate": "running",
    },
)
