"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build interpretability/01_why_this_answer
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018

# %% [markdown]
# # Why this answer
#
# **Question.** Which words of a prompt made a model say what it said, and how do we know that the numbers mean that?
#
# About 45 minutes and 1.5 GB of memory. You will write the two oldest ways to explain an answer, take words away and follow the slope, and then the checks without which neither is worth much. In the end you read the real thing.
#
# There are seven tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import math

from workbench import models
from workbench.interpretability import attribute
from workbench.learning import lab

lab = lab("interpretability/01_why_this_answer")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade interpretability/01_why_this_answer`. Your functions are then called with inputs that nobody has seen.
#
# The model has 135 million parameters and loads in a second or two.

# %%
model = models.load("smollm2-135m", engine="llamacpp")
words = ["The", "capital", "of", "France", "is", "called"]
target = " Paris"

# %% [markdown]
# ## 1. Take a word away
#
# The plainest question to ask of a word: what would the model have said without it? For that we need the prompt without it.
#
# **Task 1.** Write `leave_out(words, place)`: the words joined by single spaces, without the one at `place` (counted from 0). The list that was given stays as it is.


# %%
def leave_out(words: list[str], place: int) -> str:
    """The text without the word at one place."""
    ### BEGIN SOLUTION
    return " ".join(words[:place] + words[place + 1 :])
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# *A common mistake* is to take away every word that reads the same. "The dog bit the man because the man ..." has each `the` in another role.
#
# ## 2. What it did
#
# `model.score(prompt, text)` gives the log-probability (natural) of each token of `text` after the prompt. Their sum is that of the whole text.

# %%
model.score("The capital of France is called", " Paris")

# %% [markdown]
# The **effect** of a change is how much likelier the target was *before* it: its log-probability with the whole prompt, less that with the changed one. Its unit is the nat. An effect of 2.3 nats: ten times as likely. A negative one: the word had spoken against the target.
#
# **Task 2.** Write `effect(prompt, changed, target)`: the effect in nats.


# %%
def effect(prompt: str, changed: str, target: str) -> float:
    """How much likelier the target is after the prompt than after the changed one, in nats."""
    ### BEGIN SOLUTION
    return sum(model.score(prompt, target)) - sum(model.score(changed, target))
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# ## 3. Ablation
#
# Do that for each word, and you have an **attribution**: a number for each part of the input. This method is called ablation, or leave-one-out.
#
# **Task 3.** Write `word_scores(words, target)`: the list of the effects of leaving out each word, in the order of the words. The prompt is the words joined by spaces.


# %%
def word_scores(words: list[str], target: str) -> list[float]:
    """What each word did for the target, in nats."""
    ### BEGIN SOLUTION
    prompt = " ".join(words)
    return [effect(prompt, leave_out(words, place), target) for place in range(len(words))]
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %%
### BEGIN SOLUTION
dict(zip(words, word_scores(words, target), strict=True))
### STUB
# # dict(zip(words, word_scores(words, target), strict=True))
### END SOLUTION

# %% [markdown]
# Two things to notice. *France* does most, as it should. And the scores do not add up to anything: when two words say the same, leaving out either does nothing, though both together matter. That is no fault in your code, it is what ablation is.
#
# ## 4. Follow the slope
#
# The other way asks how the answer changes when the input changes *a little*: the gradient. Here is a model small enough to do it by hand. It has three inputs and one answer, a log-probability that levels off at 0 when the model is sure.

# %%
WEIGHTS = [2.0, 1.0, -0.5]


def toy(x: list[float]) -> float:
    """The log-probability of the answer for three inputs."""
    return -math.log1p(math.exp(-sum(w * value for w, value in zip(WEIGHTS, x, strict=True))))


def gradient(x: list[float]) -> list[float]:
    """The slope of `toy` along each input."""
    return [w * (1 - math.exp(toy(x))) for w in WEIGHTS]


toy([3.0, 3.0, 3.0]), gradient([3.0, 3.0, 3.0])

# %% [markdown]
# At (3, 3, 3) the model is sure, so the slope is nearly 0 everywhere: by the gradient alone no input would matter. **Integrated gradients** (Sundararajan, Taly and Yan, 2017) walk from a *baseline*, where nothing is said, to the input, and take the mean of the slopes on the way:
#
# $$ \text{score}_i = (x_i - b_i) \cdot \frac{1}{n} \sum_{k=1}^{n} \frac{\partial f}{\partial x_i}\left(b + \frac{k - \frac{1}{2}}{n}\,(x - b)\right) $$
#
# The half in $k - \frac{1}{2}$ puts each point into the *middle* of its step: that is the midpoint rule.
#
# **Task 4.** Write `path_scores(x, baseline, steps)` with the `gradient` above: the list of the three scores.


# %%
def path_scores(x: list[float], baseline: list[float], steps: int) -> list[float]:
    """Integrated gradients of the toy, by the midpoint rule."""
    ### BEGIN SOLUTION
    change = [to - start for start, to in zip(baseline, x, strict=True)]
    total = [0.0] * len(x)
    for step in range(steps):
        part = (step + 0.5) / steps
        point = [start + part * way for start, way in zip(baseline, change, strict=True)]
        total = [so_far + slope for so_far, slope in zip(total, gradient(point), strict=True)]
    return [way * sum_ / steps for way, sum_ in zip(change, total, strict=True)]
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# ## 5. Do they add up?
#
# Integrated gradients promise **completeness**: the scores sum to $f(x) - f(b)$. With few steps they miss it, and in a real model they may miss it by a lot. So every result has to say by how much. And when prompt and baseline give nearly the same answer there is nothing to share out: a relative gap would divide by almost nothing.
#
# **Task 5.** Write `completeness(scores, value, baseline_value)`. Return a dictionary with `nats`, how far the sum of the scores is from `value - baseline_value` (never negative), and `verdict`:
#
# - `"refused"` where `value` and `baseline_value` are less than 1 nat apart;
# - else `"holds"` where the gap is at most 2% of how far they are apart, and `"fails"` where it is more.


# %%
def completeness(scores: list[float], value: float, baseline_value: float) -> dict[str, object]:
    """What the scores miss of what the input did."""
    ### BEGIN SOLUTION
    moved = value - baseline_value
    nats = abs(sum(scores) - moved)
    if abs(moved) < 1:
        return {"nats": nats, "verdict": "refused"}
    return {"nats": nats, "verdict": "holds" if nats <= 0.02 * abs(moved) else "fails"}
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# How many steps does the toy need?

# %%
### BEGIN SOLUTION
x, start = [3.0, 3.0, 3.0], [-3.0, 0.0, 0.0]
{n: completeness(path_scores(x, start, n), toy(x), toy(start)) for n in (1, 2, 8, 32)}
### STUB
# # completeness(path_scores([3.0] * 3, [-3.0, 0.0, 0.0], 8), toy(...), toy(...)) for 1, 2, 8, 32 steps
### END SOLUTION

# %% [markdown]
# ## 6. Does the order hold?
#
# A sum that is right says nothing about *which* part got what. The **deletion curve** (Petsiuk, Das and Saenko, 2018) tests that: take the parts away, the one with the highest score first, and watch the answer. If the scores are right it falls at once.
#
# **Task 6.** Write `deletion_steps(scores)`: a list of lists. The first holds all places, in order; each next one lacks the place with the highest score among those left; the last is empty. Of equal scores the earlier place goes first.


# %%
def deletion_steps(scores: list[float]) -> list[list[int]]:
    """The places that are left at each step, the highest score gone first."""
    ### BEGIN SOLUTION
    left = list(range(len(scores)))
    steps = [list(left)]
    while left:
        left.remove(max(left, key=lambda place: scores[place]))
        steps.append(list(left))
    return steps
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# *A common mistake* is to order by size, without the sign. A word that spoke *against* the answer would then go early, and the answer would rise where it should fall.
#
# ## 7. The real thing
#
# `attribute` does all of this on the tokens of the model itself, in one batch, and brings its checks with it. Here it loads the model once more, on the engine that has gradients.

# %%
found = attribute(
    prompt=" ".join(words), target=target, model="smollm2-135m", method="ablation", threads=1
)
found

# %% [markdown]
# If this notebook runs in Jupyter you can choose what you see: arrows move, Enter chooses. `found.tokens` are the tokens, `found.scores` has a row for each token of the target. To say in one line what mattered, take the few with the largest scores **by size**, and keep the signs.
#
# **Task 7.** Write `strongest(tokens, scores, count)`: a list of `[token, score]` pairs, the largest by size first, at most `count`.


# %%
def strongest(tokens: list[str], scores: list[float], count: int) -> list[list[object]]:
    """The tokens with the largest scores by size, with their signs."""
    ### BEGIN SOLUTION
    order = sorted(range(len(tokens)), key=lambda place: -abs(scores[place]))
    return [[tokens[place], scores[place]] for place in order[:count]]
    ### STUB
    # raise NotImplementedError("task 7")
    ### END SOLUTION


# %%
check("q7")

# %%
### BEGIN SOLUTION
strongest(list(found.tokens), found.scores.sum(axis=0).tolist(), 3)
### STUB
# # strongest(list(found.tokens), found.scores.sum(axis=0).tolist(), 3)
### END SOLUTION

# %% [markdown]
# ## Summary
#
# An attribution is an answer to *what if this part were not there*, and "not there" is a choice: the baseline. Ablation asks one part at a time and need not add up; integrated gradients add up, if they take enough steps. Neither is worth reading without its gap and its curve.
#
# ## Limits
#
# The scores are of this model, this prompt and this baseline. A word that a person would call the reason may have none of the score, because another word says the same.
#
# ## Go on
#
# - `make dashboards`, *Explain*: the same with other methods, on prompts of your own.
# - M. Sundararajan, A. Taly, Q. Yan, *Axiomatic Attribution for Deep Networks*, 2017.
# - V. Petsiuk, A. Das, K. Saenko, *RISE: Randomized Input Sampling for Explanation of Black-box Models*, 2018.
