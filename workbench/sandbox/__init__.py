"""Running code that is not trusted: plugins, hidden lab checks, generated code.

``run_isolated(Code("print(6 * 7)")).stdout``. Where no sandbox is to be had it refuses; it never
falls back to something weaker.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Call": "programs",
        "Code": "programs",
        "Conversation": "conversation",
        "Limits": "limits",
        "Outcome": "outcome",
        "describe": "kinds",
        "run_isolated": "running",
        "talk_isolated": "conversation",
    },
)
