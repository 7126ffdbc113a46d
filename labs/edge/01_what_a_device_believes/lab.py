"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build edge/01_what_a_device_believes
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, B018, T201

# %% [markdown]
# # What a device believes
#
# **Question.** How are weights kept in four bits, which form is worth having, what does an update cost, and what must a machine that is offline not believe?
#
# About 60 minutes and 0.3 GB of memory. You round weights as a small machine keeps them, choose between forms of a model, count what an update fetches, and write the rules by which a device takes a version and a fleet is spared a bad one.
#
# There are six tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import atexit
import math
import random
import shutil
import tempfile
from pathlib import Path

# %%
from workbench.edge.bundles.building import build
from workbench.edge.bundles.chunking import cut
from workbench.edge.bundles.keys import load_signer
from workbench.edge.bundles.parts import Content
from workbench.edge.device import updating
from workbench.edge.device.faults import Fault
from workbench.edge.device.trust import Here
from workbench.evaluation.wilson import wilson_interval
from workbench.learning import lab
from workbench.studio import lines, points

lab = lab("edge/01_what_a_device_believes")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade edge/01_what_a_device_believes`. Your functions are then called with inputs that nobody has seen. All weights and machines are made.
#
# ## 1. Sixteen steps
#
# A weight of a trained model is a number of 32 or 16 bits. A small machine keeps it in four: 32 neighbours share one **scale**, and each is rounded to a whole **step**, so that `step * scale` is near the weight.
#
# Here the steps go from -7 to 7, and the scale is the largest size in the block divided by 7, so that the largest weight lands on the last step.
#
# **Task 1.** Write `quantise(block)`: return the scale and the list of steps (whole numbers). A block of zeros has the scale 0 and steps 0. Round to the nearest, as `round` does.


# %%
def quantise(block: list[float]) -> tuple[float, list[int]]:
    """The scale and the steps of a block of weights."""
    ### BEGIN SOLUTION
    scale = max(abs(weight) for weight in block) / 7
    return scale, [round(weight / scale) if scale else 0 for weight in block]
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# A block of a made model, and what is left of it. One large weight among small ones costs all the others their steps:

# %%
draw = random.Random(3)
block = [draw.gauss(0, 0.02) for _ in range(31)]
### BEGIN SOLUTION
for name, largest in (("without an outlier", 0.03), ("with one", 0.3)):
    scale, steps = quantise([*block, largest])
    error = math.sqrt(sum((w - s * scale) ** 2 for w, s in zip(block, steps, strict=False)) / 31)
    print(f"{name:<20}{len(set(steps)):>3} steps are used, error {error:.4f}")
### STUB
# # for name, largest in (("without an outlier", 0.03), ("with one", 0.3)):
# #     scale, steps = quantise([*block, largest])
# #     print(name, len(set(steps)), "steps are used")
### END SOLUTION

# %% [markdown]
# ## 2. By what goes in
#
# A weight does harm by its error *times what it is multiplied with*. An **importance** says how large the square of that is on average, for each weight of the block; it is measured on texts. So a scale may be worth taking that treats the important ones well, even if the largest weight is then cut off at 7.
#
# **Task 2.** Write `best_scale(block, importance, scales)`: of the scales that may be taken, the one with the least sum of `importance * (weight - step * scale) ** 2`, where a step is `round(weight / scale)`, cut to the range from -7 to 7. Of two that are equally good take the first.


# %%
def best_scale(block: list[float], importance: list[float], scales: list[float]) -> float:
    """The scale with the least error, weighed by what goes in."""
    ### BEGIN SOLUTION
    pairs = list(zip(block, importance, strict=True))

    def cost(scale: float) -> float:
        steps = [max(-7, min(7, round(weight / scale))) for weight, _ in pairs]
        return sum(i * (w - scale * s) ** 2 for (w, i), s in zip(pairs, steps, strict=True))

    return min(scales, key=cost)
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# The block with the outlier, once with an importance that is even and once where the outlier is hardly ever multiplied with anything:

# %%
outlier = [*block, 0.12]
wide = max(outlier) / 7
scales = [wide * n / 40 for n in range(4, 41)]
### BEGIN SOLUTION
for name, last in (("even", 1.0), ("the outlier hardly counts", 0.002)):
    chosen = best_scale(outlier, [1.0] * 31 + [last], scales)
    print(f"{name:<27}{chosen / wide:.2f} of the scale that holds the outlier")
### STUB
# # for name, last in (("even", 1.0), ("the outlier hardly counts", 0.002)):
# #     print(name, best_scale(outlier, [1.0] * 31 + [last], scales) / wide)
### END SOLUTION

# %% [markdown]
# ## 3. What nothing beats
#
# Forms of one model lie somewhere between small, fast and good. To choose one, first leave out what nobody should choose: a form is **beaten** if another one is no worse in both perplexity and speed and better in at least one of them.
#
# **Task 3.** Write `frontier(rows)`: the names of the rows that none beats, in the order in which they came. A row has `name`, `perplexity` (less is better) and `speed` (more is better). Two rows that are alike in both do not beat each other.


# %%
def frontier(rows: list[dict[str, object]]) -> list[str]:
    """The names of the rows that no other beats."""
    ### BEGIN SOLUTION
    figures = [(row["perplexity"], -row["speed"]) for row in rows]
    return [
        row["name"]
        for row, mine in zip(rows, figures, strict=True)
        if not any(o != mine and o[0] <= mine[0] and o[1] <= mine[1] for o in figures)
    ]
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# Seven forms with made figures. Before you run it: which ones would you take off the list?

# %%
table = [
    {"name": name, "perplexity": perplexity, "speed": speed}
    for name, perplexity, speed in (
        ("16 bits", 19.61, 41.0), ("q8_0", 19.75, 62.0), ("q6_k", 19.9, 58.0),
        ("q5_1", 20.1, 66.0), ("q4_k_m", 20.6, 74.0), ("q4_0", 22.4, 81.0), ("q4_1", 21.2, 70.0),
    )
]  # fmt: skip
### BEGIN SOLUTION
best = frontier(table)
### STUB
# best = []
### END SOLUTION
shown = [{**row, "which": "not beaten" if row["name"] in best else "beaten"} for row in table]
points(
    shown, "speed", "perplexity", series="which", detail="name", title="Made figures of seven forms",
    x_title="tokens a second", y_title="perplexity (less is better)",
)  # fmt: skip

# %% [markdown]
# Which of the rest to take the frontier does not say. That is for the device: what fits in its memory, and how much worse it may be.
#
# ## 4. What an update costs
#
# A file goes to a device in **chunks**, each known by the digest of its bytes. The next version of the file is cut in the same way, and what the device has already is not fetched again.
#
# **Task 4.** Write `fetched(old, new)`: two lists of chunks, each a pair of digest and size in bytes, in the order of the files. Return how many bytes must be fetched.


# %%
def fetched(old: list[tuple[str, int]], new: list[tuple[str, int]]) -> int:
    """Bytes of the chunks of a new version that an old one does not have."""
    ### BEGIN SOLUTION
    have = {digest for digest, _ in old}
    return sum({digest: size for digest, size in new if digest not in have}.values())
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# Where to cut? In a version with four bytes put in at the front, every block of a fixed size holds other bytes than before. The room cuts where the *content* says so: at places where a hash of the last few bytes has a certain form. A cut then moves along with what stands around it.

# %%
folder = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, folder, ignore_errors=True)
before = draw.randbytes(400_000)


def chunks_of(data: bytes, *, fixed: bool) -> list[tuple[str, int]]:
    """The chunks of bytes, cut every 10,000 bytes or by content."""
    if fixed:
        pieces = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
        return [(str(hash(piece)), len(piece)) for piece in pieces]
    (folder / "file").write_bytes(data)
    return [(each.sha256.hex(), each.size_bytes) for each in cut(folder / "file")]


# %% [markdown]
# Then bytes are put in at the front, none, a few and many:

# %%
rows, ways = [], {"every 10,000 bytes": True, "by content": False}
### BEGIN SOLUTION
for put_in in (0, 4, 400, 40_000):
    after = draw.randbytes(put_in) + before
    for way, fixed in ways.items():
        size = fetched(chunks_of(before, fixed=fixed), chunks_of(after, fixed=fixed))
        rows.append({"put in": str(put_in), "kilobytes": size / 1000, "way": way})
### STUB
# # for put_in in (0, 4, 400, 40_000):
# #     after = draw.randbytes(put_in) + before
# #     for way, fixed in ways.items():
# #         size = fetched(chunks_of(before, fixed=fixed), chunks_of(after, fixed=fixed))
# #         rows.append({"put in": str(put_in), "kilobytes": size / 1000, "way": way})
### END SOLUTION
rows

# %%
### BEGIN SOLUTION
lines(
    rows, "put in", "kilobytes", series="way", title="What is fetched after some bytes were put in",
    x_title="bytes put in at the front", y_title="fetched (kB)",
)  # fmt: skip
### STUB
# # lines(rows, "put in", "kilobytes", series="way", title="What is fetched", x_title="bytes put in", y_title="fetched (kB)")
### END SOLUTION

# %% [markdown]
# ## 5. May it be taken?
#
# Whoever can put a file into a device's hands would like it to be taken. The device knows which **keys** may sign for it, and the digests of all versions that it ever had, in their order. A bundle says by which `key` it is signed, its own `digest`, and the digests of all versions before it (`history`). The rules, in this order:
#
# 1. `"two masters"`: its key is none of the device's, **or** its line (history and its own digest) differs from the device's at a version that both have.
# 2. `"clock"`: the device's clock (`now`) is more than a day before the bundle was made (`made`), in seconds: then it cannot say whether anything is over.
# 3. `"expired"`: the bundle has a time of its end (`expires`, or `None`), and it has passed.
# 4. `"older"`: its line is shorter than the device's, unless the device was told by a signed word to go `back`.
# 5. `"same"`: its digest is the one in use (`current`).
# 6. Otherwise `"take"`.
#
# **Task 5.** Write `may_take(device, bundle)`. A device has `keys`, `history`, `current`, `now` and `back`.

# %%
DAY_S = 86_400


# %%
def may_take(device: dict[str, object], bundle: dict[str, object]) -> str:
    """Whether a device takes a bundle, or why not, in a word."""
    line = [*bundle["history"], bundle["digest"]]
    ### BEGIN SOLUTION
    known = device["history"]
    if bundle["key"] not in device["keys"] or any(
        a != b for a, b in zip(line, known, strict=False)
    ):
        return "two masters"
    if device["now"] < bundle["made"] - DAY_S:
        return "clock"
    if bundle["expires"] is not None and device["now"] > bundle["expires"]:
        return "expired"
    if len(line) < len(known) and not device["back"]:
        return "older"
    return "same" if bundle["digest"] == device["current"] else "take"
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# Now against the real thing: three versions of a small bundle, a fork of the second, and what the room's own device says to each.

# %%
now = 1_795_000_000
terms = {"architecture": "none", "now_s": now - 1000, "runner": {"__main__.py": b""}}


def version(name: str, previous: Path | None) -> Path:
    """A bundle of one small file, after another."""
    (folder / "says").write_text(name)
    part, out = Content("sketch", "parts/says", folder / "says"), folder / f"{name}.bundle"
    signer = load_signer(folder / "keys")
    build("lab", out, contents=[part], previous=previous, signer=signer, **terms)
    return out


# %%
first = version("first", None)
second, fork = (version(name, first) for name in ("second", "fork"))

# %% [markdown]
# They come to one device in this order. Before you run it: which of the five are taken, and as what is each of the others refused?

# %%
here = Here("linux", "x86_64", {"xllamacpp": "2026.12"}, now)
root = folder / "device"
for path in (first, second, second, first, fork):
    try:
        done = updating.install(root, str(path), here=here, attempt=lambda folder, root: None)
        print(f"{path.name:<16}{done.outcome}")
    except Fault as fault:
        print(f"{path.name:<16}{fault.code}: {fault.message[:70]}")

# %% [markdown]
# The order of the rules matters. A fork that came first would make the true second version look like the fork; and an old version of a stranger's line is not *older* but a stranger's.
#
# ## 6. Go on, wait or halt
#
# A version goes to a twentieth of a thousand devices first. Some come up well, some fail, some have not been heard of. One that fails may have had a bad disk; three of four have not. What chance allows for says **Wilson's interval** of a share $p = f / n$ with $z = 1.96$; its lower end is
#
# $$ \frac{p + \frac{z^2}{2n} - z \sqrt{\frac{p (1 - p)}{n} + \frac{z^2}{4 n^2}}}{1 + \frac{z^2}{n}} $$
#
# **Task 6.** Write `decide(well, failed, waiting, most_failing, least_heard)`. `"halt"` if any failed and the lower end, among those that tried it, is above `most_failing`. Otherwise `"go on"` if at least the share `least_heard` of all three kinds together is well or failed, and somebody is. Otherwise `"wait"`.


# %%
def decide(well: int, failed: int, waiting: int, most_failing: float, least_heard: float) -> str:
    """What a roll-out does next: "go on", "wait" or "halt"."""
    z = 1.96
    ### BEGIN SOLUTION
    n = well + failed
    if not n:
        return "wait"
    p = failed / n
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = (p + z * z / (2 * n) - spread) / (1 + z * z / n)
    if failed and low > most_failing:
        return "halt"
    return "go on" if n >= least_heard * (n + waiting) else "wait"
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# The same share of failures says more the more devices there are. The interval of the room beside what you decide, at a bound of 5% and with everybody heard of:

# %%
for well, failed in ((19, 1), (4, 1), (1, 1), (0, 1), (180, 20), (960, 40)):
    low, high = wilson_interval(failed / (well + failed), well + failed)
    ### BEGIN SOLUTION
    told = decide(well, failed, 0, 0.05, 0.8)
    ### STUB
    # told = "?"
    ### END SOLUTION
    print(f"{failed:>3} of {well + failed:<5} {low:.3f} to {high:.3f}  {told}")

# %% [markdown]
# Four in a hundred of a thousand devices is not more than five in a hundred: the roll-out goes on, and forty machines have gone back by themselves. Whether that is good enough is a question for people; the bound is where it is asked.
#
# ## What you have
#
# Weights in four bits with a scale that follows what goes in, a frontier of forms, the cost of an update by its chunks, the rules of a device that trusts nobody who shows it a file, and a roll-out that halts by evidence. `notebooks/edge` does all of it with a real model, and the page *Fleet* shows it over many machines.
