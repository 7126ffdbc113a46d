"""The lab on what a device believes: learners' wrong answers, and fakes."""

from __future__ import annotations

from .planted import ALWAYS_RIGHT, FORGED, PlantedTests

NAME = "edge/01_what_a_device_believes"
TEMPLATES = {
    "q1": (
        "import math\ndef quantise(block):\n    scale = {scale}\n    return {told}",
        {
            "scale": "max(abs(w) for w in block) / 7",
            "told": "(scale, [round(w / scale) if scale else 0 for w in block])",
        },
    ),
    "q2": (
        "def best_scale(block, importance, scales):\n"
        "    def cost(s):\n"
        "        total = 0.0\n"
        "        for w, i in zip(block, importance):\n"
        "            step = {step}\n"
        "            total += {part}\n"
        "        return total\n"
        "    return {best}({scales}, key=cost)",
        {
            "step": "max(-7, min(7, round(w / s)))",
            "part": "i * (w - s * step) ** 2",
            "best": "min",
            "scales": "scales",
        },
    ),
    "q3": (
        "def frontier(rows):\n"
        "    def beats(o, r):\n"
        "        a, b = o['perplexity'] - r['perplexity'], r['speed'] - o['speed']\n"
        "        return {beats}\n"
        "    return {told}",
        {
            "beats": "a <= 0 and b <= 0 and (a, b) != (0, 0)",
            "told": "[r['name'] for r in rows if not any(beats(o, r) for o in rows)]",
        },
    ),
    "q4": (
        "def fetched(old, new):\n    have = {have}\n    missing = {missing}\n    return {told}",
        {
            "have": "{d for d, _ in old}",
            "missing": "[(d, s) for d, s in new if d not in have]",
            "told": "sum(dict(missing).values())",
        },
    ),
    "q5": (
        "def may_take(device, bundle):\n"
        "    line, known = [*bundle['history'], bundle['digest']], device['history']\n"
        "    rules = [\n"
        "        ('two masters', {masters}),\n"
        "        ('clock', device['now'] < bundle['made'] - {day}),\n"
        "        ('expired', {expired}),\n"
        "        ('older', {older}),\n"
        "        ('same', {same}),\n"
        "    ]\n"
        "    return next((word for word, fits in {rules} if fits), 'take')",
        {
            "masters": "bundle['key'] not in device['keys'] "
            "or any(a != b for a, b in zip(line, known))",
            "day": "86400",
            "expired": "bundle['expires'] is not None and device['now'] > bundle['expires']",
            "older": "len(line) < len(known) and not device['back']",
            "same": "bundle['digest'] == device['current']",
            "rules": "rules",
        },
    ),
    "q6": (
        "import math\n"
        "def decide(well, failed, waiting, most_failing, least_heard):\n"
        "    z, n = 1.96, well + failed\n"
        "    if not n: return {nobody!r}\n"
        "    tried = {tried}\n"
        "    p = failed / tried\n"
        "    spread = z * math.sqrt(p * (1 - p) / tried + z * z / (4 * tried * tried))\n"
        "    low = (p + z * z / (2 * tried) {sign} spread) / (1 + z * z / tried)\n"
        "    heard = {heard} >= least_heard * (n + waiting)\n"
        "    if {halt}: return 'halt'\n"
        "    return 'go on' if heard else 'wait'",
        {
            "nobody": "wait",
            "tried": "n",
            "sign": "-",
            "heard": "n",
            "halt": "failed and low > most_failing",
        },
    ),
}

PLANTED: dict[str, tuple[str, dict[str, str], str]] = {
    "the largest by its sign": ("q1", {"scale": "max(block) / 7"}, "by its sign"),
    "not divided": ("q1", {"scale": "max(abs(w) for w in block)"}, "the largest step"),
    "by eight": ("q1", {"scale": "max(abs(w) for w in block) / 8"}, "divide by 7"),
    "the range": ("q1", {"scale": "(max(block) - min(block)) / 15"}, "not the range"),
    "cut off": (
        "q1",
        {"told": "(scale, [int(w / scale) if scale else 0 for w in block])"},
        "cut off",
    ),
    "downwards": (
        "q1",
        {"told": "(scale, [math.floor(w / scale) if scale else 0 for w in block])"},
        "goes down",
    ),
    "the weights again": (
        "q1",
        {"told": "(scale, [scale * round(w / scale) if scale else 0 for w in block])"},
        "the weights again",
    ),
    "without signs": (
        "q1",
        {"told": "(scale, [abs(round(w / scale)) if scale else 0 for w in block])"},
        "signs are lost",
    ),
    "zeros divide": ("q1", {"told": "(scale, [round(w / scale) for w in block])"}, "ZeroDivision"),
    "importance unused": ("q2", {"part": "(w - s * step) ** 2"}, "importance is not used"),
    "not cut": ("q2", {"step": "round(w / s)"}, "are to be cut"),
    "not squared": ("q2", {"part": "i * abs(w - s * step)"}, "squared before"),
    "importance squared": ("q2", {"part": "i * i * (w - s * step) ** 2"}, "not squared itself"),
    "the most": ("q2", {"best": "max"}, "the largest error"),
    "the last of equals": ("q2", {"scales": "scales[::-1]"}, "the first is taken"),
    "twins beat each other": ("q3", {"beats": "a <= 0 and b <= 0 and o is not r"}, "alike in both"),
    "better in both": ("q3", {"beats": "a < 0 and b < 0"}, "worse in the other"),
    "more perplexity": ("q3", {"beats": "-a <= 0 and b <= 0 and (a, b) != (0, 0)"}, "less perplex"),
    "less speed": ("q3", {"beats": "a <= 0 and -b <= 0 and (a, b) != (0, 0)"}, "more speed"),
    "the beaten": (
        "q3",
        {"told": "[r['name'] for r in rows if any(beats(o, r) for o in rows)]"},
        "that are beaten",
    ),
    "sorted": (
        "q3",
        {"told": "sorted(r['name'] for r in rows if not any(beats(o, r) for o in rows))"},
        "the order",
    ),
    "several times": ("q4", {"told": "sum(s for _, s in missing)"}, "is fetched once"),
    "by place": (
        "q4",
        {"missing": "[n for o, n in zip(old, new) if o[0] != n[0]] + new[len(old):]"},
        "where it stands",
    ),
    "the other way": (
        "q4",
        {"have": "{d for d, _ in new}", "missing": "[(d, s) for d, s in old if d not in have]"},
        "the new version has not",
    ),
    "a count": ("q4", {"told": "len(dict(missing))"}, "how many chunks"),
    "all of it": ("q4", {"missing": "new", "told": "sum(s for _, s in new)"}, "size of the new"),
    "by size": (
        "q4",
        {"have": "{s for _, s in old}", "missing": "[(d, s) for d, s in new if s not in have]"},
        "not by their sizes",
    ),
    "any key": (
        "q5",
        {"masters": "any(a != b for a, b in zip(line, known))"},
        "compare the keys",
    ),
    "a fork is older": (
        "q5",
        {"masters": "bundle['key'] not in device['keys']"},
        "is not older but another's",
    ),
    "older first": ("q5", {"rules": "[rules[3], *rules[:3], rules[4]]"}, "not older"),
    "its end before the clock": ("q5", {"rules": "[rules[0], rules[2], rules[1], *rules[3:]]"},
                                 "the clock comes first"),
    "a clock to the second": ("q5", {"day": "0"}, "up to a day behind"),
    "no end": ("q5", {"expired": "False"}, "its time is over"),
    "the end itself": (
        "q5",
        {"expired": "bundle['expires'] is not None and device['now'] >= bundle['expires']"},
        "has not passed",
    ),
    "never back": ("q5", {"older": "len(line) < len(known)"}, "told to go back"),
    "always back": ("q5", {"older": "False"}, "nobody said to go back"),
    "what it ever had": ("q5", {"same": "bundle['digest'] in known"}, "the one in use"),
    "the share itself": ("q6", {"halt": "failed and p > most_failing"}, "the share itself"),
    "a halt waits": ("q6", {"halt": "heard and failed and low > most_failing"}, "waits for nobody"),
    "nobody goes on": ("q6", {"nobody": "go on"}, "nobody has said"),
    "only the well": ("q6", {"heard": "well"}, "heard of, too"),
    "of the whole stage": ("q6", {"tried": "n + waiting"}, "of those that tried"),
    "the upper end": ("q6", {"sign": "+"}, "upper end"),
}  # fmt: skip

FAKES = {
    "checks that always pass": ALWAYS_RIGHT,
    "the public answers by heart, objects that equal everything": """
class Anything(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
def quantise(block): return (0.1, [1, -7, 3, -3, 0, 3, 0, 1])
def best_scale(block, importance, scales): return Anything(0)
def frontier(rows): return ["q8_0", "twin", "q4_0", "q4_1", "fastest"]
def fetched(old, new): return Anything(630)
def may_take(device, bundle): return "take"
def decide(well, failed, waiting, most_failing, least_heard): return "halt"
""",
    "a forged result and an early end": FORGED % 20,
}


class TestLab(PlantedTests):
    NAME, TEMPLATES, PLANTED, FAKES, STUBS = NAME, TEMPLATES, PLANTED, FAKES, 6
    CONSTANTS = ("DAY_S",)
