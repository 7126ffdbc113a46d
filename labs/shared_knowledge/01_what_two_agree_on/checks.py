"""The public checks of this lab: quick, with small inputs that everybody may read.

They are chosen so that no two ways of being wrong give the same, and the fault can be named. All
names and texts in them are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.learning import Answers, WrongAnswer, expect_equal, expect_kind

WRITERS = ("contributor", "reviewer", "curator", "admin")
Record = list[dict[str, Any]]
Facts = dict[str, list[str]]


def named(faults: Mapping[str, Any], found: Any) -> str:
    """The fault that gives what was found; nothing where none does."""
    return next((said for said, wrong in faults.items() if found == wrong), "")


def q1(answers: Answers) -> None:
    """A short update, one whose length has two bytes, and one with three."""
    for size in (5, 300, 20_000):
        expect_smuggled(answers, [(7 * n) % 256 for n in range(size)])


def varint(value: int, *, highest_first: bool = False) -> list[int]:
    """An integer of seven bits a byte."""
    parts = [value & 127]
    while value := value >> 7:
        parts.append(value & 127)
    if highest_first:
        parts.reverse()
    return [part | 128 for part in parts[:-1]] + parts[-1:]


def expect_smuggled(answers: Answers, update: list[int]) -> None:
    """Both kinds of message that carry an update."""
    found = answers.call("smuggle", update)
    expect_kind(found, list, what="smuggle(...)")

    def both(size: list[int], kinds: Sequence[int] = (1, 2)) -> list[list[int]]:
        return [[0, kind, *size, *update] for kind in kinds]

    size = varint(len(update))
    right = both(size)
    if found == right:
        return
    long = [len(update) >> shift & 255 for shift in (0, 8, 16) if len(update) >> shift]
    faults = {
        "an answer to the server's question (kind 1) carries an update, too": both(size, [2]),
        "a change (kind 2) carries an update, too": both(size, [1]),
        "in the order of their kinds: the answer (1) comes first": both(size, [2, 1]),
        "a question (kind 0) carries no update, it says what one has": both(size, [0, 1, 2]),
        "the length of the update stands before it": both([]),
        "seven bits a byte: 300 is [172, 2]; a byte of 300 or of 200 alone says something else": (
            both([len(update)])
        ),
        "seven bits a byte, not eight": both(long),
        "the lowest seven bits come first": both(varint(len(update), highest_first=True)),
        "128 is added to each byte of the length but the last": both([n & 127 for n in size]),
        "the length is that of the update alone": both(varint(len(update) + 2)),
        "a message about the page begins with 0; 1 is presence": [
            [1, *each[1:]] for each in right
        ],
        "both begin with 0, that they are about the page": [each[1:] for each in right],
        "a list of messages is asked for, each a list of numbers": right[0] + right[1],
    }  # fmt: skip
    told = [each[:6] if isinstance(each, list) else each for each in found[:4]]
    heads = [each[:6] for each in right]
    raise WrongAnswer(
        f"messages that begin with {heads}, for {len(update)} bytes", f"{told}",
        why=named(faults, found),
    )  # fmt: skip


def gives(user: str, role: str) -> dict[str, Any]:
    """An entry of a record: somebody gets a role."""
    return {"user": user, "gives": role}


def sends(user: str, text: str, kind: int = 2) -> dict[str, Any]:
    """An entry of a record: somebody sends a message, after which the page says something."""
    return {"user": user, "sends": kind, "text": text}


RECORDS: dict[str, Record] = {
    "sound": [
        gives("ida", "contributor"), sends("ida", "a"), gives("rea", "reader"), sends("rea", "a"),
        gives("ida", "reader"), sends("ida", "a"), sends("eve", "a"),
    ],
    "open": [
        gives("rea", "reader"), gives("ida", "admin"), sends("ida", "a"), sends("rea", "a", 0),
        sends("rea", "b", 1), sends("rea", "c"),
    ],
    "late": [gives("ida", "curator"), sends("ida", "a"), gives("ida", "none"), sends("ida", "b")],
    "early": [gives("rea", "reader"), sends("rea", "b", 1), gives("rea", "reviewer")],
    "stranger": [
        gives("ida", "reviewer"), sends("ida", "a"), sends("eve", "ab"), sends("ida", "b"),
    ],
    "raised": [
        gives("rea", "reader"), sends("rea", "", 1), gives("rea", "contributor"), sends("rea", "a"),
        gives("rea", "reader"), sends("rea", "a"),
    ],
}  # fmt: skip


def q2(answers: Answers) -> None:
    """Rooms that are broken in four ways, and two that are not."""
    expect_broken(answers, RECORDS)


def breaks(
    record: Record,
    *,
    asked: str = "now",
    changed: bool = True,
    unknown: bool = False,
    kinds: tuple[int, ...] = (0, 1, 2),
    among: tuple[str, ...] = WRITERS,
) -> list[int]:
    """The places of a record's breaks, or what a fault would take for these."""
    last = {each["user"]: each["gives"] for each in record if "gives" in each}
    first = {each["user"]: each["gives"] for each in reversed(record) if "gives" in each}
    roles: dict[str, str] = {}
    found, text = [], ""
    for place, entry in enumerate(record):
        if "gives" in entry:
            roles[entry["user"]] = entry["gives"]
            continue
        held = {"now": roles, "last": last, "first": first}[asked].get(entry["user"])
        may = unknown if held is None else held in among
        if (entry["text"] != text or not changed) and not may and entry["sends"] in kinds:
            found.append(place)
        text = entry["text"]
    return found


def expect_broken(answers: Answers, records: dict[str, Record]) -> None:
    """The first break of each room that has one."""
    found = answers.call("broken", records)

    def first(**fault: Any) -> dict[str, int]:
        every = {name: breaks(record, **fault) for name, record in records.items()}
        return {name: places[0] for name, places in every.items() if places}

    right = first()
    if found == right:
        return
    expect_kind(found, dict, what="broken(...)")
    every = {name: breaks(record) for name, record in records.items()}
    sent = {
        name: sum("sends" in each for each in records[name][:place])
        for name, place in right.items()
    }
    faults = {
        "that a reader sends something is no break; the page has to be changed by it": first(
            changed=False
        ),
        "the role counts that somebody has when he sends, not the one he gets in the end": first(
            asked="last"
        ),
        "the role counts that somebody has when he sends, not the one he came with": first(
            asked="first"
        ),
        "who was given no role may not write": first(unknown=True),
        "an answer (kind 1) that changes the page is a break, too": first(kinds=(2,)),
        "a change (kind 2) by who may not write is a break, too": first(kinds=(1,)),
        "all of WRITERS may write: also reviewers": first(
            among=("contributor", "curator", "admin")
        ),
        "the first break of each room is asked for, not the last": {
            name: places[-1] for name, places in every.items() if places
        },
        "places are counted over all entries of a record, from 0": sent,
        "places are counted from 0": {name: place + 1 for name, place in right.items()},
        "rooms without a break are left out": {
            name: right.get(name, -1) for name in records
        },
    }  # fmt: skip
    raise WrongAnswer(f"{right} from broken(records)", f"{found}", why=named(faults, found))


BASE = ["title", "a", "b", "c", "d", "e"]
OURS = ["title", "A", "b", "same", "mine", "e"]
THEIRS = ["title", "a", "B", "same", "yours", "e"]


def q3(answers: Answers) -> None:
    """One side's line, the other's, the same on both, and a conflict."""
    expect_lines(answers, BASE, OURS, THEIRS)
    expect_lines(answers, BASE, THEIRS, OURS)
    expect_lines(answers, ["a", "b"], ["x", "b"], ["y", "z"])


def expect_lines(answers: Answers, base: list[str], ours: list[str], theirs: list[str]) -> None:
    """The merged lines, and where they are in conflict."""
    found = answers.call("merge_lines", base, ours, theirs)
    expect_kind(found, dict, what="merge_lines(...)")
    expect_equal(sorted(found), ["conflicts", "lines"], what="the fields of merge_lines(...)")
    rows = list(zip(base, ours, theirs, strict=True))
    clash = [one != other and was not in (one, other) for was, one, other in rows]

    def merged(take: int, conflicts: list[int]) -> dict[str, Any]:
        free = [other if one == was else one for was, one, other in rows]
        pairs = zip(rows, free, clash, strict=True)
        return {
            "lines": [row[take] if bad else line for row, line, bad in pairs],
            "conflicts": conflicts,
        }

    places = [number for number, bad in enumerate(clash, start=1) if bad]
    right = merged(0, places)
    if found == right:
        return
    apart = [n for n, row in enumerate(rows, start=1) if row[1] != row[2]]
    alike = [n for n, row in enumerate(rows, start=1) if row[0] not in row[1:]]
    faults = {
        "in a conflict the base's line stands, not ours": merged(1, places),
        "in a conflict the base's line stands, not theirs": merged(2, places),
        "lines are counted from 1": merged(0, [place - 1 for place in places]),
        "conflicts are told by the numbers of their lines": {
            "lines": right["lines"], "conflicts": [base[place - 1] for place in places],
        },
        "one line of a conflict is lost; the base's stands": {
            "lines": [line for line, bad in zip(right["lines"], clash, strict=True) if not bad],
            "conflicts": places,
        },
        "a conflict has to be named": merged(0, []),
        "ours won, and what they changed is lost": {"lines": ours, "conflicts": []},
        "theirs won, and what we changed is lost": {"lines": theirs, "conflicts": []},
        "where the two differ, the base tells who changed something; it is no conflict yet": {
            "lines": [was if one != other else one for was, one, other in rows],
            "conflicts": apart,
        },
        "what both changed in the same way is no conflict": {
            "lines": [
                was if number in alike else line
                for number, (line, (was, _, _)) in enumerate(
                    zip(right["lines"], rows, strict=True), start=1
                )
            ],
            "conflicts": alike,
        },
    }  # fmt: skip
    raise WrongAnswer(f"{right}", f"{found}", why=named(faults, found))


FACTS: Facts = {
    "kept": ["x"], "sourced": ["x"], "unsourced": ["x", "y"], "gone here": ["x"],
    "gone there": ["x"], "gone in both": ["x"], "edited, gone": ["x"], "gone, edited": ["x"],
    "turned": ["z", "x"],
}  # fmt: skip
OUR_FACTS: Facts = {
    "kept": ["x"], "sourced": ["x", "b"], "unsourced": ["y"], "gone there": ["x"],
    "edited, gone": ["x", "b"], "turned": ["x", "z"], "new": ["n"], "new in both": ["q"],
}  # fmt: skip
THEIR_FACTS: Facts = {
    "kept": ["x"], "sourced": ["a", "x"], "unsourced": ["x", "y", "c"], "gone here": ["x"],
    "gone, edited": ["d"], "new in both": ["p"],
}  # fmt: skip


def q4(answers: Answers) -> None:
    """Every case of a fact, from both sides."""
    expect_facts(answers, FACTS, OUR_FACTS, THEIR_FACTS)
    expect_facts(answers, FACTS, THEIR_FACTS, OUR_FACTS)


def merged_facts(
    base: Facts,
    ours: Facts,
    theirs: Facts,
    *,
    union: bool = False,
    clash: str = "base",
    ordered: bool = False,
    revive: bool = False,
) -> dict[str, Any]:
    """What ``merge_facts`` is to return, or what a fault in it would make of that."""
    facts: Facts = {}
    conflicts = []
    for fact in sorted({*base, *ours, *theirs}):
        was, one, other = (each.get(fact) for each in (base, ours, theirs))
        if was is not None and (one is None or other is None) and not (revive and (one or other)):
            left = one if other is None else other
            same = left == was if ordered else sorted(left or []) == sorted(was)
            if left is None or same:
                continue
            conflicts.append(fact)
            if clash != "gone":
                facts[fact] = sorted(was if clash == "base" else left)
            continue
        old, a, b = set(was or []), set(one or []), set(other or [])
        facts[fact] = sorted(a | b if union else (old & a & b) | (a - old) | (b - old))
    return {"facts": facts, "conflicts": [] if clash == "silent" else conflicts}


def expect_facts(answers: Answers, base: Facts, ours: Facts, theirs: Facts) -> None:
    """The merged facts, and which are in conflict."""
    found = answers.call("merge_facts", base, ours, theirs)
    expect_kind(found, dict, what="merge_facts(...)")
    expect_equal(sorted(found), ["conflicts", "facts"], what="the fields of merge_facts(...)")
    right = merged_facts(base, ours, theirs)
    if found == right:
        return
    both = {**base, **ours, **theirs}
    faults = {
        "a source that one side took away is gone; a union brings it back": merged_facts(
            base, ours, theirs, union=True
        ),
        "a fact in conflict stays as in the base; the other side's change is not taken": (
            merged_facts(base, ours, theirs, clash="left")
        ),
        "a fact in conflict stays as in the base; it is not taken away": merged_facts(
            base, ours, theirs, clash="gone"
        ),
        "taken away here and changed there is a conflict": {
            **merged_facts(base, ours, theirs, clash="gone"), "conflicts": []
        },
        "taken away here and changed there is a conflict, not a change": {
            **merged_facts(base, ours, theirs, clash="left"), "conflicts": []
        },
        "conflicts have to be named": {**right, "conflicts": []},
        "the same sources in another order are the same": merged_facts(
            base, ours, theirs, ordered=True
        ),
        "a fact that one side took away does not come back from the other": merged_facts(
            base, ours, theirs, revive=True
        ),
        "of a fact that both have only one side's sources are left": {
            "facts": {
                fact: said if fact in right["conflicts"] else sorted(both[fact])
                for fact, said in right["facts"].items()
            },
            "conflicts": right["conflicts"],
        },
    }  # fmt: skip
    raise WrongAnswer(f"{right}", f"{found}", why=named(faults, found))


VERSIONS = [
    {"by": "ida", "lines": ["one", "two", "three", "four"]},
    {"by": "otto", "lines": ["one", "TWO", "four", "three"]},
    {"by": "rea", "lines": ["one", "TWO", "four", "five"]},
    {"by": "vera", "lines": ["one", "zero", "TWO", "three", "five", "four"]},
]


def q5(answers: Answers) -> None:
    """A line that is moved, and one that goes and comes back."""
    expect_blame(answers, VERSIONS)
    expect_blame(answers, VERSIONS[:1])


def expect_blame(answers: Answers, versions: list[dict[str, Any]]) -> None:
    """Each line with its author."""
    found = answers.call("blame", versions)
    expect_kind(found, list, what="blame(...)")
    newest = versions[-1]
    owners: dict[str, str] = {}
    first: dict[str, str] = {}
    latest: dict[str, str] = {}
    placed: dict[tuple[int, str], str] = {}
    for version in versions:
        lines, who = version["lines"], version["by"]
        owners = {line: owners.get(line, who) for line in lines}
        first |= {line: first.get(line, who) for line in lines}
        latest |= dict.fromkeys(lines, who)
        placed = {key: placed.get(key, who) for key in enumerate(lines)}
    right = [[line, owners[line]] for line in newest["lines"]]
    if found == right:
        return
    faults = {
        "a line that was taken away and comes back is of who brings it back": [
            [line, first[line]] for line in newest["lines"]
        ],
        "whoever leaves a line as it is does not become its author": [
            [line, latest[line]] for line in newest["lines"]
        ],
        "whoever moves a line does not become its author": [
            [line, placed[n, line]] for n, line in enumerate(newest["lines"])
        ],
        "the lines stand in the order of the newest version": sorted(right),
        "lines of older versions do not stand any more": [
            [line, owners.get(line, first[line])] for line in first
        ],
        "[line, author] is asked for, in this order": [each[::-1] for each in right],
        "a list of pairs is asked for": [each[1] for each in right],
    }  # fmt: skip
    raise WrongAnswer(f"{right} from blame(versions)", f"{found}", why=named(faults, found))


STATES = [
    {"by": "ida", "facts": []},
    {"by": "ida", "facts": ["a", "b"]},
    {"by": "eve", "facts": ["a", "b", "wrong"]},
    {"by": "ida", "facts": ["a", "b"]},
    {"by": "otto", "facts": ["a", "wrong", "with it"]},
    {"by": "vera", "facts": ["a", "wrong", "with it", "later"]},
    {"by": "rea", "facts": ["wrong", "with it", "later", "last"]},
]


def q6(answers: Answers) -> None:
    """A fact that came twice, company that came with it, and what came after."""
    expect_taken_back(answers, STATES, "wrong")
    expect_taken_back(answers, STATES[:3], "wrong")


def expect_taken_back(answers: Answers, states: list[dict[str, Any]], fact: str) -> None:
    """Who brought a fact, where, and what stands without that record."""
    found = answers.call("take_back", states, fact)
    expect_kind(found, dict, what="take_back(...)")
    expect_equal(sorted(found), ["at", "by", "facts"], what="the fields of take_back(...)")
    held = [set(state["facts"]) for state in states]
    came = [n for n in range(1, len(held)) if fact in held[n] - held[n - 1]]

    def back(at: int) -> dict[str, Any]:
        brought, taken = held[at] - held[at - 1], held[at - 1] - held[at]
        left = (held[-1] - brought) | taken
        return {"by": states[at]["by"], "at": at, "facts": sorted(left)}

    right = back(came[-1])
    if found == right:
        return
    at, now = came[-1], held[-1]
    brought, taken = held[at] - held[at - 1], held[at - 1] - held[at]
    holding = [n for n, facts in enumerate(held) if fact in facts]

    def but(facts: set[str]) -> dict[str, Any]:
        return {**right, "facts": sorted(facts)}

    faults = {
        "it was brought, taken away and brought again: the last time counts": back(came[0]),
        "it counts who brought the fact, not who had it last": back(holding[-1]),
        "the old state was put back, and what came since is lost": but(held[at - 1]),
        "what came with the fact in the same record goes, too": but((now - {fact}) | taken),
        "what the record took away stands again": but(now - brought),
        "the fact alone was taken away": but(now - {fact}),
        "what was taken away later stays away": but((now - brought) | held[at - 1]),
        "the state after the record is not asked for: the newest is taken as it is": but(now),
        "`at` is the place of the record that brought it, not of the one before": {
            **right, "at": at - 1
        },
        "`by` is who brought the fact, not who wrote the newest state": {
            **right, "by": states[-1]["by"]
        },
    }  # fmt: skip
    raise WrongAnswer(f"{right} from take_back(...)", f"{found}", why=named(faults, found))
