"""Write docs/benchmarks.md from the results of ``bench/run.py``; what it holds already stays.

    python tools/benchmarks.py                  # the newest of bench/results/
    python tools/benchmarks.py FILE.json        # another

The results themselves are not committed, the page is. Each set stands between marks with its date
and commit, so that writing one twice changes nothing.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
PAGE = REPO / "docs" / "benchmarks.md"
HEAD = """\
<!-- Made by tools/benchmarks.py from bench/results; `make bench` measures and writes it anew. -->
# Benchmarks

We and a peer on the same work, in one run, by turns. A figure is the median of the rounds' ratios,
above 1 where we are better; the range behind it is that of the rounds. *Met* says whether the bound
that stands in the code was reached. [How figures are measured](design/figures.md) says the rest.
Sets of figures stand as they were taken, the newest first; a figure that was measured again later
on the same processor stands only there. A set that was taken under load says so, and is worth less.
"""
SET = re.compile(r"<!-- set (\S+) -->\n(.*?)<!-- end -->\n", re.S)


def row(figure: dict[str, Any]) -> str:
    """One figure as a row of the table."""
    unit = figure["unit"]
    ours, theirs = (f"{figure[key]:.3g} {unit}" for key in ("ours_median", "theirs_median"))
    ratios = f"{figure['ratio']:.2f} ({min(figure['ratios']):.2f} to {max(figure['ratios']):.2f})"
    bound = "none" if figure["bound"] is None else f"at least {figure['bound']:g}"
    met = {None: "", True: "met", False: "**not met**"}[figure["met"]]
    cells = (figure["name"], ours, f"{theirs}, {figure['peer']}", ratios, bound, met)
    return f"| {' | '.join(cells)} |"


def section(result: dict[str, Any]) -> str:
    """One run of the benchmarks."""
    machine, load = result["machine"], result["load_before"][0]
    busy = load > 0.5 * machine["cores"]
    changed = ", with changes that are not committed" if result["changed"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    state = "a busy machine" if busy else "a quiet machine"
    facts = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:g} GB, "
        f"{machine['system']}, Python {machine['python']}. Commit `{result['commit']}`{changed}. "
        f"Load {load:g} before, {result['load_after'][0]:g} after. "
        f"{result['rounds']} rounds: `{result['command']}`. {versions}."
    )
    head = "| what | ours | peer | ratio | bound | |\n|---|---|---|---|---|---|"
    rows = "\n".join(row(figure) for figure in result["figures"])
    return f"## {result['date'][:10]}, {state}\n\n{facts}\n\n{head}\n{rows}\n"


def page(existing: str, *results: dict[str, Any]) -> str:
    """The page with these sets in their place, the newest first."""
    sets = dict(SET.findall(existing))
    sets |= {f"{each['date']}-{each['commit']}": section(each) for each in results}
    parts = [f"<!-- set {key} -->\n{text}<!-- end -->\n" for key, text in without_old(sets)]
    return "\n".join([HEAD, *parts])


def without_old(sets: dict[str, str]) -> list[tuple[str, str]]:
    """The sets, the newest first, without the figures that a later one of that processor has."""
    seen: set[tuple[str, tuple[str, ...] | None]] = set()
    kept = []
    for key in sorted(sets, reverse=True):
        lines = sets[key].splitlines(keepends=True)
        processor = next((line.split(", ")[0] for line in lines if " cores, " in line), "")
        own = [line for line in lines if (processor, _figure(line)) not in seen]
        figures = {(processor, figure) for line in own if (figure := _figure(line))}
        if figures:
            kept.append((key, "".join(own)))
        seen |= figures
    return kept


def _figure(line: str) -> tuple[str, ...] | None:
    """What a row measured and against whom; None if it is the row of no figure."""
    cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    if not line.startswith("| ") or len(cells) < 5 or cells[0] == "what":
        return None
    return cells[0], cells[2].partition(", ")[2], cells[4]


def main() -> int:
    found = sorted((REPO / "bench" / "results").glob("*.json"))
    chosen = [Path(name) for name in sys.argv[1:]] or found[-1:]
    if not chosen:
        print("there is no result; try: make bench", file=sys.stderr)
        return 2
    text = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    found_results = [json.loads(path.read_text(encoding="utf-8")) for path in chosen]
    PAGE.write_text(page(text, *found_results), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(REPO)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
