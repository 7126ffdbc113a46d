"""The lab on what two people agree on: learners' wrong answers, and fakes."""

from __future__ import annotations

from typing import Any

from .planted import ALWAYS_RIGHT, FORGED, PlantedTests, cells_of

NAME = "shared_knowledge/01_what_two_agree_on"
TEMPLATES: dict[str, tuple[str, dict[str, str]]] = {
    "q1": (
        "def smuggle(update):\n"
        "    left, size = {length}, []\n"
        "    while left > {most}:\n"
        "        size.append({more} + left % {base})\n"
        "        left //= {base}\n"
        "    size.append(left)\n"
        "    return {told}",
        {
            "length": "len(update)",
            "most": "127",
            "more": "128",
            "base": "128",
            "told": "[[0, kind, *size, *update] for kind in (1, 2)]",
        },
    ),
    "q2": (
        "WRITERS = {writers}\n"
        "def broken(records):\n"
        "    found = {{}}\n"
        "    for name, record in records.items():\n"
        "        roles, text = {{}}, ''\n"
        "        {before}\n"
        "        for place, entry in enumerate(record{start}):\n"
        "            if 'gives' in entry:\n"
        "                {gives}\n"
        "                continue\n"
        "            if {changed} and {forbidden}:\n"
        "                {note}\n"
        "            text = entry['text']\n"
        "    return {told}",
        {
            "writers": "('contributor', 'reviewer', 'curator', 'admin')",
            "before": "pass",
            "start": "",
            "gives": "roles[entry['user']] = entry['gives']",
            "changed": "entry['text'] != text",
            "forbidden": "roles.get(entry['user']) not in WRITERS",
            "note": "found.setdefault(name, place)",
            "told": "found",
        },
    ),
    "q3": (
        "def merge_lines(base, ours, theirs):\n"
        "    lines, conflicts = [], []\n"
        "    for number, (was, one, other) in enumerate(zip(base, ours, theirs), start={start}):\n"
        "        if {alike}:\n"
        "            lines.append(one)\n"
        "        elif {mine}:\n"
        "            lines.append(other)\n"
        "        else:\n"
        "            {clash}\n"
        "            conflicts.append({said})\n"
        "    return {told}",
        {
            "start": "1",
            "alike": "one == other or other == was",
            "mine": "one == was",
            "clash": "lines.append(was)",
            "said": "number",
            "told": "{'lines': lines, 'conflicts': conflicts}",
        },
    ),
    "q4": (
        "def merge_facts(base, ours, theirs):\n"
        "    facts, conflicts = {{}}, []\n"
        "    for fact in sorted({{*base, *ours, *theirs}}):\n"
        "        was, one, other = (set(each.get(fact, ())) for each in (base, ours, theirs))\n"
        "        if fact in base and {gone}:\n"
        "            left = ours.get(fact) or theirs.get(fact)\n"
        "            if left is not None and {changed}:\n"
        "                conflicts.append(fact)\n"
        "                {clash}\n"
        "            continue\n"
        "        facts[fact] = sorted({sources})\n"
        "    return {told}",
        {
            "gone": "not (fact in ours and fact in theirs)",
            "changed": "set(left) != was",
            "clash": "facts[fact] = sorted(was)",
            "sources": "(was & one & other) | (one - was) | (other - was)",
            "told": "{'facts': facts, 'conflicts': conflicts}",
        },
    ),
    "q5": (
        "def blame(versions):\n"
        "    owners = {{}}\n"
        "    for version in versions:\n"
        "        owners = {step}\n"
        "    return {told}",
        {
            "step": "{line: owners.get(line, version['by']) for line in version['lines']}",
            "told": "[[line, owner] for line, owner in owners.items()]",
        },
    ),
    "q6": (
        "def take_back(states, fact):\n"
        "    held = [set(state['facts']) for state in states]\n"
        "    at = {pick}(n for n in range(1, len(held)) if fact in held[n]{new})\n"
        "    brought, taken = held[at] - held[at - 1], held[at - 1] - held[at]\n"
        "    return {{'by': {by}, 'at': {place}, 'facts': sorted({left})}}",
        {
            "pick": "max",
            "new": " and fact not in held[n - 1]",
            "by": "states[at]['by']",
            "place": "at",
            "left": "(held[-1] - brought) | taken",
        },
    ),
}

PLANTED: dict[str, tuple[str, dict[str, str], str]] = {
    "changes alone": ("q1", {"told": "[[0, 2, *size, *update]]"}, "an answer to the server's"),
    "answers alone": ("q1", {"told": "[[0, 1, *size, *update]]"}, "a change (kind 2) carries"),
    "changes first": (
        "q1", {"told": "[[0, kind, *size, *update] for kind in (2, 1)]"}, "in the order"
    ),
    "a question, too": (
        "q1", {"told": "[[0, kind, *size, *update] for kind in (0, 1, 2)]"}, "carries no update"
    ),
    "no length": ("q1", {"told": "[[0, kind, *update] for kind in (1, 2)]"}, "stands before it"),
    "one number": ("q1", {"most": "10 ** 9"}, "seven bits a byte: 300"),
    "eight bits": ("q1", {"most": "255", "more": "0", "base": "256"}, "not eight"),
    "the highest first": (
        "q1",
        {
            "told": "[[0, kind, *[n | 128 for n in size[:0:-1]], size[0] & 127, *update]"
            " for kind in (1, 2)]"
        },
        "lowest seven bits come first",
    ),
    "no bit for more": ("q1", {"more": "0"}, "128 is added"),
    "the head is counted": ("q1", {"length": "len(update) + 2"}, "of the update alone"),
    "presence": ("q1", {"told": "[[1, kind, *size, *update] for kind in (1, 2)]"}, "presence"),
    "no head": ("q1", {"told": "[[kind, *size, *update] for kind in (1, 2)]"}, "begin with 0"),
    "one list": (
        "q1", {"told": "[n for kind in (1, 2) for n in (0, kind, *size, *update)]"}, "list of mess"
    ),
    "what is sent": ("q2", {"changed": "True"}, "has to be changed"),
    "the last role": (
        "q2",
        {
            "before": "roles = {e['user']: e['gives'] for e in record if 'gives' in e}",
            "gives": "pass",
        },
        "not the one he gets in the end",
    ),
    "the first role": (
        "q2", {"gives": "roles.setdefault(entry['user'], entry['gives'])"}, "came with"
    ),
    "strangers": (
        "q2", {"forbidden": "roles.get(entry['user'], 'admin') not in WRITERS"}, "given no role"
    ),
    "answers are overlooked": (
        "q2",
        {"forbidden": "roles.get(entry['user']) not in WRITERS and entry['sends'] == 2"},
        "an answer (kind 1)",
    ),
    "changes are overlooked": (
        "q2",
        {"forbidden": "roles.get(entry['user']) not in WRITERS and entry['sends'] == 1"},
        "a change (kind 2)",
    ),
    "reviewers": ("q2", {"writers": "('contributor', 'curator', 'admin')"}, "also reviewers"),
    "the last break": ("q2", {"note": "found[name] = place"}, "not the last"),
    "counted among what was sent": (
        "q2",
        {"note": "found.setdefault(name, sum('sends' in e for e in record[:place]))"},
        "over all entries",
    ),
    "from one": ("q2", {"start": ", start=1"}, "from 0"),
    "rooms that are sound": (
        "q2", {"told": "{name: found.get(name, -1) for name in records}"}, "left out"
    ),
    "ours in a conflict": ("q3", {"clash": "lines.append(one)"}, "not ours"),
    "theirs in a conflict": ("q3", {"clash": "lines.append(other)"}, "not theirs"),
    "lines from nought": ("q3", {"start": "0"}, "counted from 1"),
    "the lines' texts": ("q3", {"said": "was"}, "numbers of their lines"),
    "a line is lost": ("q3", {"clash": "pass"}, "is lost; the base's"),
    "no word of it": ("q3", {"told": "{'lines': lines, 'conflicts': []}"}, "has to be named"),
    "ours alone": ("q3", {"told": "{'lines': ours, 'conflicts': []}"}, "ours won"),
    "theirs alone": ("q3", {"told": "{'lines': theirs, 'conflicts': []}"}, "theirs won"),
    "without the base": ("q3", {"alike": "one == other", "mine": "False"}, "no conflict yet"),
    "alike is a conflict": ("q3", {"alike": "other == was"}, "in the same way"),
    "a union of sources": ("q4", {"sources": "one | other"}, "a union brings it back"),
    "the change is taken": ("q4", {"clash": "facts[fact] = sorted(left)"}, "is not taken"),
    "the deletion is taken": ("q4", {"clash": "pass"}, "it is not taken away"),
    "quietly away": (
        "q4", {"clash": "conflicts.pop()"}, "taken away here and changed there is a conflict"
    ),
    "quietly changed": (
        "q4", {"clash": "conflicts.pop(); facts[fact] = sorted(left)"}, "not a change"
    ),
    "not named": ("q4", {"told": "{'facts': facts, 'conflicts': []}"}, "conflicts have to be"),
    "another order": ("q4", {"changed": "left != base[fact]"}, "in another order"),
    "it comes back": (
        "q4", {"gone": "fact not in ours and fact not in theirs"}, "does not come back"
    ),
    "one side's sources": (
        "q4", {"sources": "other if fact in theirs else one"}, "only one side's sources"
    ),
    "the first who wrote it": (
        "q5",
        {"step": "owners | {n: owners.get(n, version['by']) for n in version['lines']}",
         "told": "[[line, owners[line]] for line in versions[-1]['lines']]"},
        "of who brings it back",
    ),
    "the last who had it": (
        "q5", {"step": "dict.fromkeys(version['lines'], version['by'])"}, "leaves a line as it is"
    ),
    "by its place": (
        "q5",
        {"step": "{key: owners.get(key, version['by']) for key in enumerate(version['lines'])}",
         "told": "[[key[1], owner] for key, owner in owners.items()]"},
        "moves a line",
    ),
    "sorted": (
        "q5", {"told": "sorted([line, owner] for line, owner in owners.items())"}, "in the order"
    ),
    "lines that went": (
        "q5",
        {"step": "owners | {n: owners[n] if n in owners and n in last else version['by']"
         " for last in [versions[max(0, versions.index(version) - 1)]['lines']]"
         " for n in version['lines']}"},
        "do not stand any more",
    ),
    "turned round": (
        "q5", {"told": "[[owner, line] for line, owner in owners.items()]"}, "in this order"
    ),
    "names alone": ("q5", {"told": "list(owners.values())"}, "list of pairs"),
    "the first time": ("q6", {"pick": "min"}, "the last time counts"),
    "who had it last": ("q6", {"new": ""}, "not who had it last"),
    "the old state": ("q6", {"left": "held[at - 1]"}, "what came since is lost"),
    "its company stays": ("q6", {"left": "(held[-1] - {fact}) | taken"}, "what came with the fact"),
    "what it took stays away": ("q6", {"left": "held[-1] - brought"}, "stands again"),
    "only the fact": ("q6", {"left": "held[-1] - {fact}"}, "the fact alone"),
    "more comes back": (
        "q6", {"left": "(held[-1] - brought) | held[at - 1]"}, "taken away later stays away"
    ),
    "nothing is taken back": ("q6", {"left": "held[-1]"}, "as it is"),
    "the record before": ("q6", {"place": "at - 1"}, "not of the one before"),
    "the newest author": ("q6", {"by": "states[-1]['by']"}, "not who wrote the newest"),
}  # fmt: skip

FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the public answers by heart, objects that equal everything": """
class Anything(list):
    def __eq__(self, other): return True
    __hash__ = object.__hash__
def smuggle(update): return Anything()
def broken(records): return {"open": 4, "late": 3, "early": 1, "stranger": 2}
def merge_lines(base, ours, theirs): return {"lines": Anything(), "conflicts": Anything()}
def merge_facts(base, ours, theirs): return {"facts": {}, "conflicts": Anything()}
def blame(versions): return Anything()
def take_back(states, fact): return {"by": "otto", "at": 4, "facts": Anything()}
""",
    "a forged verdict": FORGED % 20,
}


class TestLab(PlantedTests):
    NAME, TEMPLATES, PLANTED, FAKES, STUBS = NAME, TEMPLATES, PLANTED, FAKES, 6
    CONSTANTS = ("WRITERS",)


def test_three_of_the_four_rooms_are_broken() -> None:
    """What the text says of the rooms is what the attack finds in real documents."""
    namespace: dict[str, Any] = {}
    for cell in cells_of(NAME):
        if not cell.startswith("check("):
            exec(cell.partition("lab = lab(")[0], namespace)
    found = namespace["broken"](namespace["records"])
    assert sorted(found) == ["east", "north", "south"]
    first = {name: namespace["records"][name][place] for name, place in found.items()}
    assert first["north"]["user"] == first["east"]["user"] == "rea"
    assert (first["east"]["sends"], first["south"]["user"]) == (1, "ida")
