"""How long the saliency widget takes to draw 512 tokens x 64 targets, by the browser's own clock.

From the moment the page is asked for, its script and scores included, until the second frame after
all is drawn, in Chromium without a GPU. The scores are made: drawn at random. Against the promised
second, and against the text plot of shap, whose page of the same numbers is read by the same
browser. A page that has not drawn what it should is no figure.
"""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from shape import Benchmark, Figure, take_turns

TOKENS, TARGETS, BOUND_S = 512, 64, 1.0
PEER_TOKENS, PEER_TARGETS = 128, 16  # of the larger shap draws one a minute
MOST_S = 60.0
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# The second frame after the drawing, since the page was asked for.
_CLOCK = """
const told = () => { window.drawn_s = performance.now() / 1000; };
requestAnimationFrame(() => requestAnimationFrame(told));
"""
_PAGE = """<!doctype html><meta charset="utf-8"><style>{css}</style><body><div id="place"></div>
<script type="module">
const source = {script};
const address = URL.createObjectURL(new Blob([source], {{ type: 'text/javascript' }}));
const {{ default: widget }} = await import(address);
const bytes = Uint8Array.from(atob({scores}), sign => sign.charCodeAt(0));
const state = {{ data: {data}, arrays: {{ scores: new DataView(bytes.buffer) }}, chosen: -1 }};
const model = {{ get: name => state[name], set(name, value) {{ state[name] = value; }},
  save_changes() {{}}, send() {{}}, on() {{}}, off() {{}} }};
widget.render({{ model, el: document.getElementById('place') }});
{clock}</script>"""


def scores(tokens: int, targets: int) -> np.ndarray:
    """Made scores, the same in every run."""
    return np.random.default_rng(20261125).normal(size=(targets, tokens))


def our_page(tokens: int, targets: int) -> str:
    """A page that draws when ``draw()`` is called."""
    from workbench.interpretability.attribution.result import Attribution
    from workbench.studio.widgets.live import css, script
    from workbench.studio.widgets.saliency import saliency

    shown = saliency(
        Attribution(
            "made", tuple(f" word{i}" for i in range(tokens)),
            tuple(f" target{i}" for i in range(targets)), tuple(range(tokens)),
            tuple(range(targets)), tuple((i, i + 1) for i in range(tokens)),
            scores(tokens, targets), "occlusion", "space", None, -1.0,
        )
    )  # fmt: skip
    sent = base64.b64encode(np.ascontiguousarray(shown.scores, dtype="<f4").tobytes()).decode()
    parts = {"script": script("saliency"), "scores": sent, "data": shown.payload()}
    told = {name: json.dumps(part).replace("</", "<\\/") for name, part in parts.items()}
    return _PAGE.format(css=css(), clock=_CLOCK, **told)


def their_page(tokens: int, targets: int) -> str:
    """What shap writes for the same scores."""
    import shap

    explained = shap.Explanation(
        values=scores(tokens, targets).T, base_values=np.zeros(targets),
        data=np.array([f" word{i}" for i in range(tokens)]),
        output_names=[f"target{i}" for i in range(targets)],
    )  # fmt: skip
    page: str = shap.plots.text(explained, display=False)
    return f'<!doctype html><meta charset="utf-8"><body>{page}<script>{_CLOCK}</script>'


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


def draw(browser: Any, folder: str, text: str) -> tuple[Any, float]:
    """A page that has drawn, and how long that took."""
    path = Path(folder) / "page.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri(), timeout=MOST_S * 1000)
    page.wait_for_function("'drawn_s' in window", timeout=MOST_S * 1000)
    return page, page.evaluate("window.drawn_s")


def measure(rounds: int) -> list[Figure]:
    """Draw by turns, each in a fresh page that is read from a file."""
    whole, small = our_page(TOKENS, TARGETS), our_page(PEER_TOKENS, PEER_TARGETS)
    other = their_page(PEER_TOKENS, PEER_TARGETS)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:

        def ours(text: str, tokens: int, targets: int) -> float:
            page, taken_s = draw(browser, folder, text)
            assert page.locator(".chip").count() == tokens
            assert page.locator(".opt").count() == targets + 1
            assert page.locator("#place").get_attribute("data-cells") == str(tokens * targets)
            page.close()
            return taken_s

        def theirs() -> float:
            page, taken_s = draw(browser, folder, other)
            last = f"document.body.textContent.split('word{PEER_TOKENS - 1}').length"
            assert page.evaluate(last) > PEER_TARGETS
            page.close()
            return taken_s

        drawn = [ours(whole, TOKENS, TARGETS) for _ in range(rounds)]
        mine, shap = take_turns(
            lambda: ours(small, PEER_TOKENS, PEER_TARGETS), theirs, rounds=rounds
        )
    name = "saliency of {} tokens x {} targets drawn"
    return [
        Figure(name.format(TOKENS, TARGETS), "the bound", "s", tuple(drawn), (BOUND_S,) * rounds,
               "lower", 1.0, {"page_bytes": len(whole)}),
        Figure(name.format(PEER_TOKENS, PEER_TARGETS), "shap.plots.text", "s", tuple(mine),
               tuple(shap), "lower", None, {"page_bytes": len(small), "peer_bytes": len(other)}),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("widgets", measure),)
