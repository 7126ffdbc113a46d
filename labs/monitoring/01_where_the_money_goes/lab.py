"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build monitoring/01_where_the_money_goes
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018, T201

# %% [markdown]
# # Where the money goes
#
# **Question.** What is used and by whom, what does an answer cost, what has changed and since when, and would a smaller model do?
#
# About 50 minutes and 0.6 GB of memory. You begin with a log that has faults in it, and end with a decision about money that looks right at first sight and is wrong.
#
# There are six tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import atexit
import datetime as dt
import math
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd

# %%
from workbench.evaluation.count_tests import population_stability_test
from workbench.learning import lab
from workbench.monitoring import compare_tables
from workbench.monitoring.business import made_usage, move_traffic, read_use
from workbench.monitoring.drift.reading import Rows
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import Drift, TrafficPlan
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.building import refresh
from workbench.studio import lines

lab = lab("monitoring/01_where_the_money_goes")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade monitoring/01_where_the_money_goes`. Your functions are then called with inputs that nobody has seen.
#
# The traffic is made, about nobody: six weeks of a busy house with days, weeks and growth. From some hour on its calls are others than before. Which hour is drawn, so that you can be held to it later.

# %%
change = Drift(hour=random.Random(8).randrange(500, 600))
plan = TrafficPlan(
    start=dt.date(2026, 9, 7), days=42, calls=30_000, users=120, drift=change, seed=2
)
folder = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, folder, ignore_errors=True)
months = write_usage(plan, folder / "usage")
[path.name for path in months]

# %% [markdown]
# No log stays as it was meant to be. Here a writer was killed and wrote forty rows of each month twice, and two rows of each have tokens below zero.

# %%
for path in months:
    table = pd.read_parquet(path)
    broken = table.iloc[[5, 6]].assign(settlement_id=["set_a", "set_b"], prompt_tokens=-40)
    pd.concat([table, table.iloc[100:140], broken]).to_parquet(path)

# %%
calls = pd.concat([pd.read_parquet(path) for path in months])
calls["team"] = calls["user"].astype(str).str.partition("-")[0]
seconds = (calls["time"] - pd.Timestamp(plan.start, tz="UTC")).dt.total_seconds()
calls["hour"] = (seconds // 3600).astype(int)
shown = ["settlement_id", "team", "status", "prompt_tokens", "completion_tokens", "cost_usd"]
rows = calls[shown].to_dict("records")
len(rows), rows[0]

# %% [markdown]
# ## 1. Each settlement once
#
# Whoever adds up this log as it is charges some calls twice. What tells two rows apart is not what stands in them (two people may well ask the same at the same price) but the id under which a call was **settled**.
#
# Money is added in whole billionths of a dollar. Sums of fractions depend on the order of the rows, and two honest programs would come to different totals.
#
# **Task 1.** Write `settle(rows)`. Set aside each row whose `settlement_id` came before, and each with `prompt_tokens` or `completion_tokens` below 0. Return `{"calls": ..., "set_aside": ..., "nano_usd": ...}`: how many rows are left, how many are not, and the money of those that are left, each row's `cost_usd` rounded to whole billionths. A call that failed (`status` 400 and above) counts, and so does what it cost.


# %%
def settle(rows: list[dict[str, object]]) -> dict[str, int]:
    """How many calls there were, how many rows are none, and what the calls cost."""
    ### BEGIN SOLUTION
    met, nano, aside = set(), 0, 0
    for row in rows:
        twice = row["settlement_id"] in met
        if twice or row["prompt_tokens"] < 0 or row["completion_tokens"] < 0:
            aside += 1
            continue
        met.add(row["settlement_id"])
        nano += round(row["cost_usd"] * 1e9)
    return {"calls": len(met), "set_aside": aside, "nano_usd": nano}
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# The room has a **warehouse** for this: it reads the same files, sets aside what cannot be right and says why. Does it come to your figures?

# %%
built = refresh(source=folder / "usage", folder=folder / "warehouse")
warehouse = Warehouse(folder / "warehouse")
total = warehouse.measure("requests", "cost")
print(built.quarantined, total.rows)
### BEGIN SOLUTION
settle(rows)
### STUB
# # settle(rows)
### END SOLUTION

# %% [markdown]
# ## 2. What an answer costs
#
# "A call costs a cent" is true and of no use: nobody wants calls, but answers. A call that failed was paid for as well, by whoever needed the answer. So it is *all* money over the *answered* calls.
#
# **Task 2.** Write `cost_per_answer(rows, by)`; `by` is the name of a column. Return a dictionary from each of its values to the dollars an answered call (`status` below 400). A group without a single answer has no such cost and is left out. The rows are sound ones; nothing needs to be set aside.


# %%
def cost_per_answer(rows: list[dict[str, object]], by: str) -> dict[str, float]:
    """Dollars an answered call, of each group."""
    ### BEGIN SOLUTION
    money, answers = Counter(), Counter()
    for row in rows:
        money[row[by]] += row["cost_usd"]
        answers[row[by]] += row["status"] < 400
    return {name: money[name] / answers[name] for name in money if answers[name]}
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# By team, from the log without its faults, and beside it what the warehouse says. One definition, in `metrics.yaml`, is what notebooks, pages and reports all ask.

# %%
calls = calls[calls["prompt_tokens"] >= 0].drop_duplicates("settlement_id")
sound = calls[shown].to_dict("records")
beside = warehouse.measure("cost_per_answer", "requests", by=["team"]).to_pandas()
### BEGIN SOLUTION
beside["yours"] = beside["team"].map(cost_per_answer(sound, "team"))
### STUB
# # beside["yours"] = beside["team"].map(cost_per_answer(sound, "team"))
### END SOLUTION
beside

# %% [markdown]
# An answer of `support` costs more than four times one of `legal`. Is its work dearer? By model, and beside it the share of each team's calls that the dear model gets:

# %%
by_model = calls[["model_served", "status", "cost_usd"]].to_dict("records")
### BEGIN SOLUTION
for model, usd in cost_per_answer(by_model, "model_served").items():
    print(f"{model:15} {usd:.6f} USD")
### STUB
# # for model, usd in cost_per_answer(by_model, "model_served").items():
# #     print(f"{model:15} {usd:.6f} USD")
### END SOLUTION
dear = calls["model_served"] == "upstream/large"
dear.groupby(calls["team"]).mean().round(3).to_frame("share of the dear model")

# %% [markdown]
# It is which model their people ask, and a few of them ask very often. A price per team is no verdict on a team; it says where to look.
#
# ## 3. How far from before
#
# A bill that grows has two causes: more calls, or other calls. The second is **drift**. Its usual size is the *population stability index*. A column is cut into cells; $p$ is a cell's share before, $q$ its share now:
#
# $$ \text{PSI} = \sum_{\text{cells}} (q - p) \ln \frac{q}{p} $$
#
# A cell that was empty before would make it infinite, so first every cell gets **half a row more**, on both sides.
#
# **Task 3.** Write `stability_index(before, now)` for two lists of counts of the same cells.


# %%
def stability_index(before: list[int], now: list[int]) -> float:
    """The population stability index of two lists of counts."""
    ### BEGIN SOLUTION
    p, q = (
        [(n + 0.5) / (sum(counts) + 0.5 * len(counts)) for n in counts] for counts in (before, now)
    )
    return sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# The first two weeks against the last two, column by column. Prompts are cut at the quarters of the first weeks.

# %%
edges = calls.loc[calls["hour"] < 336, "prompt_tokens"].quantile([0.25, 0.5, 0.75])
calls["prompt"] = pd.cut(calls["prompt_tokens"], [0, *edges, math.inf]).astype(str)
early, late = calls[calls["hour"] < 336], calls[calls["hour"] >= 672]
columns = {}
for name in ("team", "model_served", "task", "language", "prompt", "status"):
    cells = sorted(set(calls[name].astype(str)))
    sides = [Counter(part[name].astype(str)) for part in (early, late)]
    columns[name] = [[side[cell] for cell in cells] for side in sides]

# %%
### BEGIN SOLUTION
{name: round(stability_index(*sides), 4) for name, sides in columns.items()}
### STUB
# # {name: round(stability_index(*sides), 4) for name, sides in columns.items()}
### END SOLUTION

# %% [markdown]
# ## 4. More than chance
#
# No index is ever 0. By chance alone it comes to $1/n + 1/m$ times a chi-square, where $n$ and $m$ are the rows on the two sides; with that each column has a **p-value**, the chance of so large an index if nothing has changed.
#
# Six columns are six chances to be wrong. Holm's way: sort the p-values, the smallest first. The first is held to `level / 6`, the second to `level / 5`, and so on; **the first that is larger than what it is held to ends it**, and neither it nor any after it counts. Then the chance of even one false name is at most `level`.
#
# **Task 4.** Write `changed(p_values, level)`; `p_values` goes from name to p-value. Return the list of the names that have changed, the smallest p-value first.


# %%
def changed(p_values: dict[str, float], level: float) -> list[str]:
    """The names that have changed by more than chance (Holm, 1979)."""
    found = []
    ### BEGIN SOLUTION
    for place, name in enumerate(sorted(p_values, key=p_values.get)):
        if p_values[name] > level / (len(p_values) - place):
            break
        found.append(name)
    return found
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %%
p_values = {name: population_stability_test(*sides).p_value for name, sides in columns.items()}
for name, p_value in p_values.items():
    print(f"{name:13} {p_value:.3g}")
### BEGIN SOLUTION
changed(p_values, 0.05)
### STUB
# # changed(p_values, 0.05)
### END SOLUTION

# %% [markdown]
# Those would pass any line. What the correction is for shows where *nothing* can have changed: the first two weeks, divided by lot, sixty times over. How often is at least one column named, with `changed` and without a correction?

# %%
first = early[list(columns)].astype("category")


def by_lot(seed: int) -> dict[str, float]:
    """The p-values of two halves that were drawn by lot."""
    here = random.Random(seed).choices([True, False], k=len(first))
    halves = first[here], first[[not each for each in here]]
    pairs = {name: [h[name].value_counts(sort=False) for h in halves] for name in first}
    return {name: population_stability_test(*pair).p_value for name, pair in pairs.items()}


draws = [by_lot(seed) for seed in range(60)]
print("without a correction", sum(min(drawn.values()) <= 0.05 for drawn in draws))
### BEGIN SOLUTION
print("with Holm's", sum(len(changed(drawn, 0.05)) > 0 for drawn in draws))
### STUB
# # print("with Holm's", sum(len(changed(drawn, 0.05)) > 0 for drawn in draws))
### END SOLUTION

# %% [markdown]
# Whoever holds each column to 5% by itself is told of drift in one of four halves, and there is none. With the correction it is about the one in twenty that was allowed.
#
# The room does all of this from two tables, with numbers cut into many more cells:

# %%
kept = ["team", "model_served", "task", "language", "prompt_tokens"]
sides = [Rows(name, part[kept]) for name, part in (("before", early), ("now", late))]
compare_tables(*sides, classifier=False)

# %% [markdown]
# ## 5. Since when
#
# "Since about two weeks" is no help to whoever looks for the cause; the hour is, for there may have been a release. Each hour has so many `calls`, of which so many are `hits`, say in German. Before the change they have one share, and from the change on another.
#
# How well *one* share explains a stretch of hours is its log-likelihood. Near 0 is well, and the more hours of different shares are put together, the farther below 0 it falls, beyond what their number explains:


# %%
def fit(hits: int, calls: int) -> float:
    """The log-likelihood of so many hits among calls, with their own share."""
    parts = [n for n in (hits, calls - hits) if n]
    return sum(n * math.log(n / calls) for n in parts)


fit(10, 100) + fit(50, 100), fit(60, 200)

# %% [markdown]
# **Task 5.** Write `began(hits, calls)`: the place (from 0) of the first hour *after* the change. It is the one from 1 on that leaves, on both sides together, the best fit. There may be hours without any call; if two hours fit alike, take the earlier one.


# %%
def began(hits: list[int], calls: list[int]) -> int:
    """The first hour of the other share."""
    ### BEGIN SOLUTION
    return max(
        range(1, len(calls)),
        key=lambda h: fit(sum(hits[:h]), sum(calls[:h])) + fit(sum(hits[h:]), sum(calls[h:])),
    )
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# When did the calls in German become more, and when was it planted?

# %%
by_hour = calls.groupby("hour")["language"].agg(
    calls="size", hits=lambda said: int((said == "de").sum())
)
by_hour = by_hour.reindex(range(plan.hours), fill_value=0)
### BEGIN SOLUTION
print("found", began(by_hour["hits"].tolist(), by_hour["calls"].tolist()))
### STUB
# # print("found", began(by_hour["hits"].tolist(), by_hour["calls"].tolist()))
### END SOLUTION
print("planted", change.hour)

# %%
by_day = by_hour.groupby(by_hour.index // 24).sum()
lines(
    [{"day": day + 1, "percent": 100 * n.hits / n.calls} for day, n in by_day.iterrows()],
    "day",
    "percent",
    title="The day can be seen; the hour has to be reckoned",
    x_title="day of the log",
    y_title="calls in German (%)",
)

# %% [markdown]
# The likelihood looks back, once, at a stretch of which it is known that something changed in it. Who watches hour by hour looks hundreds of times, and has to count that too: `workbench.monitoring.watch_hours`.
#
# And what does it come to in money? Longer prompts cost more, also where not one call more was made. Dollars an answer:

# %%
calls["since"] = (calls["hour"] >= change.hour).map({False: "before", True: "from then on"})
### BEGIN SOLUTION
priced = calls[["since", "status", "cost_usd"]].to_dict("records")
{name: round(usd, 6) for name, usd in cost_per_answer(priced, "since").items()}
### STUB
# # priced = calls[["since", "status", "cost_usd"]].to_dict("records")
# # {name: round(usd, 6) for name, usd in cost_per_answer(priced, "since").items()}
### END SOLUTION

# %% [markdown]
# ## 6. Would the small one do
#
# Now the decision. Another made log has two models: `large` is dear and `small` is cheap. Some answers were **rated** by who asked, and some of those **liked**. Over all answers the two are nearly alike:

# %%
log = made_usage(seed=8)
use = read_use(log.table, teams=log.teams, since=dt.date(2026, 8, 1), until=dt.date(2026, 11, 1))
sums = ["answered", "rated", "liked", "cost_usd"]
models = use.cells.groupby("model")[sums].sum()
models["good_share"] = models["liked"] / models["rated"]
models["usd_an_answer"] = models["cost_usd"] / models["answered"]
models.round(4)

# %% [markdown]
# So move all of it to the small one? `large` is asked most of the questions about code, and code is hard. A model that gets the hard questions looks worse than it is (Simpson's paradox). What counts is how good the *small* one is at the tasks **that would move to it**.
#
# **Task 6.** Write `change_if_moved(cells, source, target)`. A cell is a dictionary with `model`, `task`, `answers`, `rated` and `liked`; several may be of one model and task. Within each task of the source take the target's share of liked among rated, minus the source's; return the mean of these over the tasks, each weighed by **the source's answers** in it. In every task of the source both have been rated; tasks that only the target has do not matter.


# %%
def change_if_moved(cells: list[dict[str, object]], source: str, target: str) -> float:
    """By how much the share of good answers changes for those that move."""
    ### BEGIN SOLUTION
    summed = {name: Counter() for name in ("answers", "rated", "liked")}
    for cell in cells:
        for name, counts in summed.items():
            counts[cell["model"], cell["task"]] += cell[name]
    answers, rated, liked = summed.values()
    good = {key: liked[key] / rated[key] for key in rated if rated[key]}
    tasks = [task for model, task in answers if model == source]
    whole = sum(answers[source, task] for task in tasks)
    moved = [answers[source, t] / whole * (good[target, t] - good[source, t]) for t in tasks]
    return sum(moved)
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# At first sight, as you reckon it, and as the room does (with an interval, and the money):

# %%
cells = use.cells.rename(columns={"answered": "answers"})
cells = cells[["model", "task", "answers", "rated", "liked"]].to_dict("records")
move = move_traffic(use, source="large", target="small", share_moved=1.0)
print(f"first sight {move.plain_change:+.3f}; within tasks {move.success_change.value:+.3f}")
print(f"saves {move.saving_usd.value:.2f} USD a month")
### BEGIN SOLUTION
change_if_moved(cells, "large", "small")
### STUB
# # change_if_moved(cells, "large", "small")
### END SOLUTION

# %% [markdown]
# Where is it lost? By task, what moving would have saved in these three months, and how the share of good answers would change:

# %%
pd.DataFrame(
    {
        "task": [line.task for line in move.tasks],
        "saves_usd": [line.source_cost_usd - line.target_cost_usd for line in move.tasks],
        "change": [line.target_success.value - line.source_success.value for line in move.tasks],
    }
).round(3)

# %% [markdown]
# Nearly all of it is lost in code, where the saving is largest too. In extraction the log was made without any difference: two points are what chance makes of so few ratings. So extraction can move, code should stay, and for the rest somebody has to say what a good answer is worth.
#
# ## Summary
#
# A total is right if each settlement counts once. An answer's cost is all money over answers. An index of drift means little without what chance would make of it, and with many columns chance has many chances. The hour at which a change began is where two shares explain best what one does not. And two models are compared within tasks, for they are not asked the same.
#
# ## Limits
#
# The traffic is made, and its calls are drawn apart from each other; real people ask ten alike in a row, and p-values are then too small. One change, at once, is the easiest to date. Within a task both models are taken to be asked the same, which only an experiment shows; and who rates is not like who does not.
#
# ## Go on
#
# - `notebooks/monitoring/01_usage_and_cost`, `02_drift` and `04_business_case`: the same with intervals, alarms and the planted truth.
# - `docs/how-to/measure-usage.md`, `docs/how-to/drift.md` and `docs/how-to/business.md`: on your own usage.
# - B. Yurdakul and J. Naranjo, *Statistical Properties of the Population Stability Index*, 2020.
# - S. Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, 1979.
# - D. V. Hinkley, *Inference about the Change-Point in a Sequence of Binomial Variables*, 1970 (with E. A. Hinkley).
