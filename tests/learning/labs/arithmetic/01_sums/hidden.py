"""The hidden checks. SECRET-OF-THE-GRADER"""

from workbench.learning import Answers, Hidden, expect_close, expect_equal


def q1(answers: Answers, hidden: Hidden) -> None:
    """There is nothing to hide about it."""
    expect_equal(answers.value("number"), 42, what="number")


def q2(answers: Answers, hidden: Hidden) -> None:
    """Sums that nobody can know before."""
    for _ in range(3):
        a, b = hidden.random.uniform(-1e6, 1e6), hidden.random.uniform(-1e6, 1e6)
        expect_close(answers.call("add", a, b), a + b, what=f"add({a}, {b})")
