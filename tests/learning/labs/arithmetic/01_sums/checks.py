"""The public checks."""

from workbench.learning import Answers, expect_close, expect_equal


def q1(answers: Answers) -> None:
    """A number."""
    expect_equal(answers.value("number"), 42, what="number")


def q2(answers: Answers) -> None:
    """A sum that everybody may know."""
    expect_close(answers.call("add", 2, 3), 5, what="add(2, 3)", faults={"that is a product": 6})
