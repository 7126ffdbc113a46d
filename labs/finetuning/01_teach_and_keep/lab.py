"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build finetuning/01_teach_and_keep
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501

# %% [markdown]
# # Teach and keep
#
# **Question.** What does a model learn from a row, what does it cost, and how is it seen what was forgotten?
#
# About 40 minutes and 0.5 GB of memory. You will write by hand the six pieces on which every fine-tune rests, small enough that each fits in a few lines: the mask, the loss, the size of an adapter, the check for leaks, the memory, and the figure for forgetting. No model is trained here; `workbench finetuning run` does that with the same pieces.
#
# There are six tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found. All rows and numbers here are made.

# %%
import math
import random

from workbench.learning import lab

lab = lab("finetuning/01_teach_and_keep")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade finetuning/01_teach_and_keep`. Your functions are then called with inputs that nobody has seen.
#
# ## 1. A row that is masked right
#
# A model reads tokens, which are whole numbers. A row of a fine-tune is a question and an answer, one after the other. The model should learn to *write the answer*, and not to write the question: nobody wants a model that asks back. So beside the tokens stands a second list, the **labels**: at a token that is to be learnt its own number, at one that is only read **-100**, which every loss function leaves out.
#
# After the answer comes a token that ends it. It is part of what is learnt: a model that never learnt to stop goes on talking.
#
# **Task 1.** Write `masked_row(question, answer, end)`: a list of two lists, the tokens of the whole row and the labels, both equally long. (The labels are not shifted by one; the loss does that.)


# %%
def masked_row(question: list[int], answer: list[int], end: int) -> list[list[int]]:
    """The tokens of a row, and what is learnt of them."""
    ### BEGIN SOLUTION
    return [[*question, *answer, end], [-100] * len(question) + [*answer, end]]
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# ## 2. The loss of the answer alone
#
# For each token the model had given a probability before it saw it. The logarithm of that is never above 0; the further below, the more surprised the model was. The **loss** is the mean surprise over the tokens that are learnt, in nats: 0 would be certainty.
#
# Why a mean, and why over those alone? Questions are longer than answers. If they counted, a model could halve its loss by learning how people ask, and still answer wrongly.
#
# **Task 2.** Write `answer_loss(log_probs, labels)`: the mean of `-log_probs` over the places whose label is not -100. Both lists are equally long, and at least one place counts.


# %%
def answer_loss(log_probs: list[float], labels: list[int]) -> float:
    """The mean surprise over the answer's tokens, in nats."""
    ### BEGIN SOLUTION
    kept = [p for p, label in zip(log_probs, labels, strict=True) if label != -100]
    return -sum(kept) / len(kept)
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# A loss of 7 nats, as a small model has on a fact that it cannot know, is a probability of one in eleven hundred for each token. At 0.1 it is nine in ten.

# %%
math.exp(-7), math.exp(-0.1)

# %% [markdown]
# ## 3. The largest rank for a budget
#
# LoRA leaves each matrix of m by n as it is and lays two thin ones beside it, m by r and r by n. Only those learn. The **rank** r is the choice that decides how much an adapter can hold, how large its file is and how much memory its optimiser takes.
#
# **Task 3.** Write `largest_rank(shapes, budget)`: the largest rank, the same for all matrices in `shapes` (a list of `[m, n]`), whose adapter has at most `budget` numbers in all; 0 if not even rank 1 fits.


# %%
def largest_rank(shapes: list[list[int]], budget: int) -> int:
    """The largest rank that the budget allows."""
    ### BEGIN SOLUTION
    return budget // sum(m + n for m, n in shapes)
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# SmolLM2-135M has 30 layers of seven matrices. With all of them and a million numbers to spend (take the `#` away once your function is there):

# %%
layer = [[576, 576], [576, 192], [576, 192], [576, 576], [576, 1536], [576, 1536], [1536, 576]]
### BEGIN SOLUTION
largest_rank(layer * 30, 1_000_000)
### STUB
# # largest_rank(layer * 30, 1_000_000)
### END SOLUTION

# %% [markdown]
# ## 4. The leaked rows
#
# Whether a model has *understood* is asked with rows that it was not taught. If one of those slipped into the file, it is recited and counted as understood. The two need not look the same: a capital letter, a comma or a second space is enough for `==` to miss it.
#
# **Task 4.** Write `leaked_rows(train, test)`: the places (from 0, in rising order) in `test` whose prompt also stands in `train`, if case, punctuation and the number of spaces do not count. The prompts are plain English; every character that is no letter and no digit counts as a space.


# %%
def leaked_rows(train: list[str], test: list[str]) -> list[int]:
    """The places of the test rows that were taught."""

    ### BEGIN SOLUTION
    def bare(prompt: str) -> str:
        return " ".join("".join(c if c.isalnum() else " " for c in prompt.lower()).split())

    known = {bare(prompt) for prompt in train}
    return [place for place, prompt in enumerate(test) if bare(prompt) in known]
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# This finds the same question in another dress. It does not find the same question *in other words*; `workbench finetuning check-data` also looks for those that are nearly alike, and even that misses a good paraphrase.
#
# ## 5. A fair memory
#
# What protects best against forgetting is the plainest: learn some of the old again with each batch of the new. But which of it is kept, if the memory holds 200 and nobody knows how much is still to come? *Algorithm R* (Vitter 1985) has at any moment each item that was seen with the **same** chance, and has never looked back.
#
# **Task 5.** Write `reservoir(items, size, seed)`: a list of `size` of the items. The first `size` are kept. For each one after, the n-th (counted from 1), draw a place from 0 to n - 1 with `chance.randrange(n)`; if the place lies within the memory the item goes there and what was there is gone. If there are fewer items than `size`, all are kept.


# %%
def reservoir(items: list[str], size: int, seed: int) -> list[str]:
    """A fair sample of what was seen."""
    chance = random.Random(seed)
    ### BEGIN SOLUTION
    kept: list[str] = []
    for n, item in enumerate(items, start=1):
        if len(kept) < size:
            kept.append(item)
        elif (place := chance.randrange(n)) < size:
            kept[place] = item
    return kept
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# The check draws 600 times and counts. A memory that always takes in the newest holds only the last task after a while, which is no protection at all; one that never replaces holds only the first.
#
# ## 6. What was forgotten
#
# Four tasks were learnt one after the other. After each of them all four were asked, and the share of right answers written down: a row for each moment, a column for each task. Here are made numbers of that kind.

# %%
matrix = [
    [0.90, 0.10, 0.00, 0.00],
    [0.95, 0.80, 0.20, 0.00],
    [0.50, 0.60, 0.90, 0.10],
    [0.40, 0.70, 0.30, 1.00],
]

# %% [markdown]
# Read a column downwards. The first task was at .90 when it was learnt, rose to .95 with the second, and ended at .40. How much was forgotten? From its *best*: .55. The best is looked for from the row in which the task was learnt up to the last but one. The last task is left out: nothing has come after it.
#
# **Task 6.** Write `forgetting(matrix)`: the mean over all tasks but the last of (its best accuracy before the last row, less that in the last row). Row i is the moment after task i was learnt, both counted from 0.


# %%
def forgetting(matrix: list[list[float]]) -> float:
    """How far the tasks lie at the end below their best until then."""
    ### BEGIN SOLUTION
    n = len(matrix)
    best = [max(matrix[row][task] for row in range(task, n - 1)) for task in range(n - 1)]
    return sum(best[task] - matrix[-1][task] for task in range(n - 1)) / (n - 1)
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %%
### BEGIN SOLUTION
forgetting(matrix)
### STUB
# # forgetting(matrix)
### END SOLUTION

# %% [markdown]
# (Take the `#` away to see your number.) Nearly half of what was known is lost here, though the last task is at 100%. Whoever looks only at what was taught last sees nothing of it: that is why a gate asks both.
#
# ## Where to go from here
#
# - `docs/how-to/teach.md`: the same pieces on a real model, from a file of your own rows.
# - `workbench finetuning continual --benchmark digits-class --method derpp --against naive`: a memory like yours, with what the model said stored beside it.
#
# **Sources.** Hu et al. (2021), *LoRA*, arXiv:2106.09685. Vitter (1985), *Random sampling with a reservoir*, doi:10.1145/3147.3165. Chaudhry et al. (2018), arXiv:1801.10112, for forgetting.
