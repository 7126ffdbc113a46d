"""How long the saliency widget takes to draw 512 tokens x 64 targets, by the browser's own clock.

From the call of its script until the second frame after it was painted, in Chromium without a GPU.
The scores are made: drawn at random. Against the promised second, and against the text plot of
shap, whose page of the same numbers is given to the same browser. Before anything is timed both
must have drawn what they should.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from shape import Benchmark, Figure, take_turns

TOKENS, TARGETS, BOUND_S = 512, 64, 1.0
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_PAGE = """<!doctype html><meta charset="utf-8"><style>{css}</style><body><div id="place"></div>
<script type="module">
const source = {script};
const address = URL.createObjectURL(new Blob([source], {{ type: 'text/javascript' }}));
const {{ default: widget }} = await import(address);
const bytes = Uint8Array.from(atob({scores}), sign => sign.charCodeAt(0));
const state = {{ data: {data}, arrays: {{ scores: new DataView(bytes.buffer) }}, chosen: -1 }};
const model = {{ get: name => state[name], set(name, value) {{ state[name] = value; }},
  save_changes() {{}}, send() {{}}, on() {{}}, off() {{}} }};
window.draw = () => new Promise(done => {{
  const began = performance.now();
  widget.render({{ model, el: document.getElementById('place') }});
  const told = () => done((performance.now() - began) / 1000);
  requestAnimationFrame(() => requestAnimationFrame(told));
}});
</script>"""
_PEER = """html => new Promise(done => {
  const began = performance.now();
  document.open(); document.write(html); document.close();
  const told = () => done((performance.now() - began) / 1000);
  requestAnimationFrame(() => requestAnimationFrame(told));
})"""


def scores() -> np.ndarray:
    """Made scores, the same in every run."""
    return np.random.default_rng(20261125).normal(size=(TARGETS, TOKENS))


def our_page() -> str:
    """A page that draws when ``draw()`` is called."""
    from workbench.interpretability.attribution.result import Attribution
    from workbench.studio.widgets.live import css, script
    from workbench.studio.widgets.saliency import saliency

    shown = saliency(
        Attribution(
            "made", tuple(f" word{i}" for i in range(TOKENS)),
            tuple(f" target{i}" for i in range(TARGETS)), tuple(range(TOKENS)),
            tuple(range(TARGETS)), tuple((i, i + 1) for i in range(TOKENS)), scores(),
            "occlusion", "space", None, -1.0,
        )
    )  # fmt: skip
    sent = base64.b64encode(np.ascontiguousarray(shown.scores, dtype="<f4").tobytes()).decode()
    parts = {"script": script("saliency"), "scores": sent, "data": shown.payload()}
    told = {name: json.dumps(part).replace("</", "<\\/") for name, part in parts.items()}
    return _PAGE.format(css=css(), **told)


def their_page() -> str:
    """What shap writes for the same scores."""
    import shap

    explained = shap.Explanation(
        values=scores().T, base_values=np.zeros(TARGETS),
        data=np.array([f" word{i}" for i in range(TOKENS)]),
        output_names=[f"target{i}" for i in range(TARGETS)],
    )  # fmt: skip
    page: str = shap.plots.text(explained, display=False)
    return page


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium here to draw in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


def measure(rounds: int) -> list[Figure]:
    """Draw by turns, each in a fresh page."""
    mine, other = our_page(), their_page()
    with chromium() as browser:

        def ours() -> float:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_content(mine)
            page.wait_for_function("'draw' in window")
            taken_s: float = page.evaluate("draw()")
            assert page.locator(".chip").count() == TOKENS
            assert page.locator(".opt").count() == TARGETS + 1
            assert page.locator("#place").get_attribute("data-cells") == str(TOKENS * TARGETS)
            page.close()
            return taken_s

        def theirs() -> float:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            taken_s: float = page.evaluate(_PEER, other)
            assert page.get_by_text("word511").count() >= TARGETS
            page.close()
            return taken_s

        ours(), theirs()  # the first drawing compiles the scripts
        drawn_s, shap_s = take_turns(ours, theirs, rounds=rounds)
    name = f"saliency of {TOKENS} tokens x {TARGETS} targets drawn"
    details = {"peer_page_bytes": len(other), "page_bytes": len(mine)}
    return [
        Figure(name, "the bound", "s", tuple(drawn_s), (BOUND_S,) * rounds, "lower", 1.0, details),
        Figure(name, "shap.plots.text", "s", tuple(drawn_s), tuple(shap_s), "lower", None, details),
    ]


BENCHMARKS = (Benchmark("widgets", measure),)
