"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build privacy/01_who_is_found_again
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018, E402, T201

# %% [markdown]
# # Who is found again
#
# **Question.** Who is found again in a table without names, what can be told of all without telling of one, and how is a promise of privacy checked?
#
# About 60 minutes and 0.8 GB of memory. First you break two things that are often called anonymous, then you build one that holds, and in the end you check what others promise.
#
# There are seven tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import atexit
import hashlib
import json
import math
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import binomtest

# %%
from workbench import data, privacy
from workbench.core.errors import LimitError
from workbench.learning import lab
from workbench.privacy.dp.mechanisms import GaussianSteps
from workbench.store.database import open_database

lab = lab("privacy/01_who_is_found_again")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade privacy/01_who_is_found_again`. Your functions are then called with inputs that nobody has seen.
#
# The data are real: *Adult*, answers to the census of the United States of 1994. There is no name in it. Imagine that `income` is what people would rather keep to themselves, and that the other four columns are what a neighbour knows anyhow.

# %%
people = data.load("adult", "train").select(range(4000)).to_pandas()
quasi = ["age", "sex", "race", "education"]
rows = people[[*quasi, "income"]].to_dict("records")
rows[:3]

# %% [markdown]
# ## 1. A table without names
#
# Latanya Sweeney found the medical record of a governor in a table without names, by date of birth, sex and postcode. What it takes is a person of whom something is known, and a table that has only *one* answer for it.
#
# Mind what "one answer" means: that a single row fits, or that several fit **and all say the same**. Whoever stands among ten others who all have the same illness is not hidden.
#
# **Task 1.** Write `given_away(rows, persons, secret)`. `rows` is a list of dictionaries, `persons` goes from a name to what is known of that person (a dictionary of some of the columns). Return a dictionary from name to the value of the column `secret`, for those persons alone whom the table gives away for sure. A person whom no row fits is not in it.


# %%
def given_away(
    rows: list[dict[str, object]], persons: dict[str, dict[str, object]], secret: str
) -> dict[str, object]:
    """What the table says for sure of the persons of whom something is known."""
    ### BEGIN SOLUTION
    found = {}
    for name, known in persons.items():
        fits = {row[secret] for row in rows if all(row[c] == v for c, v in known.items())}
        if len(fits) == 1:
            found[name] = fits.pop()
    return found
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# Take the first 300 people for neighbours, whose four columns are known. Of how many does the table tell the income?

# %%
neighbours = {f"person {n}": {c: rows[n][c] for c in quasi} for n in range(300)}
### BEGIN SOLUTION
len(given_away(rows, neighbours, "income"))
### STUB
# # len(given_away(rows, neighbours, "income"))
### END SOLUTION

# %% [markdown]
# More than half. Yet only one row in six is `alone`, as the room counts: no other row is like it. The rest of the `told_rows` are given away because all who look like them earn alike.

# %%
privacy.assess_table(people, quasi, sensitive="income")

# %% [markdown]
# ## 2. Among k others
#
# The oldest remedy: tell ages in bands only, until every row has at least *k* - 1 others that look the same. This is **k-anonymity**. Rows that even then are too few are left out.
#
# **Task 2.** Write `narrowest_band(ages, others, k, widths, most_lost)`. An age falls into the band `age // width`; `others[i]` is all else that is known of row `i`. Two rows are of one class if they agree in both. A row whose class has fewer than `k` rows is lost. Return `[width, lost]` for the first of `widths` at which at most the share `most_lost` of all rows is lost; `lost` is how many rows those are. One of the widths is always enough.


# %%
def narrowest_band(
    ages: list[int], others: list[str], k: int, widths: list[int], most_lost: float
) -> list[int]:
    """The first width of age bands with which few rows are lost, and how many those are."""
    ### BEGIN SOLUTION
    for width in widths:
        classes = [(age // width, other) for age, other in zip(ages, others, strict=True)]
        sizes = Counter(classes)
        lost = sum(sizes[each] < k for each in classes)
        if lost <= most_lost * len(ages):
            return [width, lost]
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# For the census, with sex and race beside the age, 10 rows a class, and at most two rows in a hundred lost:

# %%
ages = list(people["age"])
others = [f"{s}, {r}" for s, r in zip(people["sex"], people["race"], strict=True)]
### BEGIN SOLUTION
narrowest_band(ages, others, 10, [1, 2, 5, 10, 20, 50], 0.02)
### STUB
# # narrowest_band(ages, others, 10, [1, 2, 5, 10, 20, 50], 0.02)
### END SOLUTION

# %% [markdown]
# One width for everybody is coarse. The room divides the table where it is dense and leaves it whole where it is not (Mondrian), loses no row, and with `least_l=2` also sees to what task 1 found: no class in which everybody has the same income.

# %%
mended = privacy.anonymise_table(people, quasi, k=10, sensitive="income", least_l=2)
now = mended.after
print(f"k {now.k}, alone {now.alone}, told {now.told_rows}; lost {mended.mean_loss:.0%} of a cell")
mended.table[[*quasi, "income"]].head(3)

# %% [markdown]
# That is better, and no promise. Who knows more columns than were thought of, or a second table of the same people, finds some of them again. What holds against *whatever* is known must not depend on what is known.
#
# ## 3. How much one person can move
#
# **Differential privacy** is such a promise: whatever is told is at most $e^\varepsilon$ times likelier with a person in the data than without them. Laplace noise keeps it if its scale is
#
# $$ b = \frac{s}{\varepsilon}, $$
#
# where $s$, the **sensitivity**, is the most that one person, *added or taken away*, can move the figure. Any person, also one who is not in the table: it is argued from the bounds, never looked up in the data.
#
# **Task 3.** Write `laplace_scale(figure, low, high, epsilon, rows_each)`. `figure` is `"count"` (how many rows) or `"sum"` (of values that are cut to lie between `low` and `high`). A person has at most `rows_each` rows. Return the scale $b$.


# %%
def laplace_scale(figure: str, low: float, high: float, epsilon: float, rows_each: int) -> float:
    """The scale of the noise with which one person's coming or going hardly shows."""
    ### BEGIN SOLUTION
    one_row = 1 if figure == "count" else max(abs(low), abs(high))
    return rows_each * one_row / epsilon
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# *A common mistake* is to take `high - low`: that is how far a person's value may be *changed*. Here the person comes or goes with all of it: an age of 90 more moves a sum of ages by 90, not by 90 - 17.
#
# ## 4. A private mean
#
# A mean has no small sensitivity of its own: where there is one row, one more moves it by half of everything. So a private mean is two figures, a noisy sum over a noisy count. Each costs, and the costs add up: half of epsilon for each.
#
# **Task 4.** Write `private_mean(values, low, high, epsilon, noise)` with your `laplace_scale`. A person has one row. `noise` is a list of two draws of Laplace noise **of scale 1**, for the sum and for the count; you bring them to their scales. Cut the values to the bounds, add the noise, divide (by a count of at least 1), and bring the result back between `low` and `high`.


# %%
def private_mean(
    values: list[float], low: float, high: float, epsilon: float, noise: list[float]
) -> float:
    """The mean of values cut to bounds, from a noisy sum and a noisy count."""
    ### BEGIN SOLUTION
    cut = [min(max(value, low), high) for value in values]
    total = sum(cut) + noise[0] * laplace_scale("sum", low, high, epsilon / 2, 1)
    count = len(cut) + noise[1] * laplace_scale("count", low, high, epsilon / 2, 1)
    return min(max(total / max(1.0, count), low), high)
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# The mean age of 4,000 people at three epsilons, and without noise:

# %%
chance = random.Random(0)


def laplace() -> float:
    """One draw of Laplace noise of scale 1."""
    return chance.expovariate(1) - chance.expovariate(1)


### BEGIN SOLUTION
for epsilon in (0.01, 0.1, 1.0):
    print(epsilon, round(private_mean(ages, 17, 90, epsilon, [laplace(), laplace()]), 2))
### STUB
# # for epsilon in (0.01, 0.1, 1.0):
# #     print(epsilon, round(private_mean(ages, 17, 90, epsilon, [laplace(), laplace()]), 2))
### END SOLUTION
print("without noise", round(sum(ages) / len(ages), 2))

# %% [markdown]
# Of many people a great deal can be told at little cost. `workbench privacy statistic` does the same with discrete noise: the gaps between floating-point numbers would give a value away that lies under noise like ours here.
#
# ## 5. A budget that refuses
#
# Each figure costs, and whoever may ask for ever learns everything. So a data set has a **budget**, written down on the disk, that is spent *before* the rows are read. The cost of several figures is less than the sum of their costs: the room composes them.
#
# Here is a budget of your own, in a folder that goes away with the kernel. A figure with Gaussian noise of `noise` times what a person can move is `GaussianSteps(noise, 1.0, 1)`.

# %%
stores = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, stores, ignore_errors=True)
PEOPLE = hashlib.sha256(b"the people of this lab").hexdigest()


def new_budget(epsilon: float, delta: float) -> privacy.Budgets:
    """A budget for PEOPLE in a new store of its own."""
    budgets = privacy.Budgets(open_database(Path(tempfile.mkdtemp(dir=stores))))
    budgets.set(PEOPLE, epsilon=epsilon, delta=delta)
    return budgets


# %%
budgets = new_budget(1.5, 1e-5)
budgets.spend(PEOPLE, GaussianSteps(5.0, 1.0, 1), purpose="a first figure")
budgets.show(PEOPLE)

# %% [markdown]
# **Task 5.** Write `answered(epsilon, delta, noises)`: make a new budget, ask it for one figure after the other, with the noise multipliers `noises`, and return the list of the places (from 0) of those that it granted. Where too little is left `spend` raises `LimitError`; then that figure is not told, nothing of it is spent, and a later one with more noise may still fit.


# %%
def answered(epsilon: float, delta: float, noises: list[float]) -> list[int]:
    """The places of the figures that the budget grants."""
    budgets, granted = new_budget(epsilon, delta), []
    ### BEGIN SOLUTION
    for place, noise in enumerate(noises):
        try:
            spend = budgets.spend(PEOPLE, GaussianSteps(noise, 1.0, 1), purpose="a figure")
        except LimitError:
            continue
        budgets.end(spend)
        granted.append(place)
    return granted
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# Twelve figures of the same noise. Each costs by itself about 0.73; if costs were added up, the third would be too much:

# %%
### BEGIN SOLUTION
answered(2.0, 1e-5, [5.0] * 12)
### STUB
# # answered(2.0, 1e-5, [5.0] * 12)
### END SOLUTION

# %% [markdown]
# ## 6. Is the claim true?
#
# A promise of privacy cannot be seen in what is told: noise that is ten times too small looks much like noise. But it can be put to the test. Here somebody sells a count "with epsilon 1":

# %%
sold = random.Random(1)


def sold_count(rows: int) -> float:
    """How many rows there are, with noise; its seller says that epsilon is 1."""
    return rows + sold.expovariate(10) - sold.expovariate(10)


inside = [sold_count(101) for _ in range(2000)]
outside = [sold_count(100) for _ in range(2000)]

# %% [markdown]
# If epsilon is 1, then for every line: the share of `inside` (with the person) above the line is at most $e^1$ times the share of `outside`. In general
#
# $$ \varepsilon \ge \ln \frac{\text{share of inside above the line}}{\text{share of outside above the line}}. $$
#
# Shares of 2,000 draws are not the true ones. `bounds` says between which ends a true share lies:


# %%
def bounds(hits: int, runs: int) -> tuple[float, float]:
    """The 95% interval of a share (Clopper and Pearson, 1934)."""
    interval = binomtest(hits, runs).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


bounds(0, 2000), bounds(1000, 2000)

# %% [markdown]
# **Task 6.** Write `epsilon_shown(inside, outside, line)`: the epsilon that is *proven* by what lies above the line (`>`). Use for each of the two shares the end of its interval that speaks for the seller. The result is in nats, and never below 0.


# %%
def epsilon_shown(inside: list[float], outside: list[float], line: float) -> float:
    """The epsilon that the two lists prove, by what lies above a line."""
    ### BEGIN SOLUTION
    low = bounds(sum(each > line for each in inside), len(inside))[0]
    high = bounds(sum(each > line for each in outside), len(outside))[1]
    return max(0.0, math.log(low / high)) if low > 0 else 0.0
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# At which line is the seller caught?

# %%
### BEGIN SOLUTION
{line: round(epsilon_shown(inside, outside, line), 2) for line in (99.5, 100.0, 100.5, 101.0)}
### STUB
# # {line: round(epsilon_shown(inside, outside, line), 2) for line in (99.5, 100.0, 100.5, 101.0)}
### END SOLUTION

# %% [markdown]
# Whoever tries many lines and keeps the best must pay for having looked that often; in earnest the line is fixed before. The room does it for a whole training, in the run itself: here is one that claims epsilon 2 and adds a tenth of the noise. `lower` is what is proven.

# %%
from workbench.privacy.dp.digits import load_digits_task
from workbench.privacy.dp.training import train_classifier

run = train_classifier(load_digits_task(), epsilon=2.0, noise_scale=0.1, seed=0)
run.audit.lower, run.audit.upper, run.audit.flagged

# %% [markdown]
# ## 7. A ledger that was changed
#
# What was spent stands in a **ledger**: a line an entry, each with its `number`, its `hash` (the sha256 of everything else in the line) and `previous`, the hash of the entry before; before the first stands `GENESIS`. Your budget above has written one:

# %%
from workbench.privacy.ledger.exporting import export_ledger

export_ledger(stores / "ledger.jsonl", database=budgets.database)
lines = (stores / "ledger.jsonl").read_text().splitlines()
lines[-1]

# %%
GENESIS = "0" * 64


def hash_of(line: str) -> str:
    """The hash that an entry should have, by all else that stands in it."""
    entry = {name: value for name, value in json.loads(line).items() if name != "hash"}
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# %% [markdown]
# An entry that was changed no longer has its hash. Who reckons the hash anew breaks the next entry's `previous`. Who writes the *whole* chain anew, or cuts off its end, leaves a chain that is sound in itself; that is seen only by somebody who wrote down elsewhere how it ended.
#
# **Task 7.** Write `broken_at(lines, end)`; `end` is the hash of the last entry, as it was written down elsewhere. Return the place (from 1) of the first line that does not have its hash, or does not follow the hash before it; -1 if every line holds and the last hash is another than `end`; 0 if all is as it was.


# %%
def broken_at(lines: list[str], end: str) -> int:
    """The first line that does not hold; -1 for another end, 0 if all is as it was."""
    ### BEGIN SOLUTION
    before = GENESIS
    for place, line in enumerate(lines, start=1):
        entry = json.loads(line)
        if entry["hash"] != hash_of(line) or entry["previous"] != before:
            return place
        before = entry["hash"]
    return 0 if before == end else -1
    ### STUB
    # raise NotImplementedError("task 7")
    ### END SOLUTION


# %%
check("q7")

# %% [markdown]
# Somebody would like to have spent less, and says that the noise was 50 and not 5:

# %%
end = json.loads(lines[-1])["hash"]
forged = [line.replace('noise_multiplier\\":5.0', 'noise_multiplier\\":50.0') for line in lines]
### BEGIN SOLUTION
broken_at(lines, end), broken_at(forged, end), broken_at(lines[:-1], end)
### STUB
# # broken_at(lines, end), broken_at(forged, end), broken_at(lines[:-1], end)
### END SOLUTION

# %% [markdown]
# The room keeps that end as signed checkpoints: `workbench privacy ledger checkpoint` and `workbench privacy ledger verify`.
#
# ## Summary
#
# Names are not what gives people away. Hiding among others helps against what was thought of; noise by sensitivity helps whatever is known, and costs little where there are many. The cost adds up, so it is written down and refused; and a promise is worth as much as the check that could refute it.
#
# ## Limits
#
# Task 6 proves a lower bound: that nothing was shown does not show that a claim is true. Noise from a seed, as here, protects nobody who can guess the seed. And of *groups* a private figure tells as much as any other: it protects who is in the data, not those who are like them.
#
# ## Go on
#
# - `notebooks/privacy/01_differential_privacy`: private training, its audit, and attacks on it.
# - `docs/how-to/privacy.md` and `docs/how-to/anonymise.md`: the same on your own data.
# - L. Sweeney, *k-Anonymity: A Model for Protecting Privacy*, 2002; A. Machanavajjhala and others, *l-Diversity*, 2007.
# - C. Dwork and A. Roth, *The Algorithmic Foundations of Differential Privacy*, 2014.
# - M. Jagielski, J. Ullman, A. Oprea, *Auditing Differentially Private Machine Learning*, 2020, arXiv:2006.07709.
