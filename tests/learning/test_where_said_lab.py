"""The lab on where it is said: learners' wrong answers, and fakes."""

from __future__ import annotations

from .planted import ALWAYS_RIGHT, FORGED, PlantedTests

NAME = "knowledge/01_where_it_is_said"
GIVEN = (
    "from workbench.knowledge.retrieval.names import words_of\n"
    "from workbench.knowledge.retrieval.words import content_stems\n"
    "from workbench.knowledge.sentences import split_sentences as sentences\n"
    "DENIALS = {{'not', 'no', 'never', 'nor', 'neither', 'without'}}\n"
    "def telling(text): return set(content_stems(text)) - DENIALS\n"
    "def denies(text): return not DENIALS.isdisjoint(words_of(text))\n"
)
TEMPLATES = {
    "q1": (
        "def cut_text(text, most):\n"
        "    spans, start, last, before = [], 0, len(text.rstrip()), 0\n"
        "    while start < last:\n"
        "        if text[start].isspace():\n"
        "            start += 1\n"
        "            continue\n"
        "        end = last\n"
        "        if last - start {over} most:\n"
        "            tries = range(start + most{more}, start, -1)\n"
        "            ends = [e for e in tries if {blank}]\n"
        "            full = [e for e in tries if {full}]\n"
        "            end = next(iter({order}), start + most)\n"
        "        spans.append({span})\n"
        "        before += end - start{gap}\n"
        "        start = end\n"
        "    return {told}",
        {
            "over": ">",
            "more": "",
            "blank": "text[e].isspace() and not text[e - 1].isspace()",
            "full": "text[e].isspace() and text[e - 1] in '.!?'",
            "order": "full + ends",
            "span": "[start, end]",
            "gap": "",
            "told": "spans",
        },
    ),
    "q2": (
        "def compare(needed, one, other, first):\n"
        "    hits = [[{hit} for need, got in zip(needed, side)] for side in (one, other)]\n"
        "    shares = [{share} for side in hits]\n"
        "    wins = sum({win} for a, b in zip(*hits))\n"
        "    losses = sum({loss} for a, b in zip(*hits))\n"
        "    return {{'one': shares[0], 'other': shares[1], 'wins': wins, 'losses': losses}}",
        {
            "hit": "float(set(need) <= set(got[:first]))",
            "share": "sum(side) / len(needed)",
            "win": "a > b",
            "loss": "b > a",
        },
    ),
    "q3": (
        "def walk(links, seeds, damping, steps):\n"
        "    nodes = {{*links, *seeds, *(e for ends in links.values() for e in ends)}}\n"
        "    start = {{n: {share} for n in nodes}}\n"
        "    ranks = {{n: {begin} for n in nodes}}\n"
        "    {turn}\n"
        "    for _ in range(steps{more}):\n"
        "        gone = {gone}\n"
        "        for node in sorted(nodes):\n"
        "            for end in links.get(node, ()):\n"
        "                gone[end] += {on} * ranks[node] / {ways}\n"
        "            {stuck}\n"
        "        left = {left}\n"
        "        ranks = {{n: gone[n] + left * {again} for n in nodes}}\n"
        "        whole = {scale}\n"
        "        ranks = {{n: value / whole for n, value in ranks.items()}}\n"
        "    return {told}",
        {
            "share": "seeds.get(n, 0.0) / sum(seeds.values())",
            "begin": "start[n]",
            "turn": "pass",
            "more": "",
            "gone": "dict.fromkeys(nodes, 0.0)",
            "on": "damping",
            "ways": "len(links[node])",
            "stuck": "pass",
            "left": "1 - sum(gone.values())",
            "again": "start[n]",
            "scale": "1",
            "told": "ranks",
        },
    ),
    "q4": (
        "from collections import defaultdict\n"
        "def fuse(rankings, offset):\n"
        "    parts = defaultdict(list)\n"
        "    for ranking in rankings:\n"
        "        for rank, name in enumerate(ranking, start={start}):\n"
        "            parts[name].append({part})\n"
        "        {also}\n"
        "    scores = {{name: {total} for name, each in parts.items()}}\n"
        "    order = sorted(scores, key=lambda n: (-round(scores[n], 12), n))\n"
        "    return {told}",
        {
            "start": "1",
            "part": "1 / (offset + rank)",
            "also": "pass",
            "total": "sum(each)",
            "told": "[[n, scores[n]] for n in order]",
        },
    ),
    "q5": (
        "def best_pair(question, words, links, weights):\n"
        "    asked = {asked}\n"
        "    own = {{n: set(asked) & set(have) for n, have in words.items()}}\n"
        "    pairs = [(a, b) for a in words for b in {to} if {joined}]\n"
        "    {narrow}\n"
        "    score = {{(a, b): sum({weight} for w in {union}) for a, b in pairs}}\n"
        "    return list({pick}(pairs, key=lambda p: {order}){told})",
        {
            "asked": "set(question)",
            "to": "links.get(a, [])",
            "joined": "a != b",
            "narrow": "pass",
            "weight": "weights[w]",
            "union": "own[a] | own[b]",
            "pick": "min",
            "order": "(-round(score[p], 9), p)",
            "told": "",
        },
    ),
    "q6": (
        GIVEN + "def cite(claim, passages):\n"
        "    found = []\n"
        "    for name, text in passages.items():\n"
        "        for start, end in {parts}:\n"
        "            said = text[start:end]\n"
        "            if {holds} and {alike}:\n"
        "                found.append({span})\n"
        "    return found{first}",
        {
            "parts": "sentences(text)",
            "holds": "telling(claim) <= telling(said)",
            "alike": "denies(claim) == denies(said)",
            "span": "[name, start, end]",
            "first": "",
        },
    ),
    "q7": (
        "def choose_and_judge(tuning, judging, most_lost):\n"
        "    having = [c for c, has in {chosen} if has]\n"
        "    most = most_lost * {of} + 1e-12\n"
        "    tried = [c for c, has in {chosen} if {may}]\n"
        "    bound = {pick}(b for b in tried if sum(h < b for h in having) <= most)\n"
        "    under = {{s: [c {below} bound for c, h in {on} if h is s] for s in (True, False)}}\n"
        "    lost, passed = (sum(under[s]) / {each} for s in (True, False))\n"
        "    return {{'bound': bound, {told}}}",
        {
            "chosen": "tuning",
            "of": "len(having)",
            "may": "True",
            "pick": "max",
            "below": "<",
            "on": "judging",
            "each": "len(under[s])",
            "told": "'lost': lost, 'passed': passed",
        },
    ),
}

PLANTED: dict[str, tuple[str, dict[str, str], str]] = {
    "the end is the last character": ("q1", {"span": "[start, end - 1]"}, "after the last"),
    "places within the passage": ("q1", {"span": "[0, end - start]"}, "not of the passage"),
    "found again": (
        "q1",
        {"span": "[text.find(text[start:end]), text.find(text[start:end]) + end - start]"},
        "the first place where",
    ),
    "lengths added up": (
        "q1",
        {"span": "[before, before + end - start]"},
        "the white space between is forgotten",
    ),
    "one blank each": (
        "q1",
        {"span": "[before, before + end - start]", "gap": " + 1"},
        "one blank after each",
    ),
    "bytes": (
        "q1",
        {"span": "[len(text[:start].encode()), len(text[:end].encode())]"},
        "not in bytes",
    ),
    "the first sentence": ("q1", {"order": "full[::-1] + ends"}, "not after the first"),
    "any blank": ("q1", {"order": "ends"}, "not at a later blank"),
    "full stops alone": (
        "q1",
        {"full": "text[e].isspace() and text[e - 1] == '.'"},
        "ends a sentence, too",
    ),
    "a full stop within a number": ("q1", {"full": "text[e - 1] in '.!?'"}, "within 3.5"),
    "in the middle of a word": ("q1", {"order": "full"}, "not in a word"),
    "shorter than allowed": (
        "q1",
        {"over": ">=", "more": " - 1", "order": "[*full, *ends, start + most - 1]"},
        "exactly `most` characters",
    ),
    "too long": ("q1", {"more": " + 20 * (start + most + 20 < last)"}, "are allowed"),
    "texts": ("q1", {"span": "text[start:end]"}, "not the passages themselves"),
    "the end is lost": ("q1", {"told": "spans[:-1]"}, "the end of the text is lost"),
    "every so many": (
        "q1",
        {"told": "[[at, min(at + most, len(text))] for at in range(0, len(text), most)]"},
        "in the middle of words",
    ),
    "white space before": (
        "q1",
        {"told": "[[spans[n - 1][1] if n else 0, e] for n, (_, e) in enumerate(spans)]"},
        "belongs to none",
    ),
    "blanks alone": (
        "q1",
        {"full": "text[e] == ' ' and text[e - 1] in '.!?'"},
        "a new line is white space",
    ),
    "the blank within the limit": ("q1", {"more": " - 1"}, "may lie beyond"),
    "sentences of the rest": (
        "q1",
        {"over": ">=", "more": " - (start + most >= len(text))"},
        "whatever sentences end",
    ),
    "white space at the end": (
        "q1",
        {"told": "[[s, len(text) if e == last else e] for s, e in spans]"},
        "the end of the text belongs to no",
    ),
    "any of them": ("q2", {"hit": "float(bool({*need} & {*got[:first]}))"}, "not any of it"),
    "half found": ("q2", {"hit": "len({*need} & {*got[:first]}) / len(need)"}, "no half of an"),
    "one too few": ("q2", {"hit": "float({*need} <= {*got[:first - 1]})"}, "one is missing"),
    "one too many": ("q2", {"hit": "float({*need} <= {*got[:first + 1]})"}, "one more"),
    "in that order": ("q2", {"hit": "float(need == got[:len(need)])"}, "order among the first"),
    "all that was found": ("q2", {"hit": "float({*need} <= {*got})"}, "not only the first"),
    "the other way round": ("q2", {"win": "b > a", "loss": "a > b"}, "turned round"),
    "ties are lost": ("q2", {"loss": "not a > b"}, "is no loss"),
    "each hit is a win": ("q2", {"win": "a", "loss": "b"}, "not each that was found"),
    "a number": ("q2", {"share": "sum(side)"}, "not a number of questions"),
    "walkers are lost": ("q3", {"left": "1 - damping"}, "is lost"),
    "scaled in the end": (
        "q3",
        {"left": "1 - damping", "told": "{n: v / sum(ranks.values()) for n, v in ranks.items()}"},
        "only after many steps",
    ),
    "the stuck go anywhere": (
        "q3",
        {
            "stuck": "gone = gone if links.get(node) else"
            " {n: v + damping * ranks[node] / len(nodes) for n, v in gone.items()}"
        },
        "not anywhere",
    ),
    "the stuck stay": (
        "q3",
        {"stuck": "gone[node] += 0 if links.get(node) else damping * ranks[node]"},
        "does not stay",
    ),
    "PageRank for nobody": ("q3", {"again": "1 / len(nodes)"}, "for nobody"),
    "everywhere at first": ("q3", {"begin": "1 / len(nodes)"}, "not everywhere"),
    "no seeds": (
        "q3",
        {"begin": "1 / len(nodes)", "again": "1 / len(nodes)"},
        "the seeds are not used",
    ),
    "damping stops": ("q3", {"on": "(1 - damping)"}, "goes on"),
    "backwards": (
        "q3",
        {"turn": "links = {n: [m for m in links if n in links[m]] for n in nodes}"},
        "backwards",
    ),
    "all links at once": ("q3", {"ways": "1"}, "divide by how many"),
    "weights as they are": (
        "q3",
        {"share": "seeds.get(n, 0.0)"},
        "divide them by their sum",
    ),
    "a step less": ("q3", {"more": " - 1"}, "one step is missing"),
    "a step more": ("q3", {"more": " + 1"}, "a step too many"),
    "until it holds still": ("q3", {"more": " + 500"}, "where it holds still"),
    "scaled in each step": (
        "q3",
        {"left": "1 - damping", "scale": "sum(ranks.values())"},
        "in each step",
    ),
    "seeds among the links alone": (
        "q3",
        {"share": "seeds.get(n, 0.0) * (n in links) / sum(seeds[s] for s in seeds if s in links)"},
        "a seed that no link leaves",
    ),
    "ends are missing": (
        "q3",
        {"told": "{n: v for n, v in ranks.items() if n in links}"},
        "only ends of links",
    ),
    "ranks from 0": ("q4", {"start": "0"}, "rank 1, not 0"),
    "no offset": ("q4", {"part": "1 / rank"}, "offset is left out"),
    "no brackets": ("q4", {"part": "1 / offset + rank"}, "brackets"),
    "ranks added": (
        "q4",
        {
            "part": "rank",
            "told": "[[n, scores[n]] for n in sorted(scores, key=lambda n: (scores[n], n))]",
        },
        "the ranks are added up",
    ),
    "a mean": ("q4", {"total": "sum(each) / len(each)"}, "not averaged"),
    "the best rank": ("q4", {"total": "max(each)"}, "only the best"),
    "the last ranking": ("q4", {"total": "each[-1]"}, "the last ranking's part"),
    "a last place": (
        "q4",
        {
            "also": "[parts[n].append(1 / (offset + len(ranking) + 1)) for n in"
            " {m for r in rankings for m in r} - set(ranking)]"
        },
        "not a last place",
    ),
    "in all rankings": (
        "q4",
        {"told": "[[n, scores[n]] for n in order if all(n in r for r in rankings)]"},
        "that all rankings have",
    ),
    "the worst first": ("q4", {"told": "[[n, scores[n]] for n in order][::-1]"}, "the best comes"),
    "points": ("q4", {"part": "len(ranking) - rank"}, "Borda"),
    "ties as they come": (
        "q4",
        {
            "told": "[[n, scores[n]] for n in sorted(sorted(scores)[::-1],"
            " key=lambda n: -round(scores[n], 12))]"
        },
        "first in the alphabet",
    ),
    "names alone": ("q4", {"told": "order"}, "names alone"),
    "a dictionary": ("q4", {"told": "scores"}, "to be a list"),
    "greedy": (
        "q5",
        {
            "narrow": "head = max(sorted(words), key=lambda n: sum(weights[w] for w in own[n]));"
            " pairs = [p for p in pairs if p[0] == head] or pairs"
        },
        "is taken first",
    ),
    "no bridge": ("q5", {"to": "words"}, "are not joined"),
    "itself": ("q5", {"joined": "True"}, "names itself"),
    "twice in the pair": ("q5", {"union": "[*own[a], *own[b]]"}, "counted twice"),
    "a count": ("q5", {"weight": "1"}, "the rare ones weigh more"),
    "words that nobody asked for": (
        "q5",
        {"union": "set(weights) & ({*words[a]} | {*words[b]})"},
        "not all that have a weight",
    ),
    "twice in the question": (
        "q5",
        {"union": "[q for q in question if q in own[a] | own[b]]"},
        "that the question has twice",
    ),
    "the second alone": ("q5", {"union": "own[b]"}, "words of the second"),
    "the first alone": ("q5", {"union": "own[a]"}, "words of the first"),
    "what both have": ("q5", {"union": "own[a] & own[b]"}, "not those in both"),
    "the last of equals": ("q5", {"pick": "max", "order": "(round(score[p], 9), p)"}, "of equal"),
    "turned round": ("q5", {"told": "[::-1]"}, "not the other way round"),
    "two sentences": ("q6", {"parts": "[(0, len(text))]"}, "no single sentence"),
    "the whole passage": ("q6", {"span": "[name, 0, len(text)]"}, "not the whole passage"),
    "denials": ("q6", {"alike": "True"}, "a sentence that denies"),
    "no denial at all": ("q6", {"alike": "not denies(said)"}, "a sentence that denies supports it"),
    "parts of words": (
        "q6",
        {"holds": "all(w in said.casefold() for w in telling(claim))"},
        "part of a longer word",
    ),
    "one word": ("q6", {"holds": "telling(claim) & telling(said)"}, "one word of it"),
    "half of the words": (
        "q6",
        {"holds": "2 * len(telling(claim) & telling(said)) >= len(telling(claim))"},
        "half of its words",
    ),
    "the reverse": ("q6", {"holds": "telling(said) <= telling(claim)"}, "it is turned round"),
    "capitals": (
        "q6",
        {
            "holds": "all(w in said for w in claim.split() if w.istitle())"
            " and telling(claim) <= telling(said)"
        },
        "written large",
    ),
    "the first alone is cited": ("q6", {"first": "[:1]"}, "not the first"),
    "sought again": (
        "q6",
        {"span": "[name, text.find(said), text.find(said) + len(said)]"},
        "has two places",
    ),
    "the last character": ("q6", {"span": "[name, start, end - 1]"}, "after the last character"),
    "places in the sentence": ("q6", {"span": "[name, 0, end - start]"}, "not of the sentence"),
    "the words themselves": ("q6", {"span": "said"}, "not the words"),
    "tuned where it is judged": ("q7", {"chosen": "judging"}, "flatters itself"),
    "judged where it was tuned": ("q7", {"on": "tuning"}, "new questions judge it"),
    "all in one": ("q7", {"chosen": "[*tuning, *judging]"}, "nothing is left to judge"),
    "at the bound": ("q7", {"below": "<="}, "not what is just as high"),
    "a share of all": ("q7", {"of": "len(tuning)"}, "not of all"),
    "strictly fewer": ("q7", {"of": "len(having) - 1e-6"}, "exactly the share"),
    "lost at the bound": (
        "q7",
        {"pick": "(lambda _: max(b for b in tried if sum(h <= b for h in having) <= most))"},
        "just at the bound is not lost",
    ),
    "passed where it was tuned": (
        "q7",
        {
            "told": "'lost': lost, 'passed':"
            " sum(c < bound for c, h in tuning if not h) / sum(not h for _, h in tuning)"
        },
        "but `passed` of the tuning",
    ),
    "a bound too high": (
        "q7",
        {
            "pick": "(lambda found: (lambda top: min((b for b in tried if b > top), default=1.0))"
            "(max(found)))"
        },
        "one too many of the tuning",
    ),
    "between two chances": (
        "q7",
        {"pick": "(lambda found: max(found) - 0.003)"},
        "one of the chances of the tuning",
    ),
    "most right": (
        "q7",
        {
            "pick": "(lambda _: max(sorted(tried),"
            " key=lambda b: sum((c >= b) is has for c, has in tuning)))"
        },
        "gets most right",
    ),
    "shares of all": ("q7", {"each": "len(judging)"}, "its own kind"),
    "changed places": ("q7", {"told": "'lost': passed, 'passed': lost"}, "changed places"),
    "what is answered": (
        "q7",
        {"told": "'lost': 1 - lost, 'passed': 1 - passed"},
        "not answered",
    ),
    "the smallest": ("q7", {"pick": "min"}, "not the smallest"),
}

FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the solutions, if their file can be read": """
import contextlib
from workbench.learning.catalogue import find_lab
from workbench.learning.source import read_cells
with contextlib.suppress(OSError):
    for cell in read_cells(find_lab("knowledge/01_where_it_is_said"), solutions=True):
        if cell.code and cell.text.startswith("def "):
            exec(cell.text, globals())
""",
    "the public answers by heart, objects that equal everything": """
class Anything(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
def cut_text(text, most): return [[Anything(0), Anything(1)]]
def compare(needed, one, other, first):
    return {"one": 0.625, "other": 0.75, "wins": 1, "losses": 2}
def walk(links, seeds, damping, steps): return dict.fromkeys(links, Anything(0))
def fuse(rankings, offset): return [["ada", Anything(0)]]
def best_pair(question, words, links, weights): return ["Brant", "Tane"]
def cite(claim, passages): return [["mill", 0, 36]]
def choose_and_judge(tuning, judging, most_lost):
    return {"bound": 0.6, "lost": 0.5, "passed": 0.5}
""",
    "a forged result and an early end": FORGED % 23,
}


class TestLab(PlantedTests):
    NAME, TEMPLATES, PLANTED, FAKES, STUBS = NAME, TEMPLATES, PLANTED, FAKES, 7
    CONSTANTS = ("DENIALS",)
