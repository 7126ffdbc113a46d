"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build fairness/01_who_is_served_worse
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018

# %% [markdown]
# # Who is served worse
#
# **Question.** Whom does a model serve worse, could that be luck, and what does it do to people when it is made equal?
#
# About 45 minutes and 800 MB of memory. You will audit a model by hand, find what an audit cannot see, and then make the model "fair" and look closely at what you did.
#
# There are seven tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
from collections import Counter

from workbench import data
from workbench.fairness import audit_groups, find_slices
from workbench.learning import lab
from workbench.models.tabular import fit_tabular

lab = lab("fairness/01_who_is_served_worse")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade fairness/01_who_is_served_worse`. Your functions are then called with inputs that nobody has seen.
#
# The data are real: *Adult*, answers to the census of the United States of 1994. The model guesses who earns more than 50,000 dollars a year; imagine that those whom it picks get a loan. It learns from 4,000 people and is judged on 4,000 others.

# %%
train = data.load("adult", "train").select(range(4000))
test = data.load("adult", "test").select(range(4000))
model = fit_tabular(train, "income", model="logistic")
scores = model.predict_proba(test)[:, model.place_of(">50K")].tolist()

# %%
sex, race = list(test["sex"]), list(test["race"])
actual = [int(income == ">50K") for income in test["income"]]
chosen = [int(score >= 0.5) for score in scores]

# %% [markdown]
# ## 1. A rate for each group
#
# The **selection rate** of a group is the share of *its own* rows that the model picks. `groups[i]` is the group of row `i`, `chosen[i]` is 1 if it was picked and 0 if not.
#
# **Task 1.** Write `selection_rates(groups, chosen)`: a dictionary from each group to its selection rate.


# %%
def selection_rates(groups: list[str], chosen: list[int]) -> dict[str, float]:
    """The share of each group that is picked."""
    ### BEGIN SOLUTION
    sizes, picked = Counter(groups), Counter(g for g, c in zip(groups, chosen, strict=True) if c)
    return {name: picked[name] / size for name, size in sizes.items()}
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# What does it say of women and men?

# %%
### BEGIN SOLUTION
selection_rates(sex, chosen)
### STUB
# # selection_rates(sex, chosen)
### END SOLUTION

# %% [markdown]
# *A common mistake* is to divide by all rows, or by all that were picked. "Most who got a loan are men" may be true of a model that treats both alike, where there are more men.
#
# ## 2. Could it be luck?
#
# Two rates are never quite equal. Were these other 4,000 people, they would be others again. For a rate $p$ from $n$ rows the variance is $p(1-p)/n$, and variances of independent groups add up. So the difference $p_1 - p_2$ has the standard error
#
# $$ e = \sqrt{p_1 (1 - p_1) / n_1 + p_2 (1 - p_2) / n_2} $$
#
# and the 95% interval from $p_1 - p_2 - 1.96\,e$ to $p_1 - p_2 + 1.96\,e$. Where it holds 0, the difference may be luck.
#
# **Task 2.** Write `gap_interval(picked_1, n_1, picked_2, n_2)` (numbers of rows). Return a dictionary with `gap`, `low`, `high`, and `may_be_luck` (True or False).


# %%
def gap_interval(picked_1: int, n_1: int, picked_2: int, n_2: int) -> dict[str, object]:
    """How far two rates are apart, between which bounds, and whether it may be luck."""
    ### BEGIN SOLUTION
    p, q = picked_1 / n_1, picked_2 / n_2
    error = (p * (1 - p) / n_1 + q * (1 - q) / n_2) ** 0.5
    low, high = p - q - 1.96 * error, p - q + 1.96 * error
    return {"gap": p - q, "low": low, "high": high, "may_be_luck": low <= 0 <= high}
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# This formula is for groups of some size: with 3 rows, none picked, it says that the rate is 0 *for sure*. The audit below resamples instead, and refuses groups that are too small. It is the same question, asked of every metric at once:

# %%
audit = audit_groups(actual, chosen, sensitive={"sex": sex}, dataset="adult", model="logistic")
[each for each in audit.disparities if each.metric == "demographic_parity_difference"]

# %% [markdown]
# ## 3. Who is left out
#
# Someone is a woman *and* black; neither table alone shows how she fares. But the more columns are crossed, the fewer rows a cell has, and of 8 rows nothing can be said. An honest audit leaves such cells out **and names them**: else those of whom we know least look like those with whom nothing is wrong.
#
# **Task 3.** Write `left_out(first, second, least)`: a list of `[a, b, n]` for each pair of values that occurs in fewer than `least` rows, the smallest first (of equal ones by `a`, then `b`).


# %%
def left_out(first: list[str], second: list[str], least: int) -> list[list[object]]:
    """The intersections that are too small to judge, with their sizes."""
    ### BEGIN SOLUTION
    counts = Counter(zip(first, second, strict=True))
    small = sorted((n, a, b) for (a, b), n in counts.items() if n < least)
    return [[a, b, n] for n, a, b in small]
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# The audit does the same when it is given both columns, and says why:

# %%
crossed = audit_groups(actual, chosen, sensitive={"sex": sex, "race": race})
[(each.group, each.n, each.reason) for each in crossed.excluded if each.metric is None]

# %% [markdown]
# Your `left_out(sex, race, 30)` has the same cells. Look at `crossed.excluded` too: a group may be large enough for its selection rate, and hold a single person who earns more.
#
# ## 4. A line for each group
#
# The model states a score; a line at 0.5 makes it a decision. The quickest way to equal acceptance moves the line of each group until the same share of each is accepted.
#
# **Task 4.** Write `equal_lines(groups, scores, share)`: a dictionary from each group to its line. Of a group of `n` rows the `round(share * n)` with the highest scores shall be accepted (at least one), and the line is the score of the last one accepted: accepted is whoever has `score >= line`.


# %%
def equal_lines(groups: list[str], scores: list[float], share: float) -> dict[str, float]:
    """For each group the score from which on the same share is accepted."""
    ### BEGIN SOLUTION
    lines = {}
    for name in sorted(set(groups)):
        own = [s for g, s in zip(groups, scores, strict=True) if g == name]
        ranked = sorted(own, reverse=True)
        lines[name] = ranked[max(1, round(share * len(ranked))) - 1]
    return lines
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# A fifth of the women, and a fifth of the men:

# %%
### BEGIN SOLUTION
lines = equal_lines(sex, scores, 0.2)
lines
### STUB
# # lines = equal_lines(sex, scores, 0.2)
### END SOLUTION

# %% [markdown]
# ## 5. What became of those who deserve it
#
# Both groups are now accepted equally often. But who? The **true positive rate** of a group is the share accepted among those of its rows with `actual == 1`: here, of those who do earn more.
#
# **Task 5.** Write `found_rates(groups, actual, scores, lines)`: a dictionary from each group to its true positive rate, where `lines[group]` is the group's line. A group with no row of `actual == 1` has none, and is left out.


# %%
def found_rates(
    groups: list[str], actual: list[int], scores: list[float], lines: dict[str, float]
) -> dict[str, float]:
    """The share of those who deserve it that is accepted, by group."""
    ### BEGIN SOLUTION
    rows = list(zip(groups, actual, scores, strict=True))
    deserving = [(group, score >= lines[group]) for group, came, score in rows if came == 1]
    return selection_rates([g for g, _ in deserving], [int(found) for _, found in deserving])
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# Compare one line for all, at 0.5, with yours:

# %%
### BEGIN SOLUTION
before = found_rates(sex, actual, scores, {"Female": 0.5, "Male": 0.5})
before, found_rates(sex, actual, scores, lines)
### STUB
# # found_rates(...) with 0.5 for both, and with your lines
### END SOLUTION

# %% [markdown]
# Before, a man who earns more was found more often than a woman who does. Now it is the other way round, and further apart. Where the groups differ in how many earn more, equal acceptance and equal recognition are not both had by moving one line for each, except by chance; Kleinberg, Mullainathan and Raghavan (2016) prove the like of scores that mean the same in each group. Somebody has to say which one is meant.
#
# ## 6. The worst slice
#
# So far we knew where to look. A **slice** is any part of the rows, such as `education = Masters`; who is served worst may stand in a column that nobody called sensitive.
#
# **Task 6.** Write `worst_slice(columns, wrong, least)`. `columns` goes from a column's name to its values, `wrong[i]` is 1 where the model was wrong. Return `[column, value, n, rate]` of the slice with the highest error rate among those of at least `least` rows.


# %%
def worst_slice(columns: dict[str, list[str]], wrong: list[int], least: int) -> list[object]:
    """The slice of one condition in which the model is wrong most often."""
    ### BEGIN SOLUTION
    found = []
    for column, values in columns.items():
        sizes = Counter(values)
        for value, rate in selection_rates(values, wrong).items():
            if sizes[value] >= least:
                found.append([column, value, sizes[value], rate])
    return max(found, key=lambda one: one[3])
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# The highest of many rates is high by luck already: that is what looking everywhere costs. `find_slices` corrects for all that it looked at, and lists only what is left.

# %%
wrong = [int(c != a) for c, a in zip(chosen, actual, strict=True)]
names = ["education", "occupation", "marital_status", "sex", "race"]
columns = {name: [str(value) for value in test[name]] for name in names}
slices = find_slices(columns, wrong, depth=1)
[(each.rule, each.n, round(each.error, 3)) for each in slices.slices[:4]]

# %% [markdown]
# ## 7. The same person, in another group
#
# The lines of task 4 treat the *groups* alike. Take one person, leave the score as it is and change nothing but the group: would the decision be another one?
#
# **Task 7.** Write `decided_by_group(scores, lines)`: the share of people (all who are in `scores`) for whom the decision `score >= line` depends on whose line is used. There may be more than two groups.


# %%
def decided_by_group(scores: list[float], lines: dict[str, float]) -> float:
    """The share of people whose decision hangs on their group alone."""
    ### BEGIN SOLUTION
    apart = [len({score >= line for line in lines.values()}) > 1 for score in scores]
    return sum(apart) / len(scores)
    ### STUB
    # raise NotImplementedError("task 7")
    ### END SOLUTION


# %%
check("q7")

# %% [markdown]
# With your lines, and with one line for all:

# %%
### BEGIN SOLUTION
decided_by_group(scores, lines), decided_by_group(scores, {"Female": 0.5, "Male": 0.5})
### STUB
# # decided_by_group(...) with your lines, and with 0.5 for both
### END SOLUTION

# %% [markdown]
# ## Summary
#
# A rate needs its own denominator, a difference its interval, and an audit a list of those of whom it cannot speak. Equal acceptance was bought with lines by group: **groups** are then treated alike and **people** are not. One line for all does the opposite. Both are called fair.
#
# ## Limits
#
# The score itself may be off in one group; then the same score does not mean the same thing, and task 7 counts too much or too little. And `actual` is what was recorded in 1994, not what people deserved.
#
# ## Go on
#
# - `notebooks/fairness/02_mitigation`: the same on the whole table, with what each way costs.
# - `workbench fairness audit --dataset adult --sensitive sex --sensitive race`.
# - J. Kleinberg, S. Mullainathan, M. Raghavan, *Inherent Trade-Offs in the Fair Determination of Risk Scores*, 2016.
# - M. Hardt, E. Price, N. Srebro, *Equality of Opportunity in Supervised Learning*, 2016.
