"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build serving/02_sharing_a_model
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018

# %% [markdown]
# # Sharing a model
#
# **Question.** How do many people use one model so that nobody overspends, nobody starves, and nothing is computed twice?
#
# About 40 minutes and 1 GB of memory. You will write the small decisions of a gateway yourself, each a few lines, and in the end ask the real one, which makes the same decisions.
#
# There are six tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import contextlib
import json
import urllib.request

from workbench.learning import lab
from workbench.serving.server import serving

lab = lab("serving/02_sharing_a_model")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade serving/02_sharing_a_model`. Your functions are then called with inputs that nobody has seen.
#
# ## 1. The most that a request may need
#
# A team shares a model on a budget of tokens a day. A request's cost is known only when its answer is finished, but whether it may begin must be decided before. What *is* known before: the prompt, the longest answer that the client allows (`max_tokens`), and how many answers it wants (`n`).
#
# The prompt is read once, whatever `n` is.
#
# **Task 1.** Write `most_tokens(prompt_tokens, max_tokens, n)`: the most tokens that a request may come to.


# %%
def most_tokens(prompt_tokens: int, max_tokens: int, n: int) -> int:
    """The most tokens that a request may come to."""
    ### BEGIN SOLUTION
    return prompt_tokens + n * max_tokens
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# *A common mistake* is to take the average answer instead of the longest. Then the budget holds on average, which is to say that every other day it does not.
#
# ## 2. Let in, or refuse
#
# Here is the fault that many gateways have. Budget 1,000; used so far 900; two requests that may need 80 each arrive in the same instant. Each looks: $900 + 80 \le 1000$. Both begin, and the day ends at 1,060.
#
# The cure is to **reserve**: what running requests may still need counts as gone.
#
# **Task 2.** Write `may_begin(limit, used, reserved, asked)`: whether a request that may need `asked` tokens may begin, when `used` tokens are spent and `reserved` are promised to others.


# %%
def may_begin(limit: int, used: int, reserved: int, asked: int) -> bool:
    """Whether a request may begin."""
    ### BEGIN SOLUTION
    return used + reserved + asked <= limit
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# Try the story above with your function: the first request is let in and reserves 80; is the second?

# %%
### BEGIN SOLUTION
may_begin(1000, 900, 0, 80), may_begin(1000, 900, 80, 80)
### STUB
# # may_begin(1000, 900, 0, 80), then with 80 reserved
### END SOLUTION

# %% [markdown]
# ## 3. Settle
#
# When an answer ends we know what it really used, and **settle**: the reservation goes, the use is booked.
#
# **Task 3.** Write `settle(account, reserved, used)`. An account is a dictionary such as `{"used": 900, "reserved": 80}`. Return the new one; leave the old one as it is.


# %%
def settle(account: dict[str, int], reserved: int, used: int) -> dict[str, int]:
    """The account after a request that had reserved so much has used so much."""
    ### BEGIN SOLUTION
    return {"used": account["used"] + used, "reserved": account["reserved"] - reserved}
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# *A common mistake* is to give back `used` instead of `reserved`. Nothing breaks at once: a little of each reservation is never given back, and after some days the budget is full though nobody spends.
#
# ## 4. A fair order
#
# Who goes first when all wait? *First come, first served* lets whoever sends a hundred long requests block everybody else. Taking turns, one request each, favours those with long ones. **Deficit round robin** (Shreedhar and Varghese, 1995) shares tokens rather than turns:
#
# - The tenants are visited in a circle, in the order in which they stand in `queues`.
# - At each visit a tenant with waiting jobs is given `quantum` tokens on top of what it has saved.
# - As long as its first job costs no more than its savings, the job is served and its cost is taken off.
# - A tenant without waiting jobs loses its savings: who does not ask saves nothing for later.
#
# An example with quantum 10: `{"ann": [25], "ben": [10, 10, 10]}`. First round: Ann has 10, not enough; Ben is served once. Second: Ann has 20, not enough; Ben once. Third: Ann has 30 and is served; Ben once. So Ben's short jobs do not wait for Ann's long one, and Ann does not wait for ever.
#
# **Task 4.** Write `fair_order(queues, quantum)`: the list of `(tenant, cost)` in the order in which all jobs are served. `queues` maps each tenant to the list of its jobs' costs and must stay unchanged.


# %%
def fair_order(queues: dict[str, list[int]], quantum: int) -> list[tuple[str, int]]:
    """The order in which deficit round robin serves all jobs."""
    ### BEGIN SOLUTION
    waiting = {tenant: list(costs) for tenant, costs in queues.items()}
    saved = dict.fromkeys(queues, 0)
    order = []
    while any(waiting.values()):
        for tenant, costs in waiting.items():
            if costs:
                saved[tenant] += quantum
            while costs and costs[0] <= saved[tenant]:
                saved[tenant] -= costs[0]
                order.append((tenant, costs.pop(0)))
            if not costs:
                saved[tenant] = 0
    return order
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# Look at what it does for somebody with a short question behind a long queue:

# %%
### BEGIN SOLUTION
fair_order({"batch": [300] * 3, "quick": [20]}, 100)
### STUB
# # fair_order({"batch": [300] * 3, "quick": [20]}, 100)
### END SOLUTION

# %% [markdown]
# ## 5. The same call
#
# At temperature 0 the same call has the same answer, so it need not be computed again. But what is *the same call*? Clients write fields in any order; who asks, and whether the answer is streamed, changes how it is delivered and not what it says. Everything else may change the answer.
#
# The order of the *messages* matters: they are a list, and a conversation told backwards is another one.
#
# **Task 5.** Write `call_key(call)`: a text that is the same for two calls exactly if they must have the same answer. `call` is a dictionary as a client sends it; `"user"` and `"stream"` are the fields without effect.


# %%
def call_key(call: dict[str, object]) -> str:
    """A text that two calls share exactly if they must have the same answer."""
    ### BEGIN SOLUTION
    kept = {name: value for name, value in call.items() if name not in ("user", "stream")}
    return json.dumps(kept, sort_keys=True)
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# *A common mistake* is to keep only the messages. Then a call with `max_tokens=5` is answered with the long answer of somebody else's call, or, worse, one to another model.
#
# ## 6. Through the door
#
# Now the real gateway, which does all of this. It is opened for this notebook, on this machine alone. Commands and pages of this home ask it as long as it runs, and its calls stand in `workbench serving usage`. `room.close()` ends it, or the end of this kernel. If no gateway was ever opened here, the key that it makes for itself is revoked with it.

# %%
room = contextlib.ExitStack()
gateway = room.enter_context(serving())


def send(body):
    """The gateway's answer as a dictionary, and its headers."""
    words = {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        gateway.url + "/v1/chat/completions", json.dumps(body).encode(), words
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read()), dict(answer.headers)


# %%
answer, headers = send(
    {"model": "smollm2-135m", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
)
answer

# %% [markdown]
# **Task 6.** Write `ask(question, max_tokens)`: send one user message to `smollm2-135m` at temperature 0, and return a dictionary with the `text` of the answer, the `tokens` of prompt and answer together as the gateway tells them, and `known`: whether the answer came out of the cache (the header `x-workbench-cache` is there then, and only then).


# %%
def ask(question: str, max_tokens: int) -> dict[str, object]:
    """One question through the gateway."""
    ### BEGIN SOLUTION
    said = [{"role": "user", "content": question}]
    body = {"model": "smollm2-135m", "messages": said, "max_tokens": max_tokens}
    answer, headers = send({**body, "temperature": 0})
    return {
        "text": answer["choices"][0]["message"]["content"],
        "tokens": answer["usage"]["total_tokens"],
        "known": "x-workbench-cache" in headers,
    }
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# ## Summary
#
# A request reserves the most it may need and settles what it used, so a crowd cannot overspend. Deficit round robin shares tokens, so nobody starves. A key over everything that can change an answer says when nothing need be computed.
#
# ## Go on
#
# - `notebooks/serving/02_gateway.ipynb` opens fifty streams at once on a small budget.
# - What if two identical calls arrive in the same instant, before either is in the cache? The same notebook shows what the gateway does.
# - M. Shreedhar, G. Varghese, *Efficient Fair Queueing Using Deficit Round Robin*, 1995.
