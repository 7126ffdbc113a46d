"""The public checks of this lab: quick, with small inputs that everybody may read.

They are chosen so that no two ways of being wrong give the same, and the fault can be named. All
names and texts in them are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.knowledge.retrieval.words import content_stems
from workbench.knowledge.sentences import split_sentences
from workbench.learning import Answers, WrongAnswer, expect_equal, expect_kind

Span = list[int]
Cite = list[Any]
Links = dict[str, list[str]]


def named(faults: Mapping[str, Any], found: Any) -> str:
    """The fault that gives what was found, but for rounding; nothing where none does."""
    return next((said for said, wrong in faults.items() if same(found, wrong)), "")


# Two sentences that stand twice, blanks in a row, an end just at the limit, letters of two bytes,
# a full stop within a number, and in the end a word that no passage holds.
TEXT = (
    "The bell rang. The café is by the harbour of Brant, where boats lay.  It cost 3.5 crowns. "
    "The bell rang. The town has a mill and a market and a school and a choir!\n\n"
    "Who built it? Nobody in the town knows who "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa end.\n"
)


def q1(answers: Answers) -> None:
    """Limits at which sentences end, blanks count, and nothing fits."""
    for most in (68, 40, 57):
        expect_cut(answers, TEXT, most)
    expect_cut(answers, "  One sentence, no more.  ", 80)
    rest = "Who built it? Nobody knows"
    expect_cut(answers, rest, len(rest))


def cut(
    text: str,
    most: int,
    *,
    marks: str = ".!?",
    spaced: bool = True,
    latest: bool = True,
    blanks: bool = True,
    short: int = 0,
    nearer: int = 0,
    fewer: bool = False,
    white: str = " \n",
) -> list[Span]:
    """What ``cut_text`` is to return, or what a fault in it would make of that."""
    spans, start, last = [], 0, len(text.rstrip())
    while start < last:
        if text[start].isspace():
            start += 1
            continue
        end = last
        if last - start > most - short - fewer:
            tries = range(min(start + most - short - nearer, len(text) - 1), start, -1)
            full = [e for e in tries if text[e - 1] in marks and (text[e] in white or not spaced)]
            gaps = [e for e in tries if text[e].isspace() and not text[e - 1].isspace()]
            ends = (full if latest else full[::-1]) + (gaps if blanks else [])
            end = next(iter(ends), start + most - short)
        spans.append([start, end])
        start = end
    return spans


def expect_cut(answers: Answers, text: str, most: int) -> None:
    """The spans of all passages."""
    found = answers.call("cut_text", text, most)
    expect_kind(found, list, what="cut_text(...)")
    right = cut(text, most)
    if found == right:
        return
    pieces = [text[start:end] for start, end in right]
    added = [sum(map(len, pieces[:n])) for n in range(len(pieces))]
    sizes = [len(text[:place].encode()) for place in range(len(text) + 1)]
    fixed = [[at, min(at + most, len(text))] for at in range(0, len(text), most)]
    faults = {
        "spans are asked for, [start, end], not the passages themselves": pieces,
        "`end` is the place after the last character, so that text[start:end] is whole": [
            [start, end - 1] for start, end in right
        ],
        "places are counted from the beginning of the text, not of the passage": [
            [0, len(piece)] for piece in pieces
        ],
        "text.find(...) gives the first place where the words stand; these stand there twice": [
            [text.find(piece), text.find(piece) + len(piece)] for piece in pieces
        ],
        "the lengths of the passages are added up, and the white space between is forgotten: from "
        "the second on each span stands too early": [
            [at, at + len(piece)] for at, piece in zip(added, pieces, strict=True)
        ],
        "the same, but for one blank after each passage: there may be more": [
            [at + n, at + n + len(piece)]
            for n, (at, piece) in enumerate(zip(added, pieces, strict=True))
        ],
        "places are counted in characters, not in bytes": [
            [sizes[start], sizes[end]] for start, end in right
        ],
        "it is cut after the last sentence that fits, not after the first": cut(
            text, most, latest=False
        ),
        "where a sentence ends within the limit it is cut there, not at a later blank": cut(
            text, most, marks=""
        ),
        "a `!` or `?` ends a sentence, too": cut(text, most, marks="."),
        "a full stop ends a sentence if white space follows it; within 3.5 it does not": cut(
            text, most, spaced=False
        ),
        "where no sentence ends within the limit, it is cut at the last blank, not in a word": cut(
            text, most, blanks=False
        ),
        "what ends just at the limit fits: the white space after it may lie beyond": cut(
            text, most, nearer=1
        ),
        "where at most `most` characters are left they are one passage, whatever sentences end "
        "in them": cut(text, most, fewer=True),
        "a passage of exactly `most` characters is allowed": cut(text, most, short=1),
        "a new line is white space, too": cut(text, most, white=" "),
        "white space at the end of the text belongs to no passage": [
            *right[:-1],
            *([right[-1][0], len(text)] for _ in right[-1:]),
        ],
        "that is a cut every `most` characters, in the middle of words": fixed,
        "the end of the text is lost": right[:-1],
        "white space before a passage belongs to none": [
            [right[n - 1][1] if n else 0, end] for n, (_, end) in enumerate(right)
        ],
    }
    why = named(faults, found)
    if not why and all(isinstance(e, list) and len(e) == 2 for e in found):
        longest = max((e[1] - e[0] for e in found), default=0)
        why = f"one has {longest} characters; {most} are allowed" if longest > most else ""
    told = f"cut_text(text, {most}) of {text if len(text) < 60 else text[:59] + '…'!r}"
    place = next((n for n, span in enumerate(right) if found[n : n + 1] != [span]), len(right))
    here = f"{right[place]} for passage {place}" if place < len(right) else f"{place} passages"
    there = repr(found[place]) if place < len(found) else f"{len(found)} passages"
    raise WrongAnswer(f"{here} from {told}", there, why=why)


NEEDED = [["a", "b"], ["c", "d"], ["e"], ["f", "g"], ["h", "i"], ["j", "k"], ["l", "m"], ["n"]]
ONE = [
    ["b", "x", "a"],  # both, in another order
    ["c", "x", "y", "d"],  # the second just too late
    ["e", "x"],
    ["x", "y"],  # none
    ["x", "i", "h"],
    ["j", "x", "z"],  # one of two
    ["l", "m"],
    ["z", "y", "x", "w", "n"],  # far down
]
OTHER = [
    ["a", "b"],
    ["d", "c", "x"],
    ["x", "y", "z", "e"],
    ["x", "f", "g"],
    ["h", "y", "x"],
    ["x", "y", "z"],  # none of two, where the other has one
    ["x", "m", "l"],
    ["n", "x"],
]


def q2(answers: Answers) -> None:
    """Passages in another order, one of two, and one that comes just too late."""
    expect_compared(answers, NEEDED, ONE, OTHER, 3)
    expect_compared(answers, NEEDED, OTHER, ONE, 2)


def compared(
    needed: list[list[str]],
    one: list[list[str]],
    other: list[list[str]],
    hit: Callable[[list[str], list[str]], float],
) -> dict[str, Any]:
    """What ``compare`` is to return where ``hit`` says how far a question was answered."""
    hits = [[hit(*pair) for pair in zip(needed, side, strict=True)] for side in (one, other)]
    apart = [a - b for a, b in zip(*hits, strict=True)]
    shares = [sum(side) / len(needed) for side in hits]
    wins, losses = sum(each > 0 for each in apart), sum(each < 0 for each in apart)
    return {"one": shares[0], "other": shares[1], "wins": wins, "losses": losses}


def expect_compared(
    answers: Answers,
    needed: list[list[str]],
    one: list[list[str]],
    other: list[list[str]],
    first: int,
) -> None:
    """Two shares, and who found what the other did not."""
    told = f"compare(needed, one, other, {first})"
    found = answers.call("compare", needed, one, other, first)
    expect_kind(found, dict, what=told)
    expect_equal(sorted(found), ["losses", "one", "other", "wins"], what=f"the fields of {told}")

    def whole(count: int) -> Callable[[list[str], list[str]], float]:
        return lambda need, got: float(set(need) <= set(got[:count]))

    right = compared(needed, one, other, whole(first))
    if same(found, right):
        return
    any_of = compared(needed, one, other, lambda need, got: float(bool({*need} & {*got[:first]})))
    recall = compared(
        needed, one, other, lambda need, got: len({*need} & {*got[:first]}) / len(need)
    )
    faults = {
        "a question is found if all that it needs is among the first, not any of it": any_of,
        "half of what is needed is no half of an answer: a question counts as 1 or as 0": recall,
        "the wins are right for shares of what is needed; a question is found or it is not": {
            **right,
            "wins": recall["wins"],
            "losses": recall["losses"],
        },
        "the first are [:first]; one is missing": compared(needed, one, other, whole(first - 1)),
        "the first are [:first]; that is one more": compared(needed, one, other, whole(first + 1)),
        "the order among the first does not matter": compared(
            needed, one, other, lambda need, got: float(need == got[: len(need)])
        ),
        "all that was found is looked at, not only the first": compared(
            needed, one, other, whole(99)
        ),
        "wins and losses are turned round: a win is what `one` found and `other` did not": {
            **right,
            "wins": right["losses"],
            "losses": right["wins"],
        },
        "what neither or both found is no loss": {**right, "losses": len(needed) - right["wins"]},
        "a win is a question that `one` found and `other` did not, not each that was found": {
            **right,
            "wins": round(right["one"] * len(needed)),
            "losses": round(right["other"] * len(needed)),
        },
        "a share is between 0 and 1, not a number of questions": {
            **right,
            "one": right["one"] * len(needed),
            "other": right["other"] * len(needed),
        },
    }
    why = named(faults, found)
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)


def same(found: Any, right: Any) -> bool:
    """Whether numbers agree but for rounding, in lists and dictionaries too."""
    if isinstance(right, dict):
        keys = isinstance(found, dict) and found.keys() == right.keys()
        return keys and all(same(found[key], value) for key, value in right.items())
    if isinstance(right, list):
        long = isinstance(found, list) and len(found) == len(right)
        return long and all(map(same, found, right))
    if isinstance(right, (int, float)) and type(found) in (int, float):
        return math.isclose(found, right, rel_tol=1e-9, abs_tol=1e-12)
    return type(found) is type(right) and bool(found == right)


# Brant is named and has no passage of its own, so nobody goes on from there.
LINKS: Links = {
    "mill": ["Ostra", "Brant"],
    "Ostra": ["mill", "choir", "harbour"],
    "choir": ["Ostra"],
    "harbour": ["Ostra", "Brant", "mill"],
    "island": ["harbour"],
}


def q3(answers: Answers) -> None:
    """A place that no link leaves, seeds in another scale, few steps and many."""
    expect_walked(answers, LINKS, {"mill": 1.0}, 0.5, 3)
    expect_walked(answers, LINKS, {"mill": 3.0, "choir": 1.0}, 0.8, 2)
    expect_walked(answers, LINKS, {"Brant": 2.0, "harbour": 1.0}, 0.85, 4)
    expect_walked(answers, LINKS, {"Ostra": 2.0}, 0.85, 60)


def walked(
    links: Mapping[str, Sequence[str]],
    seeds: Mapping[str, float],
    damping: float,
    steps: int,
    *,
    stuck: str = "seeds",
    begin: str = "seeds",
    restart: str = "seeds",
    divided: bool = True,
    in_place: bool = False,
) -> dict[str, float]:
    """What ``walk`` is to return, or what a fault in it would make of that."""
    nodes = list(dict.fromkeys([*links, *(n for to in links.values() for n in to), *seeds]))
    total = math.fsum(seeds.values())
    spread = {
        "seeds": {n: seeds.get(n, 0.0) / total for n in nodes},
        "all": dict.fromkeys(nodes, 1 / len(nodes)),
        "raw": {n: seeds.get(n, 0.0) for n in nodes},
    }
    ranks = dict(spread[begin])
    for _ in range(steps):
        gone = dict.fromkeys(nodes, 0.0)
        before = ranks if in_place else dict(ranks)
        for node in nodes:
            to = links.get(node, ())
            for target in to:
                part = damping * before[node] / (len(to) if divided else 1)
                gone[target] += part
                if in_place:
                    ranks[target] += part
            if in_place:
                ranks[node] *= 1 - damping if to else 1
            if not to and stuck == "stay":
                gone[node] += damping * before[node]
            if not to and stuck == "all":
                for target in nodes:
                    gone[target] += damping * before[node] / len(nodes)
        left = 1 - damping if stuck == "lost" else 1 - math.fsum(gone.values())
        if stuck == "scaled":
            left = 1 - damping
        if not in_place:
            ranks = {n: gone[n] + left * spread[restart][n] for n in nodes}
        if stuck == "scaled":
            ranks = {n: value / math.fsum(ranks.values()) for n, value in ranks.items()}
    return ranks


def expect_walked(
    answers: Answers, links: Links, seeds: dict[str, float], damping: float, steps: int
) -> None:
    """The share of walkers at every place."""
    told = f"walk(links, {seeds}, {damping}, {steps})"
    found = answers.call("walk", links, seeds, damping, steps)
    expect_kind(found, dict, what=told)
    right = walked(links, seeds, damping, steps)
    if same(found, right):
        return
    raise WrongAnswer(
        f"{rounded(right)} from {told}",
        f"{rounded(found)}",
        why=walk_fault(found, right, links, seeds, damping, steps),
    )


def walk_fault(
    found: dict[str, Any],
    right: dict[str, float],
    links: Links,
    seeds: dict[str, float],
    damping: float,
    steps: int,
) -> str:
    """What is wrong with the shares that were found; nothing if it is not known."""
    given = (links, seeds, damping, steps)
    turned: Links = {node: [n for n, to in links.items() if node in to] for node in right}
    lost = walked(*given, stuck="lost")
    scaled = {node: value / math.fsum(lost.values()) for node, value in lost.items()}
    inside = {n: w for n, w in seeds.items() if n in links} or seeds
    faults = {
        "who stands where no link leaves is lost, so the shares do not come to 1: they start again "
        "at the seeds": lost,
        "the shares are made to come to 1 at the end; that is the same only after many steps: who "
        "cannot go on starts again at the seeds at once": scaled,
        "who stands where no link leaves starts again at the seeds, not anywhere": walked(
            *given, stuck="all"
        ),
        "who stands where no link leaves starts again at the seeds, and does not stay": walked(
            *given, stuck="stay"
        ),
        "who stops starts again at the seeds; anywhere is PageRank for nobody": walked(
            *given, restart="all"
        ),
        "walks begin at the seeds, not everywhere": walked(*given, begin="all"),
        "walks begin and start again everywhere: the seeds are not used": walked(
            *given, begin="all", restart="all", stuck="all"
        ),
        "walks begin and start again everywhere; the seeds are not used": walked(
            *given, begin="all", restart="all"
        ),
        "`damping` is the share that goes on, not the one that stops": walked(
            links, seeds, 1 - damping, steps
        ),
        "the links are walked backwards: links[node] are those that leave it": walked(
            turned, seeds, damping, steps
        ),
        "who goes on takes one of the links: divide by how many leave": walked(
            *given, divided=False
        ),
        "the seeds are weights in any scale: divide them by their sum": walked(
            *given, begin="raw", restart="raw"
        ),
        "one step is missing": walked(links, seeds, damping, steps - 1),
        "that is a step too many": walked(links, seeds, damping, steps + 1),
        "exactly `steps` steps are asked for; that is where it holds still": walked(
            links, seeds, damping, 500
        ),
        "the shares are made to come to 1 in each step, which gives everybody some of the lost: "
        "those start again at the seeds": walked(*given, stuck="scaled"),
        "a seed that no link leaves is a place as well, and its weight counts": walked(
            links, inside, damping, steps
        ),
        "shares are changed while others still walk from them: fill a new dictionary in each "
        "step": walked(*given, in_place=True),
        "places that are only ends of links are missing": {
            node: value for node, value in right.items() if node in links
        },
        "places with nobody are missing": {n: value for n, value in right.items() if value},
    }
    return named(faults, found)


def rounded(shares: Mapping[str, Any]) -> dict[str, Any]:
    """Shares as a message shows them."""
    return {n: round(v, 4) if isinstance(v, float) else v for n, v in sorted(shares.items())}


RANKINGS = [["ada", "bo", "cy"], ["bo", "di", "ada", "eve"], ["fay", "ada"]]


def q4(answers: Answers) -> None:
    """Items that some rankings do not have, and two that come out the same."""
    expect_fused(answers, RANKINGS, 60)
    expect_fused(answers, [["x", "b", "a"], ["x", "a", "b"], ["c"]], 2)


def fused(
    rankings: list[list[str]],
    part: Callable[[int, list[str]], float],
    *,
    total: Callable[[list[float]], float] = math.fsum,
    missing: Callable[[list[str]], float] | None = None,
    lowest: bool = False,
) -> list[Cite]:
    """What ``fuse`` is to return, or what a fault in it would make of that.

    ``part`` is what a rank (from 1) in a ranking brings, ``missing`` what a ranking without the
    item does.
    """
    scores = {}
    for item in {item for ranking in rankings for item in ranking}:
        parts = [part(r.index(item) + 1, r) for r in rankings if item in r]
        if missing is not None:
            parts += [missing(r) for r in rankings if item not in r]
        scores[item] = total(parts)
    sign = 1 if lowest else -1
    return [[n, s] for n, s in sorted(scores.items(), key=lambda e: (sign * round(e[1], 12), e[0]))]


def expect_fused(answers: Answers, rankings: list[list[str]], offset: int) -> None:
    """Names with their scores, the best first."""
    told = f"fuse({rankings}, {offset})"
    found = answers.call("fuse", rankings, offset)
    expect_kind(found, list, what=told)
    right = fused(rankings, lambda rank, _: 1 / (offset + rank))
    if same(found, right):
        return
    low = 1.0 / offset
    faults: dict[str, Any] = {
        "ranks are counted from 1: the first has rank 1, not 0": fused(
            rankings, lambda rank, _: 1 / (offset + rank - 1)
        ),
        "of equal scores the name that comes first in the alphabet stands first": sorted(
            sorted(right, key=lambda e: e[0], reverse=True), key=lambda e: -round(e[1], 12)
        ),
        "the offset is left out": fused(rankings, lambda rank, _: 1 / rank),
        "1 / offset + rank is (1 / offset) + rank: it needs brackets": fused(
            rankings, lambda rank, _: low + rank
        ),
        "the ranks are added up; it is 1 / (offset + rank) that is added": fused(
            rankings, lambda rank, _: float(rank), lowest=True
        ),
        "the parts are added, not averaged: who is in more rankings has more": fused(
            rankings, lambda rank, _: 1 / (offset + rank), total=lambda p: math.fsum(p) / len(p)
        ),
        "the parts are added up; that is only the best of them": fused(
            rankings, lambda rank, _: 1 / (offset + rank), total=max
        ),
        "that is only the last ranking's part: it is to be added to what is there": fused(
            rankings, lambda rank, _: 1 / (offset + rank), total=lambda p: p[-1]
        ),
        "a ranking that does not have an item brings it nothing, not a last place": fused(
            rankings,
            lambda rank, _: 1 / (offset + rank),
            missing=lambda r: 1 / (offset + len(r) + 1),
        ),
        "only items that all rankings have are there; each that any has is asked for": [
            each for each in right if all(each[0] in ranking for ranking in rankings)
        ],
        "the best comes first": right[::-1],
        "that is a count of points by places (Borda), from the end of each ranking": fused(
            rankings, lambda rank, r: float(len(r) - rank)
        ),
        "names alone are there; [name, score] is asked for": [name for name, _ in right],
        "it is a list of [name, score]": dict(right),
    }
    why = named(faults, found)
    shown = [f"{name} {score:.6f}" for name, score in right]
    raise WrongAnswer(f"{shown} from {told}", f"{found}", why=why)


ASKED = ["town", "river", "highlands", "through", "builder", "town"]
WEIGHTS = {"highlands": 4.0, "river": 1.5, "through": 0.5, "town": 1.0, "builder": 3.0}
WEIGHTS["lantern"] = 9.0  # which nobody asked for
# Two small worlds, sought so that each fault gives a pair of its own in one of them, and the
# right one in the other if not.
EAST_WORDS: Links = {
    "Brant": ["highlands"],
    "Choir": ["through", "river"],
    "Harbour": ["river", "through"],
    "Market": ["highlands", "river"],
    "Mill": ["town"],
    "Ostra": ["town", "highlands"],
}
EAST_LINKS: Links = {
    "Brant": ["Ostra", "Mill"],
    "Market": ["Brant", "Mill"],
    "Mill": ["Ostra", "Market"],
    "Ostra": ["Harbour", "Market"],
}
WEST_WORDS: Links = {
    "Brant": ["through", "highlands", "builder"],
    "Choir": ["builder"],
    "Harbour": ["through", "town", "river"],
    "Market": ["highlands"],
    "Mill": ["river"],
    "Ostra": ["through", "highlands"],
}
WEST_LINKS: Links = {
    "Brant": ["Ostra", "Brant"],
    "Harbour": ["Choir", "Ostra"],
    "Ostra": ["Choir", "Ostra"],
}


def q5(answers: Answers) -> None:
    """Passages that are best alone and lead nowhere, words that both have, ties, other words."""
    expect_pair(answers, ASKED, EAST_WORDS, EAST_LINKS, WEIGHTS)
    expect_pair(answers, ASKED, WEST_WORDS, WEST_LINKS, WEIGHTS)
    lit: Links = {"Brant": ["river"], "Choir": ["mill"], "Ostra": ["lantern"], "Tane": ["lantern"]}
    expect_pair(answers, ["river"], lit, {"Brant": ["Choir"], "Ostra": ["Tane"]}, WEIGHTS)


Pairs = list[tuple[str, str]]


def pair_of(pairs: Pairs, score: Callable[[str, str], float], *, last: bool = False) -> list[str]:
    """The best pair by a score; of equal ones the first in the alphabet, or the last."""
    top = max(round(score(*pair), 9) for pair in pairs)
    even = sorted(pair for pair in pairs if round(score(*pair), 9) == top)
    return list(even[-1 if last else 0])


def weigh(asked: Sequence[str], have: Sequence[str] | set[str], weights: dict[str, float]) -> float:
    """The weight of the words of a question that stand somewhere; those given twice count twice."""
    return math.fsum(weights.get(word, 0.0) for word in asked if word in have)


def pair_faults(
    question: list[str], words: Links, links: Links, weights: dict[str, float]
) -> dict[str, list[str]]:
    """The right pair, under no name, and what each fault gives."""
    asked = list(dict.fromkeys(question))
    own = {name: {*have} for name, have in words.items()}

    def union(a: str, b: str) -> float:
        return weigh(asked, own[a] | own[b], weights)

    bridged = [(a, b) for a in words for b in links.get(a, ()) if a != b]
    right = pair_of(bridged, union)
    head = max(sorted(words), key=lambda name: weigh(asked, own[name], weights))
    led = [pair for pair in bridged if pair[0] == head] or bridged
    every = [(a, b) for a in words for b in words if a != b]
    return {
        "": right,
        "the first names the second, not the other way round": right[::-1],
        "the best passage is taken first and then the best that it names; look at all pairs": (
            pair_of(led, union)
        ),
        "the two are not joined: the first has to name the second": pair_of(every, union),
        "a passage that names itself is no pair": pair_of(
            [*bridged, *((a, a) for a in words if a in links.get(a, ()))], union
        ),
        "a word that both have is counted twice; it is one word of the question": pair_of(
            bridged, lambda a, b: weigh(asked, own[a], weights) + weigh(asked, own[b], weights)
        ),
        "the words are counted; the rare ones weigh more": pair_of(
            bridged, lambda a, b: weigh(asked, own[a] | own[b], dict.fromkeys(asked, 1.0))
        ),
        "only words of the question count, not all that have a weight": pair_of(
            bridged, lambda a, b: weigh(list(weights), own[a] | own[b], weights)
        ),
        "a word that the question has twice is one word": pair_of(
            bridged, lambda a, b: weigh(question, own[a] | own[b], weights)
        ),
        "only the words of the second count; those of either do": pair_of(
            bridged, lambda a, b: weigh(asked, own[b], weights)
        ),
        "only the words of the first count; those of either do": pair_of(
            bridged, lambda a, b: weigh(asked, own[a], weights)
        ),
        "words count that stand in either, not those in both": pair_of(
            bridged, lambda a, b: weigh(asked, own[a] & own[b], weights)
        ),
        "of equal pairs the one that comes first in the alphabet is asked for": pair_of(
            bridged, union, last=True
        ),
    }


def expect_pair(
    answers: Answers,
    question: list[str],
    words: Links,
    links: Links,
    weights: dict[str, float],
) -> None:
    """The pair that has most of the question together."""
    found = answers.call("best_pair", question, words, links, weights)
    expect_kind(found, list, what="best_pair(...)")
    faults = pair_faults(question, words, links, weights)
    right = faults.pop("")
    if found == right:
        return
    told = f"best_pair({question}, ...)"
    score = weigh(list(dict.fromkeys(question)), {w for n in right for w in words[n]}, weights)
    raise WrongAnswer(
        f"{right} from {told}; its words weigh {score:g}", f"{found}", why=named(faults, found)
    )


LIBRARY = {
    "mill": "The mill of Brant was built in 1871. Mara Quill was its miller. It has two wheels.",
    "choir": "The choir of Brant sang in 1871. The choir of Brant sang in 1871. It was small.",
    "party": "Mara Quill was not the miller of Brant. The party built 18710 mills.",
    "tower": "The mill of Brant is tall. It was built in 1871, as the tower was.",
    "letter": "MARA QUILL BUILT THE MILL OF BRANT. Otto Venn built a harbour.",
}


def q6(answers: Answers) -> None:
    """Words of two sentences, a sentence that stands twice, one that denies, and a long number."""
    claims = (
        "The mill of Brant was built in 1871.",
        "It has two wheels.",
        "The choir of Brant sang in 1871, and it was small.",
        "The choir of Brant sang in 1871.",
        "Mara Quill built the mill.",
        "Mara Quill was the miller.",
        "Mara Quill was never the miller of Brant.",
        "Otto Venn built the mill of Brant.",
        "The art was built in 1871.",
    )
    for claim in claims:
        expect_cited(answers, claim, LIBRARY)


DENIALS = frozenset({"not", "no", "never", "nor", "neither", "without"})


def denies(text: str) -> bool:
    """Whether one of its words denies."""
    return not DENIALS.isdisjoint(plain_words(text))


def plain_words(text: str) -> list[str]:
    """The words of a text, small, without marks at their ends."""
    return [word.strip(".,;:!?\"'()") for word in text.casefold().split()]


def supports(claim: str, sentence: str) -> bool:
    """Whether all that the claim says stands in the sentence, and both deny or neither does."""
    has = set(content_stems(claim)) - DENIALS <= set(content_stems(sentence)) - DENIALS
    return has and denies(claim) == denies(sentence)


def cited(
    passages: Mapping[str, str], holds: Callable[[str], bool], *, whole: bool = False
) -> list[Cite]:
    """The sentences, or whole passages, for which something holds."""
    return [
        [name, start, end]
        for name, text in passages.items()
        for start, end in ([(0, len(text))] if whole else split_sentences(text))
        if holds(text[start:end])
    ]


def expect_cited(answers: Answers, claim: str, passages: dict[str, str]) -> None:
    """The places of all sentences that say it."""
    found = answers.call("cite", claim, passages)
    expect_kind(found, list, what="cite(...)")
    right = cited(passages, lambda sentence: supports(claim, sentence))
    if found == right:
        return
    said = set(content_stems(claim)) - DENIALS

    def texts_of(spans: list[Cite]) -> list[str]:
        return [passages[name][start:end] for name, start, end in spans]

    faults: dict[str, list[Any]] = {
        "the words stand in the passage, but in no single sentence of it": cited(
            passages, lambda text: supports(claim, text), whole=True
        ),
        "the place of the sentence is asked for, not the whole passage": [
            [name, 0, len(passages[name])] for name, _, _ in right
        ],
        "a sentence that denies does not say what one says that does not": cited(
            passages, lambda text: said <= set(content_stems(text)) - DENIALS
        ),
        "where the claim denies, a sentence that denies supports it": cited(
            passages, lambda text: supports(claim, text) and not denies(text)
        ),
        "that is part of a longer word or number; compare whole words": cited(
            passages,
            lambda text: (
                all(word in text.casefold() for word in said) and denies(text) == denies(claim)
            ),
        ),
        "one word of it is enough here; all telling words have to stand in the sentence": cited(
            passages,
            lambda text: bool(said & set(content_stems(text))) and denies(text) == denies(claim),
        ),
        "half of its words is enough here; all telling words have to stand in the sentence": cited(
            passages,
            lambda text: (
                2 * len(said & set(content_stems(text))) >= len(said)
                and denies(text) == denies(claim)
            ),
        ),
        "words written large are the same words": cited(
            passages, lambda text: supports(claim, text) and not text.isupper()
        ),
        "it is turned round: the claim's words have to stand in the sentence, which may say more": (
            cited(passages, lambda text: supports(text, claim))
        ),
        "all sentences that say it are asked for, not the first": right[:1],
        "a sentence that stands twice has two places; text.find(...) gives the first one": [
            [name, passages[name].find(text), passages[name].find(text) + len(text)]
            for (name, _, _), text in zip(right, texts_of(right), strict=True)
        ],
        "`end` is the place after the last character": [[n, s, e - 1] for n, s, e in right],
        "places are counted from the beginning of the passage, not of the sentence": [
            [name, 0, end - start] for name, start, end in right
        ],
        "[name, start, end] is asked for, not the words": texts_of(right),
        "names alone are there; [name, start, end] is asked for": [name for name, _, _ in right],
    }
    why = named(faults, found)
    raise WrongAnswer(f"{right} from cite({claim!r}, ...)", f"{found}", why=why)


Row = list[Any]
TUNING: list[Row] = [
    [0.9, True], [0.8, True], [0.7, True], [0.6, True], [0.45, True],
    [0.85, False], [0.65, False], [0.5, False], [0.45, False], [0.3, False], [0.2, False],
]  # fmt: skip
JUDGING: list[Row] = [
    [0.95, True], [0.61, True], [0.6, True], [0.4, True], [0.35, True], [0.1, True],
    [0.66, False], [0.6, False], [0.55, False], [0.05, False],
]  # fmt: skip


def q7(answers: Answers) -> None:
    """A bound that lies differently on the other set, a chance that is just the bound."""
    expect_judged(answers, TUNING, JUDGING, 0.2)
    expect_judged(answers, TUNING, JUDGING, 0.0)
    expect_judged(answers, JUDGING, TUNING, 0.5)


def bound_of(
    rows: Sequence[Row],
    most_lost: float,
    *,
    of_all: bool = False,
    fewer: bool = False,
    at_most: bool = False,
) -> float:
    """The largest chance of a set under which few enough of its questions with an answer lie."""
    having = [chance for chance, has in rows if has]
    most = most_lost * len(rows if of_all else having) + (-1e-12 if fewer else 1e-12)
    lost = {b: sum(c < b or (at_most and c == b) for c in having) for b, _ in rows}
    return max((b for b, count in lost.items() if count <= most), default=0.0)


def bound_above(rows: Sequence[Row], bound: float) -> float:
    """The next chance of a set above a bound."""
    return min((chance for chance, _ in rows if chance > bound), default=1.0)


def judged(rows: Sequence[Row], bound: float, *, at_most: bool = False) -> dict[str, float]:
    """What a bound costs on a set, and what it brings."""

    def under(chance: float) -> bool:
        return chance < bound or (at_most and chance == bound)

    sides = [[under(chance) for chance, has in rows if has is side] for side in (True, False)]
    lost, passed = (sum(side) / len(side) for side in sides)
    return {"bound": bound, "lost": lost, "passed": passed}


def best_of(rows: Sequence[Row]) -> float:
    """The bound with which most of a set's questions are treated rightly."""
    tried = sorted(chance for chance, _ in rows)
    return max(tried, key=lambda b: sum((c >= b) is has for c, has in rows))


def expect_judged(
    answers: Answers, tuning: list[Row], judging: list[Row], most_lost: float
) -> None:
    """The bound of one set and what it does to another."""
    told = f"choose_and_judge(tuning, judging, {most_lost})"
    found = answers.call("choose_and_judge", tuning, judging, most_lost)
    expect_kind(found, dict, what=told)
    expect_equal(sorted(found), ["bound", "lost", "passed"], what=f"the fields of {told}")
    bound = bound_of(tuning, most_lost)
    right = judged(judging, bound)
    if same(found, right):
        return
    of_all = [
        sum(c < bound and has is side for c, has in judging) / len(judging)
        for side in (True, False)
    ]
    faults = {
        "the bound is chosen on the set that it is judged on: it flatters itself": judged(
            judging, bound_of(judging, most_lost)
        ),
        "lost and passed are those of the set on which it was chosen; new questions judge it": (
            judged(tuning, bound)
        ),
        "the bound is chosen on both sets together, so nothing is left to judge it": judged(
            judging, bound_of([*tuning, *judging], most_lost)
        ),
        "what lies under the bound is passed over, not what is just as high": judged(
            judging, bound, at_most=True
        ),
        "`most_lost` is a share of the questions that have an answer, not of all": judged(
            judging, bound_of(tuning, most_lost, of_all=True)
        ),
        "exactly the share `most_lost` may be lost": judged(
            judging, bound_of(tuning, most_lost, fewer=True)
        ),
        "a question of the tuning set that is just at the bound is not lost": judged(
            judging, bound_of(tuning, most_lost, at_most=True)
        ),
        "`lost` is of the judging set, but `passed` of the tuning set": {
            **right,
            "passed": judged(tuning, bound)["passed"],
        },
        "`passed` is of the judging set, but `lost` of the tuning set": {
            **right,
            "lost": judged(tuning, bound)["lost"],
        },
        "the bound that gets most right is another one: here only so many may be lost": judged(
            judging, best_of(tuning)
        ),
        "each share is of its own kind of question, not of all": {
            "bound": bound,
            "lost": of_all[0],
            "passed": of_all[1],
        },
        "lost and passed have changed places": {
            "bound": bound,
            "lost": right["passed"],
            "passed": right["lost"],
        },
        "lost and passed are what is answered; what is not answered is asked for": {
            "bound": bound,
            "lost": 1 - right["lost"],
            "passed": 1 - right["passed"],
        },
        "the largest bound that loses few enough is asked for, not the smallest": judged(
            judging, min(chance for chance, _ in tuning)
        ),
    }
    why = named(faults, found)
    if not why and found["bound"] not in [chance for chance, _ in tuning]:
        why = "the bound is one of the chances of the tuning set"
    elif not why and same(found["bound"], bound_above(tuning, bound)):
        why = "that bound loses one too many of the tuning set"
    raise WrongAnswer(f"{right} from {told}", f"{found}", why=why)
