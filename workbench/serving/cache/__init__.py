"""Answers that are known already: exactly the same request, or one that means the same.

``answers.AnswerCache`` is what the pipeline uses; its docstring says how.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AnswerCache": "answers",
        "Hit": "answers",
        "open_cache": "opening",
    },
)
