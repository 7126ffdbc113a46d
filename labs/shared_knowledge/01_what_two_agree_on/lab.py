"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build shared_knowledge/01_what_two_agree_on
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, T201

# %% [markdown]
# # What two people agree on
#
# **Question.** Which door does a read-only room forget, what do two changes make together, and who brought the wrong fact?
#
# About 60 minutes and 0.5 GB of memory. You attack a room that only reads, find the servers that let you in, merge what two people changed, find out who wrote a line, and take a wrong fact back without taking anything else.
#
# There are six tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import pycrdt

from workbench.knowledge.live.messages import STEP2, UPDATE, read_message
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.merging import merge
from workbench.knowledge.shared.statements import Statement
from workbench.learning import lab

lab = lab("shared_knowledge/01_what_two_agree_on")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade shared_knowledge/01_what_two_agree_on`. Your functions are then called with inputs that nobody has seen. All names and facts are made.
#
# ## 1. The attack
#
# People who write one page at once each have a copy of it, and send each other *updates*: bytes that say what was changed. Whoever only reads gets updates and must not send any. His own program cannot be relied on for that: it is his.
#
# On the wire (that of Yjs) a message about the page begins with a 0, then its kind: **0** asks *what have I not got?*, **1** answers such a question with an update, **2** sends an update as a change was made. Then the update comes, with its length before it. A 1 at the beginning of the message instead is presence: who is there.
#
# A server asks everybody who comes what it has not got, so an answer is expected of readers too. Which kinds can bring in what nobody allowed?
#
# **Task 1.** Write `smuggle(update)`: given the bytes of an update as a list of numbers, all messages about the page that carry it, as lists of numbers, in the order of their kinds. The length has seven bits a byte, the lowest first; each byte but the last has 128 added. So 5 is `[5]`, and 300 is `[172, 2]`.


# %%
def smuggle(update: list[int]) -> list[list[int]]:
    """The messages that bring an update into a page."""
    ### BEGIN SOLUTION
    size, left = [], len(update)
    while left > 127:
        size.append(128 + left % 128)
        left //= 128
    size.append(left)
    return [[0, kind, *size, *update] for kind in (1, 2)]
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# Four rooms, each with its own idea of whom to listen to. `role` is what somebody has now, `joined` what he had when he came.

# %%
WRITERS = ("contributor", "reviewer", "curator", "admin")
rooms = {
    "north": lambda role, joined, message: True,
    "east": lambda role, joined, message: role in WRITERS or message.step != UPDATE,
    "south": lambda role, joined, message: joined in WRITERS or message.step not in (STEP2, UPDATE),
    "west": lambda role, joined, message: role in WRITERS or message.step not in (STEP2, UPDATE),
}

# %% [markdown]
# `visit` lets three people into a room: Ida, who may write and loses that; Otto, who may; and Rea, who only reads. It writes down what happens: who gets which role, who sends something, and what the page says then.


# %%
def visit(takes, attacks) -> list[dict]:
    """The record of a room, in order."""
    page, record, now, came = pycrdt.Doc(), [], {}, {}
    text = page.get("text", type=pycrdt.Text)
    for user, role, words in attacks:
        if role:
            now[user] = role
            came.setdefault(user, role)
            record.append({"user": user, "gives": role})
        for message in smuggle(update_of(words)) if words else ():
            read = read_message(bytes(message))
            if takes(now[user], came[user], read):
                page.apply_update(read.body)
            record.append({"user": user, "sends": message[1], "text": str(text)})
    return record


# %%
def update_of(words: str) -> list[int]:
    """An update that writes some words at the beginning of a page."""
    doc = pycrdt.Doc()
    text = doc.get("text", type=pycrdt.Text)
    text.insert(0, words)
    return list(doc.get_update())


story = [
    ("ida", "contributor", "Ida. "), ("otto", "curator", "Otto. "), ("rea", "reader", "Rea. "),
    ("ida", "reader", "Ida again. "), ("otto", "", "Otto again. "),
]  # fmt: skip

# %% [markdown]
# ## 2. The room that is open
#
# The records tell which rooms are broken, if one asks the right question of them: whether the page was *changed* by somebody who, *at that moment*, might not write. That something was sent is no break: anybody can send.
#
# **Task 2.** Write `broken(records)`. `records` goes from a room's name to its record: a list of dictionaries. An entry with `gives` says that `user` has that role from now on; one with `sends` says that he sent a message, and `text` is what the page says after it. A page says nothing at first. Who has been given no role may not write, and writers are those in `WRITERS`. Return a dictionary: for each broken room the place (from 0) of the entry of its first break.


# %%
def broken(records: dict[str, list[dict]]) -> dict[str, int]:
    """The rooms that took what they should have refused, with where."""
    ### BEGIN SOLUTION
    found = {}
    for name, record in records.items():
        roles, text = {}, ""
        for place, entry in enumerate(record):
            if "gives" in entry:
                roles[entry["user"]] = entry["gives"]
                continue
            if entry["text"] != text and roles.get(entry["user"]) not in WRITERS:
                found.setdefault(name, place)
            text = entry["text"]
    return found
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %%
### BEGIN SOLUTION
records = {name: visit(takes, story) for name, takes in rooms.items()}
broken(records)
### STUB
# # records = {name: visit(takes, story) for name, takes in rooms.items()}
# # broken(records)
### END SOLUTION

# %% [markdown]
# Three of four. North listens to everybody. East refuses changes and takes them as answers: that door is forgotten most often. South asks who somebody was when he came, so whoever once might write may for good. West refuses both kinds, at the moment at which they come.
#
# ## 3. Two changes of one page
#
# Two people take the same page home and bring back two others. The *base*, from which both started, says more than the two alone: where they differ, it shows who changed something.
#
# **Task 3.** Write `merge_lines(base, ours, theirs)` for three lists of as many lines each. Where both sides say the same, that stands; where one is as in the base, the other's line stands; otherwise it is a *conflict* and the base's line stands. Return `{"lines": [...], "conflicts": [...]}` with the numbers of the conflicts' lines, counted from 1.


# %%
def merge_lines(base: list[str], ours: list[str], theirs: list[str]) -> dict[str, list]:
    """What two changes make together, and where they cannot."""
    ### BEGIN SOLUTION
    lines, conflicts = [], []
    for number, (was, one, other) in enumerate(zip(base, ours, theirs, strict=True), start=1):
        if one == other or other == was:
            lines.append(one)
        elif one == was:
            lines.append(other)
        else:
            lines.append(was)
            conflicts.append(number)
    return {"lines": lines, "conflicts": conflicts}
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# What is lost where the page that is saved last wins, and what where both are merged?

# %%
base = ["# Brant Light", "", "Built by Mara Quill.", "", "Lit in 1851.", "", "Seen from 12 miles."]
ours = [*base[:4], "Lit in 1852.", *base[5:]]
theirs = ["# The light of Brant", *base[1:4], "Lit in 1849.", *base[5:]]
print([line for line in ours if line not in base and line not in theirs])
### BEGIN SOLUTION
merge_lines(base, ours, theirs)
### STUB
# # merge_lines(base, ours, theirs)
### END SOLUTION

# %% [markdown]
# *Lit in 1852.* would be lost without a word. Merged, both changes were looked at: the new title stands, and of the year somebody has to decide. Workbench merges pages by lines too, with libgit2, which also follows lines that come and go.
#
# ## 4. Two changes of one set of facts
#
# Facts are not lines. Their order says nothing, and a fact's sources are a set: if one person adds a letter and another a map, nobody contradicts anybody.
#
# **Task 4.** Write `merge_facts(base, ours, theirs)`, each a dictionary from a fact to the list of its sources. A fact that the base has and a side has not was taken away there.
#
# - Taken away on one side and as in the base on the other, or taken away on both: it is gone.
# - Taken away on one side and with other sources on the other: a conflict. It stays as in the base.
# - Otherwise it stands, with the sources of the base that *both* kept, and those that *either* added. A fact that the base has not has no sources there.
#
# Sources with other places in the list are the same sources. Return `{"facts": {...}, "conflicts": [...]}`, the sources and the conflicts sorted.


# %%
def merge_facts(base: dict, ours: dict, theirs: dict) -> dict[str, object]:
    """What two changes of facts make together, and where they cannot."""
    ### BEGIN SOLUTION
    facts, conflicts = {}, []
    for fact in sorted({*base, *ours, *theirs}):
        was, one, other = (set(each.get(fact, ())) for each in (base, ours, theirs))
        gone = [fact in base and fact not in side for side in (ours, theirs)]
        if any(gone):
            left = other if gone[0] else one
            if not all(gone) and left != was:
                conflicts.append(fact)
                facts[fact] = sorted(was)
            continue
        facts[fact] = sorted((was & one & other) | (one - was) | (other - was))
    return {"facts": facts, "conflicts": conflicts}
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# And Workbench's own merge of facts, of two people who each found another source:

# %%
said = [Statement("Mara Quill", "designed", "Brant Light", sources=(each,)) for each in "xyz"]
both = [Statement("Mara Quill", "designed", "Brant Light", sources=("x", each)) for each in "yz"]
states = [Contents().with_statement(each) for each in (said[0], *both)]
(fact,) = merge(*states).contents.statements.values()
print(fact.sources)
### BEGIN SOLUTION
merge_facts({"f": ["x"]}, {"f": ["x", "y"]}, {"f": ["x", "z"]})
### STUB
# # merge_facts({"f": ["x"]}, {"f": ["x", "y"]}, {"f": ["x", "z"]})
### END SOLUTION

# %% [markdown]
# ## 5. Who wrote this line
#
# *Blame* is not an accusation: it says whom to ask.
#
# **Task 5.** Write `blame(versions)`: `versions` are those of a page, the oldest first, each `{"by": ..., "lines": [...]}`. No version has a line twice. Return `[line, author]` for each line of the newest, in order. The author is who brought the line; whoever leaves a line as it is, or moves it, does not become its author. A line that was taken away and comes back is of who brings it back.


# %%
def blame(versions: list[dict]) -> list[list[str]]:
    """Who wrote each line of the newest version."""
    ### BEGIN SOLUTION
    owners = {}
    for version in versions:
        owners = {line: owners.get(line, version["by"]) for line in version["lines"]}
    return [[line, owner] for line, owner in owners.items()]
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# ## 6. Taken back
#
# *Mara Quill kept Brant Light* is wrong, it turns out. To put the old state back would take away all that came since. To delete the fact alone would leave what came with it from the same hand. A *revert* takes back what one record did, and nothing else.
#
# **Task 6.** Write `take_back(states, fact)`. `states` are all that were ever agreed on, the oldest first, each `{"by": ..., "facts": [...]}`; the first has no facts. The newest has the fact. Find the record that brought it *as it stands*: if it was brought, taken away and brought again, it is the last time that counts. Then take that record back: of the newest state, what the record brought is gone, and what the record took away stands again. Return `{"by": ..., "at": ..., "facts": [...]}`: who brought it, the record's place in `states` (from 0), and the facts sorted.


# %%
def take_back(states: list[dict], fact: str) -> dict[str, object]:
    """Who brought a fact, where, and what stands once that record is taken back."""
    ### BEGIN SOLUTION
    held = [set(state["facts"]) for state in states]
    at = max(n for n in range(1, len(held)) if fact in held[n] and fact not in held[n - 1])
    brought, taken = held[at] - held[at - 1], held[at - 1] - held[at]
    return {"by": states[at]["by"], "at": at, "facts": sorted((held[-1] - brought) | taken)}
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %%
history = [
    {"by": "ida", "facts": []},
    {"by": "ida", "facts": ["Mara designed it", "it was lit in 1851"]},
    {"by": "otto", "facts": ["Mara designed it", "it was lit in 1852", "Mara kept it"]},
    {"by": "ida", "facts": ["Mara designed it", "it was lit in 1852", "Mara kept it", "it is red"]},
]
### BEGIN SOLUTION
take_back(history, "Mara kept it")
### STUB
# # take_back(history, "Mara kept it")
### END SOLUTION

# %% [markdown]
# ## What you have seen
#
# A reader's program can send whatever it likes, so a server has to refuse every kind of message that changes something, at the moment at which it comes. Two changes need the state from which both were made: without it nobody can tell a change from what was left alone. What cannot be merged is named, and nothing is half merged. And a wrong fact has an author and company: taking its record back takes all of that, and nothing that came later.
#
# The notebook `notebooks/knowledge/04_work_together.ipynb` does all of it with real accounts, a real server and a real base of knowledge.
