"""A lab for the tests of the check engine: no model, so that it is graded in a second."""

# %% [markdown]
# # Sums
#
# **Question.** How much is it?

# %%
from workbench.learning import lab

lab = lab("arithmetic/01_sums")
check = lab.check

# %%
### BEGIN SOLUTION
number = 42
### STUB
# number = ...
### END SOLUTION

# %%
check("q1")


# %%
def add(a: float, b: float) -> float:
    """The sum of two numbers."""
    ### BEGIN SOLUTION
    return a + b
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")
