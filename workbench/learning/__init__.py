"""Labs: tasks with checks, staged hints, and a second grading that the learner cannot reach.

In a notebook ``from workbench.learning import lab``, then ``lab("serving/01_first_answers")``.
"""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Answers": "answers",
        "Grade": "grades",
        "Hidden": "hidden",
        "Lab": "session",
        "WrongAnswer": "answers",
        "build": "operations",
        "expect_close": "expecting",
        "expect_equal": "expecting",
        "expect_kind": "expecting",
        "expect_number": "expecting",
        "grade": "operations",
        "lab": "session",
        "list_labs": "operations",
        "progress": "operations",
    },
)
