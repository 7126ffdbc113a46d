"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build knowledge/01_where_it_is_said
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, T201

# %% [markdown]
# # Where it is said
#
# **Question.** Which passages answer a question together, where exactly is it said, and when is the honest answer that nobody knows?
#
# About 60 minutes and 0.8 GB of memory. You build the parts of a search that walks a graph: passages that know where they stand, a walk along names, a plan that needs two articles, a citation to the character, and a bound under which nothing is said.
#
# There are seven tasks. Each has a cell for your code and a `check(...)` that says what it expected and what it found.

# %%
import math
import random
from collections import Counter

import numpy as np
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer

# %%
from workbench import data
from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.knowledge.retrieval.names import NameTable, without_qualifier, words_of
from workbench.knowledge.retrieval.words import content_stems
from workbench.knowledge.sentences import split_sentences as sentences
from workbench.learning import lab

lab = lab("knowledge/01_where_it_is_said")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. Once you are through, save the notebook and have it graded in a terminal: `workbench learning grade knowledge/01_where_it_is_said`. Your functions are then called with inputs that nobody has seen.
#
# The articles are real: first paragraphs of the English Wikipedia (CC BY-SA 4.0, by its authors). So are the questions; each says which articles it needs and at which characters the answer stands. What `check` asks is made.

# %%
leads = {row["title"]: row["text"] for row in data.load("wikipedia-leads")}
questions = read_knowledge_set("two_hop_development")
single = read_knowledge_set("single_fact_development")
nowhere = read_knowledge_set("unanswerable_development")
asked = questions[2]
print(f"{len(leads):,} articles; {len(questions)} questions that need two of them")
asked["question"], [support["title"] for support in asked["supports"]]

# %% [markdown]
# ## 1. Passages with their places
#
# A search finds *passages*, and an answer that cites one must point at characters that anybody can look up. So a passage is no piece of text: it is two numbers, and `text[start:end]` gives the piece back.
#
# **Task 1.** Write `cut_text(text, most)`: a list of `[start, end]`, in order. White space at either end of a passage belongs to none. If at most `most` characters are left (not counting white space at the end of the text), they are the last passage. Otherwise the passage ends
#
# - after the last `.`, `!` or `?` that white space follows and with which it has at most `most` characters,
# - or, where there is none, before the last white space that leaves at most `most`,
# - or, where there is none either, after `most` characters.


# %%
def cut_text(text: str, most: int) -> list[list[int]]:
    """Where the passages of a text begin and end."""
    ### BEGIN SOLUTION
    spans, start, last = [], len(text) - len(text.lstrip()), len(text.rstrip())
    while start < last:
        end = last
        if last - start > most:
            tries = range(start + most, start, -1)
            ends = [e for e in tries if text[e].isspace() and not text[e - 1].isspace()]
            full = [e for e in ends if text[e - 1] in ".!?"]
            end = next(iter(full + ends), start + most)
        spans.append([start, end])
        start = end + len(text[end:]) - len(text[end:].lstrip())
    return spans
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# The answer to the question above stands at some characters of one article. Which of your passages holds them?

# %%
where = asked["supports"][1]
text = leads[where["title"]]
print(where["title"], where["start"], where["end"], repr(text[where["start"] : where["end"]][:60]))
### BEGIN SOLUTION
[span for span in cut_text(text, 200) if span[0] <= where["start"] < span[1]]
### STUB
# # [span for span in cut_text(text, 200) if span[0] <= where["start"] < span[1]]
### END SOLUTION

# %% [markdown]
# From here on a passage is a whole article: the first paragraphs are short. Searched are those that the questions need and, to make it hard, for each question the ten that share the most words with it; also for those questions that come in last.

# %%
count = TfidfVectorizer(stop_words="english", sublinear_tf=True)
table = count.fit_transform(f"{title} {text}" for title, text in leads.items())
texts = [row["question"] for row in (*questions, *single, *nowhere)]
alike = (count.transform(texts) @ table.T).toarray()
titles = list(leads)
near = {titles[n] for row in alike for n in np.argsort(-row)[:10]}
needed = [[support["title"] for support in row["supports"]] for row in questions]
chosen = sorted(near | {title for need in needed for title in need})
len(chosen)

# %%
columns = [titles.index(title) for title in chosen]
by_words = [[chosen[n] for n in np.argsort(-row[columns])[:50]] for row in alike[: len(questions)]]
by_words[2][:5], needed[2]

# %% [markdown]
# ## 2. Found, or half found
#
# A question that needs two articles is not half answered by one of them. And of two ways of searching the shares alone say little: what counts is on *how many questions* the one found what the other did not.
#
# **Task 2.** Write `compare(needed, one, other, first)`. `needed[i]` lists the articles that question `i` needs, `one[i]` and `other[i]` what two ways found, the best first. A question is found if *all* that it needs is among the first `first`. Return `{"one": ..., "other": ..., "wins": ..., "losses": ...}`: the share that each found, how many `one` found and `other` did not, and the reverse.


# %%
def compare(
    needed: list[list[str]], one: list[list[str]], other: list[list[str]], first: int
) -> dict[str, float]:
    """The shares that two ways found, and on how many questions either was alone."""
    ### BEGIN SOLUTION
    hits = [
        [set(need) <= set(got[:first]) for need, got in zip(needed, side, strict=True)]
        for side in (one, other)
    ]
    apart = Counter(zip(*hits, strict=True))
    shares = [sum(side) / len(needed) for side in hits]
    wins, losses = apart[True, False], apart[False, True]
    return {"one": shares[0], "other": shares[1], "wins": wins, "losses": losses}
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# Does it help that rare words weigh more? `plain` counts each word that question and article share as one. `summary` adds the *sign test*: the chance `p` of wins and losses at least so far apart if both ways were equally good.


# %%
def summary(told: dict[str, float]) -> str:
    """What `compare` found, in a line, with the p-value of the sign test."""
    wins, losses = told["wins"], told["losses"]
    p = binomtest(wins, max(1, wins + losses)).pvalue
    shares = f"{told['one']:.2f} and {told['other']:.2f}"
    return f"{shares}; {wins} wins, {losses} losses, p {p:.3f}"


# %%
has = (table[columns] > 0).astype(float)
plain = (count.transform([row["question"] for row in questions]) > 0).astype(float) @ has.T
by_plain = [[chosen[n] for n in np.argsort(-row)[:50]] for row in plain.toarray()]
### BEGIN SOLUTION
summary(compare(needed, by_words, by_plain, 5))
### STUB
# # summary(compare(needed, by_words, by_plain, 5))
### END SOLUTION

# %% [markdown]
# Six points of a hundred look like a difference; eight wins and five losses are none.
#
# ## 3. A walk along the names
#
# An article names others, and that makes a graph. Here `NameTable` finds the titles in a text:

# %%
table_of_names = NameTable((words_of(without_qualifier(t)), n) for n, t in enumerate(chosen))


def names_in(text: str) -> list[str]:
    """The titles that stand in a text, each once."""
    spans = table_of_names.find(words_of(text))
    return sorted({chosen[number] for span in spans for number in span.entities})


links = {title: [n for n in names_in(leads[title]) if n != title] for title in chosen}
names_in(asked["question"]), links["Baghdad"]

# %% [markdown]
# **Personalised PageRank**: a great many walkers begin at what the question names. In each step the share `damping` of those at a place goes on, each along one of its links, all links alike; everybody else starts again at the beginning. Where many are, it is near the question.
#
# Who stands where no link leaves cannot go on, and *starts again as well*. Otherwise they are lost, and the shares come to less than 1.
#
# **Task 3.** Write `walk(links, seeds, damping, steps)`. `links` goes from a place to those that it leads to; some places are only ends. `seeds` goes from places to weights above 0 in any scale: walkers begin, and begin again, at these, in shares of the weights. Return a dictionary from *every* place (all that stand in `links`, as keys or as ends, and in `seeds`) to the share of walkers there after `steps` steps.


# %%
def walk(
    links: dict[str, list[str]], seeds: dict[str, float], damping: float, steps: int
) -> dict[str, float]:
    """The share of walkers at each place."""
    ### BEGIN SOLUTION
    nodes = {*links, *seeds, *(end for ends in links.values() for end in ends)}
    start = {node: seeds.get(node, 0.0) / sum(seeds.values()) for node in nodes}
    ranks = dict(start)
    for _ in range(steps):
        gone = dict.fromkeys(nodes, 0.0)
        for node, ends in links.items():
            for end in ends:
                gone[end] += damping * ranks[node] / len(ends)
        left = 1 - sum(gone.values())
        ranks = {node: gone[node] + left * start[node] for node in nodes}
    return ranks
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# Where do walkers stand who begin at what the question names? If it names nothing that has an article, they begin at the first three by words.

# %%
named = [
    names_in(row["question"]) or first[:3] for row, first in zip(questions, by_words, strict=True)
]
### BEGIN SOLUTION
walks = [walk(links, dict.fromkeys(seeds, 1.0), 0.5, 12) for seeds in named]
by_walk = [sorted(each, key=lambda t: (-each[t], t))[:50] for each in walks]
print(by_walk[2][:5])
summary(compare(needed, by_walk, by_words, 5))
### STUB
# # walks = [walk(links, dict.fromkeys(seeds, 1.0), 0.5, 12) for seeds in named]
# # by_walk = [sorted(each, key=lambda t: (-each[t], t))[:50] for each in walks]
# # print(by_walk[2][:5])
# # summary(compare(needed, by_walk, by_words, 5))
### END SOLUTION

# %% [markdown]
# ## 4. Rankings made one
#
# Words and walk find different things, and their numbers cannot be compared: a cosine is no share of walkers. **Reciprocal rank fusion** looks at ranks alone (Cormack, Clarke and Büttcher, 2009). An item's score is
#
# $$ \sum_{r} \frac{1}{k + \text{rank}_r}, $$
#
# over the rankings $r$ that have it; the best of a ranking has rank 1. The offset $k$, usually 60, says how little a first place counts above a second.
#
# **Task 4.** Write `fuse(rankings, offset)` for lists of names, the best first. Return a list of `[name, score]` of all names that any ranking has, the highest score first; of equal scores (round to 12 digits) the name that comes first in the alphabet.


# %%
def fuse(rankings: list[list[str]], offset: int) -> list[list[object]]:
    """The fused score of each name, the best first."""
    ### BEGIN SOLUTION
    scores = Counter()
    for ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] += 1 / (offset + rank)
    order = sorted(scores, key=lambda name: (-round(scores[name], 12), name))
    return [[name, scores[name]] for name in order]
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %%
### BEGIN SOLUTION
pairs = zip(by_words, by_walk, strict=True)
by_both = [[name for name, _ in fuse([*pair], 60)] for pair in pairs]
summary(compare(needed, by_both, by_words, 5))
### STUB
# # pairs = zip(by_words, by_walk, strict=True)
# # by_both = [[name for name, _ in fuse([*pair], 60)] for pair in pairs]
# # summary(compare(needed, by_both, by_words, 5))
### END SOLUTION

# %% [markdown]
# ## 5. Two passages and a bridge
#
# A ranking asks of each article by itself whether it is like the question. The second article of two often is not: what it shares with the question is only what the first leaves open, and it is reached by a name that stands in the first, the **bridge**. So look at *pairs*: the first names the second, and together they have as much of the question as can be had.
#
# The best article alone need not be in the best pair. Whoever takes it first and then looks for its best neighbour (greedily) never sees that.
#
# **Task 5.** Write `best_pair(question, words, links, weights)`. `question` is a list of words, `words[a]` those of article `a`, `links[a]` the articles that it names (an article that is no key names none), `weights` how much each word of the question counts. Return `[a, b]`, two different articles of which `a` names `b`, with the largest sum of weights of the *different* words of the question that stand in `a` or in `b`. Of equal pairs (round the sum to 9 digits) take the one that comes first in the alphabet, by `a` and then by `b`. There is always a pair.


# %%
def best_pair(
    question: list[str],
    words: dict[str, list[str]],
    links: dict[str, list[str]],
    weights: dict[str, float],
) -> list[str]:
    """The two articles, joined by a name, that have most of the question."""
    ### BEGIN SOLUTION
    asked = set(question)
    own = {name: asked & set(have) for name, have in words.items()}
    pairs = [(a, b) for a in words for b in links.get(a, []) if a != b]
    score = {(a, b): sum(weights[word] for word in own[a] | own[b]) for a, b in pairs}
    return list(min(pairs, key=lambda pair: (-round(score[pair], 9), pair)))
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# Words count by how rare they are: $\ln(N / n)$, where $n$ of $N$ articles have the word.

# %%
stems = {title: content_stems(f"{title} {leads[title]}") for title in chosen}
seen = Counter(stem for have in stems.values() for stem in have)
rare = {stem: math.log(len(chosen) / n) for stem, n in seen.items()}
asks = [[s for s in content_stems(row["question"]) if s in rare] for row in questions]
### BEGIN SOLUTION
plans = [best_pair(ask, stems, links, rare) for ask in asks]
by_plan = [[*plan, *rest] for plan, rest in zip(plans, by_both, strict=True)]
print(plans[2])
summary(compare(needed, by_plan, by_both, 5))
### STUB
# # plans = [best_pair(ask, stems, links, rare) for ask in asks]
# # by_plan = [[*plan, *rest] for plan, rest in zip(plans, by_both, strict=True)]
# # print(plans[2])
# # summary(compare(needed, by_plan, by_both, 5))
### END SOLUTION

# %% [markdown]
# Words find both articles for fewer than half of the questions, the walk for some more (which may be chance), both together for seven in ten, and the plan for more than nine. Is it luck? Thirteen wins against one loss hardly are.
#
# ## 6. Said by one sentence
#
# A model that phrases an answer says things that no document says, and often from true parts: the miller of one sentence and the year of the next. A sentence of an answer is **supported** if *one* sentence of a document has all its telling words, and if both deny or neither does. The support is then cited to the character.
#
# Two functions are given: `telling(text)` is the set of words that carry meaning, without their endings, and `denies(text)` is whether a word such as *not* or *never* is there. `sentences(text)` gives start and end of each sentence.

# %%
DENIALS = {"not", "no", "never", "nor", "neither", "without"}


def telling(text: str) -> set[str]:
    """The words that carry meaning, in one form."""
    return set(content_stems(text)) - DENIALS


def denies(text: str) -> bool:
    """Whether a word of the text denies."""
    return not DENIALS.isdisjoint(words_of(text))


telling("Mara Quill was never the miller of Brant."), sentences("It rang. Who came?")

# %% [markdown]
# **Task 6.** Write `cite(claim, passages)`; `passages` goes from names to texts. Return `[name, start, end]` of each sentence that supports the claim, in the order of the passages and of the sentences in them. `passages[name][start:end]` has to be the sentence.


# %%
def cite(claim: str, passages: dict[str, str]) -> list[list[object]]:
    """Where the claim is said."""
    ### BEGIN SOLUTION
    return [
        [name, start, end]
        for name, text in passages.items()
        for start, end in sentences(text)
        if telling(claim) <= telling(text[start:end]) and denies(claim) == denies(text[start:end])
    ]
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# Four sentences that a model might say of the question above:

# %%
claims = [
    "Baghdad is the capital of Iraq.",
    "The river flows south from the Armenian Highlands.",
    "The Tigris flows south from the Armenian Highlands.",
    "Baghdad is the capital of the Armenian Highlands.",
]
pair = {title: leads[title] for title in needed[2]}
### BEGIN SOLUTION
{claim: cite(claim, pair) for claim in claims}
### STUB
# # {claim: cite(claim, pair) for claim in claims}
### END SOLUTION

# %% [markdown]
# The last is false, and its words all stand in the two articles. The third is true and refused all the same: the sentence says *the river*. A check of words refuses much that was said in other words, and that is the side to err on: what is refused can still be quoted. (The room's own check also looks at who did what to whom.)
#
# ## 7. When to say nothing
#
# A search always finds something. Whether it is an answer shows, if at all, in how much of the question was found. Here the **chance** of a question is the share of the weight of its words that one article has. Of 20 questions one article has the answer; of 21 it is known that none has.


# %%
def chance_of(question: str) -> float:
    """The largest share of a question's words, by weight, that one article has."""
    ask = set(content_stems(question))
    whole = sum(rare.get(stem, math.log(len(chosen))) for stem in ask)
    return max(sum(rare[s] for s in ask & set(have)) for have in stems.values()) / whole


judge = [[chance_of(row["question"]), True] for row in single]
judge += [[chance_of(row["question"]), False] for row in nowhere]

# %% [markdown]
# Under a **bound** nothing is said. The higher it is, the more questions without an answer are passed over, and the more of those with one are lost. How well a bound does is told by questions that had no part in choosing it. On those that it was chosen on it always looks better than it is.
#
# **Task 7.** Write `choose_and_judge(tuning, judging, most_lost)` for two lists of `[chance, has an answer]`. The bound is the largest chance that stands in `tuning` under which at most the share `most_lost` of the questions of `tuning` *that have an answer* lie (under, not at it). Return `{"bound": ..., "lost": ..., "passed": ...}`: of `judging`, the share of questions with an answer that lie under the bound, and the share of those without one.


# %%
def choose_and_judge(
    tuning: list[list[object]], judging: list[list[object]], most_lost: float
) -> dict[str, float]:
    """A bound from one set, and what it does to another."""
    ### BEGIN SOLUTION
    having = [chance for chance, has in tuning if has]
    most = most_lost * len(having) + 1e-12
    bound = max(c for c, _ in tuning if sum(h < c for h in having) <= most)
    under = {side: [c < bound for c, has in judging if has is side] for side in (True, False)}
    lost, passed = (sum(under[side]) / len(under[side]) for side in (True, False))
    return {"bound": bound, "lost": lost, "passed": passed}
    ### STUB
    # raise NotImplementedError("task 7")
    ### END SOLUTION


# %%
check("q7")

# %% [markdown]
# At most one in ten may be lost. Half of the questions choose the bound, and it is judged on the same half and on the other, a hundred times with other halves:

# %%
halves = []
for seed in range(100):
    drawn = random.Random(seed).sample(judge, len(judge))
    halves.append((drawn[::2], drawn[1::2]))
### BEGIN SOLUTION
for name, other in (("the same half", 0), ("the other half", 1)):
    found = [choose_and_judge(half[0], half[other], 0.1) for half in halves]
    lost, passed = (np.mean([each[key] for each in found]) for key in ("lost", "passed"))
    print(f"{name}: lost {lost:.3f}, passed over {passed:.3f}")
### STUB
# # for name, other in (("the same half", 0), ("the other half", 1)):
# #     found = [choose_and_judge(half[0], half[other], 0.1) for half in halves]
# #     lost, passed = (np.mean([each[key] for each in found]) for key in ("lost", "passed"))
# #     print(f"{name}: lost {lost:.3f}, passed over {passed:.3f}")
### END SOLUTION

# %% [markdown]
# On the half that chose it the bound keeps its promise, since it was made to. On new questions it loses nearly twice as many, more than the one in ten that was allowed. With more questions the two come nearer.
#
# ## Summary
#
# A passage is two numbers, so that an answer can be looked up. Rankings of different kinds are joined by ranks. A walk along names finds what shares no word with the question, if nobody is lost on the way, and a pair of articles finds what no ranking of single ones does. A sentence is supported by one sentence or not at all. And a bound is worth what it does to questions that did not choose it.
#
# ## Limits
#
# Eight hundred articles are easier to search than all ten thousand; most were taken because they share words with a question, which is hardest on the ranking by words. And 51 questions leave intervals of ten points and more. The plan looks at two articles and one bridge; three hops, comparisons and counts need others. The chance only tells whether the words of a question are there, not whether what is said answers it: a question with a false premise has all its words.
#
# ## Go on
#
# - `notebooks/knowledge/02_multi_hop_answers`: the same with meaning beside words, and what remains when half of an answer is missing.
# - `notebooks/knowledge/01_build_a_graph` and `03_keep_it_current`: where names and facts come from, and what happens when documents change.
# - `docs/how-to/retrieve.md` and `docs/how-to/knowledge.md`: on your own documents.
# - G. Cormack, C. Clarke and S. Büttcher, *Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods*, SIGIR 2009.
# - T. Haveliwala, *Topic-Sensitive PageRank*, WWW 2002; B. Gutiérrez and others, *HippoRAG*, NeurIPS 2024, arXiv:2405.14831.
# - Z. Yang and others, *HotpotQA: A Dataset for Diverse, Explainable Multi-hop Question Answering*, EMNLP 2018.
