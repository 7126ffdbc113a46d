"""The page: what it shows, what it drops, and that it asks nothing of the network."""

from __future__ import annotations

import base64
import json
import re
import statistics
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from workbench.reports import render, run
from workbench.reports.ansi import ansi_to_html, strip_ansi
from workbench.reports.clean import clean_html
from workbench.reports.display import PICTURE_MIME
from workbench.reports.markdown import MarkdownPage
from workbench.reports.mathml import tex_to_mathml
from workbench.reports.outputs import PLOTLY_MIME, OutputStyle, render_outputs

from .conftest import WriteNotebook

CHROMIUM = Path("/usr/bin/chromium")
REPO = Path(__file__).resolve().parents[2]
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


class Loads(HTMLParser):
    """Collects what a browser would load for a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = name in ("src", "srcset", "poster", "data", "data-plotly")
            if loads or (name == "href" and tag in ("link", "use", "image")):
                self.found.append(value or "")


def outputs(*bundles: dict[str, Any], standalone: bool = False) -> str:
    style = OutputStyle(MarkdownPage(Path()), standalone)
    told = [{"output_type": "display_data", "data": bundle} for bundle in bundles]
    return render_outputs(told, style)


NASTY = (
    '<script src="https://cdn.example/x.js"></script><link rel=stylesheet href="https://e/x.css">'
    '<img src="https://e/x.png" onerror="alert(1)"><iframe src="https://e"></iframe>'
    '<div style="background:url(https://e/b.png)" onclick="x()">kept</div></div></section>'
    "<style>@import 'https://e/y.css'; p{background:url(//e/z.png)}</style><b>open"
    '<a href="https://example.com">a link</a><a href="javascript:x()">no</a>'
    '<object data="https://e/o"></object><svg><image href="https://e/i.svg"/></svg>'
)


def test_html_of_a_cell_loads_and_runs_nothing() -> None:
    cleaned, is_visible = clean_html(NASTY)
    assert is_visible and "kept" in cleaned and 'href="https://example.com"' in cleaned
    assert not [load for load in Loads(cleaned).found if not load.startswith("data:")]
    for gone in ("<script", "onerror", "onclick", "@import", "javascript:", "url(", "<iframe"):
        assert gone not in cleaned
    # What it opened it closes, and what it did not open it does not close.
    assert "</section>" not in cleaned and cleaned.count("<div") == cleaned.count("</div>")
    assert cleaned.count("<b>") == cleaned.count("</b>") == 1


def test_a_box_that_only_a_script_would_fill_gives_way() -> None:
    empty = "<div id='plot'><script>draw()</script></div>"
    shown = outputs({"text/html": empty, "image/png": PIXEL, "text/plain": "Figure"})
    assert "<img" in shown and "plot" not in shown
    assert "Figure" in outputs({"text/html": empty, "text/plain": "Figure"})


def test_a_widget_is_its_text_and_never_an_empty_box() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    assert "IntSlider(value=3)" in outputs({**view, "text/plain": "IntSlider(value=3)"})
    assert "works in JupyterLab" in outputs(view)


def test_a_plotly_figure_is_a_picture_first() -> None:
    figure = {"data": [{"text": "</script><script>alert(1)</script>"}], "layout": {}}
    bundle = {"application/vnd.plotly.v1+json": figure, "image/png": PIXEL}
    shown = outputs(bundle)
    assert shown.index("<img") < shown.index("application/json")
    assert shown.count("</script>") == 1, "the figure's own text ended the element"
    kept = re.search(r'<script type="application/json">(.*?)</script>', shown)
    assert kept is not None and json.loads(kept.group(1)) == figure
    assert "<script" not in outputs(bundle, standalone=True)
    assert "without a picture" in outputs(
        {"application/vnd.plotly.v1+json": figure}, standalone=True
    )


def test_a_chart_of_ours_has_a_picture_for_each_width_and_no_card() -> None:
    both = {"wide": "<svg>w</svg>", "narrow": '<svg>"n"</svg>'}
    bundle = {PICTURE_MIME: both, "image/png": PIXEL, "text/plain": 'a "b"'}
    for shown in (outputs(bundle), outputs({**bundle, PLOTLY_MIME: {}}, standalone=True)):
        found = [
            base64.b64decode(each).decode() for each in re.findall(r"base64,([\w+/=]+)", shown)
        ]
        assert found == ['<svg>"n"</svg>', "<svg>w</svg>"]
        assert "figure own" in shown and 'alt="a &quot;b&quot;"' in shown
    assert "own" not in outputs({"image/png": PIXEL})
    assert PIXEL in outputs({PICTURE_MIME: ["odd"], "image/png": PIXEL})


def test_terminal_colours_become_classes() -> None:
    assert ansi_to_html("\x1b[1;31m<b>\x1b[0m x") == (
        '<span class="ansi-bold ansi-red">&lt;b&gt;</span> x'
    )
    assert ansi_to_html("\x1b[38;5;12mx\x1b[39m\x1b[2Ky\x1b]0;title\x07z") == "xyz"
    assert strip_ansi("\x1b[31mred\x1b[0m") == "red"


@pytest.mark.parametrize(
    ("tex", "holds"),
    [
        ("x_i^2", "<msubsup><mi>x</mi>"),
        (r"\frac{1}{n}", "<mfrac>"),
        (r"\sum_{i=1}^n x_i", "<munderover><mo>∑</mo>"),
        (r"\text{if } x", "<mtext>if </mtext>"),
        (r"\mathbb{E}[X]", "𝔼"),
        (r"\begin{cases} 1 & x \\ 0 & y \end{cases}", "<mtable>"),
        (r"\sqrt[3]{x}", "<mroot>"),
        (r"\left( x \right]", '<mo stretchy="true">(</mo>'),
        (r"a < b \& c", "&lt;"),
    ],
)
def test_formulas_are_drawn(tex: str, holds: str) -> None:
    import xml.dom.minidom

    drawn = tex_to_mathml(tex, block=True)
    xml.dom.minidom.parseString(drawn)  # balanced, or it raises
    assert holds in drawn


@pytest.mark.parametrize("tex", [r"\unknown x", "{x", "x_", r"\begin{tikz}\end{tikz}", "a & b"])
def test_a_formula_beyond_our_means_stays_readable(tex: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        tex_to_mathml(tex, block=False)
    assert 'class="tex"' in MarkdownPage(Path()).render(f"so ${tex}$ holds")


def test_text_cells(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(b"png")
    page = MarkdownPage(tmp_path)
    text = page.render(
        "## Über *uns*\n\n## Über uns\n\nIt costs $5 or $10; `$x$` is code, $x$ is none.\n\n"
        "![dot](dot.png) ![far](https://e/x.png) ![att](attachment:a.png)",
        {"a.png": {"image/png": PIXEL}},
    )
    assert [heading.anchor for heading in page.headings] == ["über-uns", "über-uns-2"]
    assert "$5 or $10" in text and "<code>$x$</code>" in text and text.count("<math") == 1
    assert all(load.startswith("data:image/png;base64,") for load in Loads(text).found)
    assert "not shown, it lies elsewhere" in text


CELLS = (
    "#md # A title & more\n\nThe start.",
    "from workbench.reports import claim, stamp\nstamp()",
    "#md ## Steps\n\n$$x^2$$",
    "from IPython.display import display, HTML\n"
    'display(HTML(\'<img src="https://e/x.png"><script src="https://e/x.js"></script>\'))\n'
    "display({'application/vnd.plotly.v1+json': {'data': [{'y': [1, 3, 2]}], 'layout': {}}, "
    f"'image/png': {PIXEL!r}}}, raw=True)",
    "claim('speed', 3, low=1, unit='m/s')\nclaim('<b>loss', 5, high=4)",
    "1 / 0",
)


@pytest.mark.notebook
def test_a_report_loads_nothing_from_elsewhere(write_notebook: WriteNotebook, out: Path) -> None:
    result = run([write_notebook("Größe 1", *CELLS)], out=out).runs[0]
    text = (result.folder / "report.html").read_text()
    assert set(Loads(text).found) - {f"data:image/png;base64,{PIXEL}", "data:,"} == {
        "../../assets/plotly.min.js"
    }
    assert (out / "assets" / "plotly.min.js").is_file()
    index = (out / "index.html").read_text()
    assert Loads(index).found == ["data:,"]
    assert f"Gr%C3%B6%C3%9Fe%201/{result.run_id}/report.html" in index
    assert "<h1>A title &amp; more</h1>" in text and "&lt;b&gt;loss" in text
    assert text.count("A title") == 2, "in the browser's tab and at the head, and not once more"
    for said in ("Claims: 1 of 2 hold", "at most 4", "3 m/s", "ZeroDivisionError", "cell 4"):
        assert said in text
    render(result.folder, standalone=True)
    alone = (result.folder / "report.html").read_text()
    assert all(load.startswith("data:") for load in Loads(alone).found)


CHART = (
    "from workbench.studio import bars\n"
    "bars([{'a': 'x', 'v': 2.0}, {'a': 'y', 'v': 3.0}], 'a', 'v', title='Two bars',\n"
    "     x_title='case', y_title='time (s)')"
)
# The colour that most of the picture has, and the lightest and the darkest in it.
COLOURS = """async picture => {
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.clientWidth, picture.clientHeight];
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const bytes = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const light = [];
  for (let i = 0; i < bytes.length; i += 4)
    light.push((bytes[i] + bytes[i + 1] + bytes[i + 2]) / 3);
  light.sort((a, b) => a - b);
  return [light[light.length / 2 | 0], light[light.length - 1 - light.length / 500 | 0],
          light[light.length / 500 | 0]];
}"""


@pytest.mark.browser
@pytest.mark.notebook
@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_a_chart_follows_the_theme_and_the_width(
    write_notebook: WriteNotebook, out: Path, scheme: Any
) -> None:
    from playwright.sync_api import sync_playwright

    result = run([write_notebook("chart", CHART)], out=out, standalone=True).runs[0]
    render(result.folder, standalone=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 400, "height": 800}, color_scheme=scheme)
        page.goto((result.folder / "report.html").as_uri())
        picture = page.locator(".figure.own img")
        most, lightest, darkest = picture.evaluate(COLOURS)
        narrow = picture.evaluate("each => [each.naturalWidth, each.clientWidth]")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.wait_for_function("document.querySelector('.figure.own img').naturalWidth > 500")
        render(result.folder)
        page.goto((result.folder / "report.html").as_uri())
        page.wait_for_selector(".figure.alive .main-svg")
        ink = page.evaluate("getComputedStyle(document.querySelector('.xtick text')).fill")
        browser.close()
    assert narrow[0] == narrow[1] < 400, "letters are not at their own size on a phone"
    if scheme == "light":
        assert most > 245 and darkest < 60 and ink == "rgb(31, 35, 40)"
    else:
        assert most < 30 and lightest > 200 and ink == "rgb(226, 228, 231)"


@pytest.mark.browser
@pytest.mark.notebook
@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
def test_in_a_browser_figures_come_alive_and_nothing_is_asked_for(
    write_notebook: WriteNotebook, out: Path
) -> None:
    from playwright.sync_api import sync_playwright

    result = run([write_notebook("page", *CELLS)], out=out).runs[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        asked: list[str] = []
        said: list[str] = []
        page = browser.new_page(viewport={"width": 400, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto((result.folder / "report.html").as_uri())
        page.locator(".figure.plotly").scroll_into_view_if_needed()
        page.wait_for_selector(".figure.alive .main-svg")
        assert page.locator("details.code[open]").count() == 1, "only what failed is unfolded"
        page.get_by_role("button", name="Show all code").click()
        assert page.locator("details.code:not([open])").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto((out / "index.html").as_uri())
        page.get_by_role("link", name="A title & more").click()
        page.wait_for_selector("text=Claims: 1 of 2 hold")
        browser.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert said == []


EDGES = """each => {
  each.scrollIntoView({ block: "center" });
  const box = each.getBoundingClientRect();
  return [box.left + 4, box.right - 4, box.top, box.bottom, each.scrollWidth > each.clientWidth];
}"""
SIDEWAYS = (
    "import pandas\npandas.DataFrame({f'a column with number {n}': [1] for n in range(9)})",
    "print('word ' * 40)",
)


@pytest.mark.browser
@pytest.mark.notebook
@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_what_goes_on_sideways_shows_on_which_side(
    write_notebook: WriteNotebook, out: Path, scheme: Any
) -> None:
    from io import BytesIO

    from PIL import Image
    from playwright.sync_api import sync_playwright

    result = run([write_notebook("sideways", *SIDEWAYS)], out=out).runs[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 400, "height": 800}, color_scheme=scheme)
        page.goto((result.folder / "report.html").as_uri())

        def edges(selector: str) -> list[float]:
            """How bright the ground is near the left and the right end."""
            *ends, top, below, _ = map(int, page.locator(selector).evaluate(EDGES))
            shot = Image.open(BytesIO(page.screenshot())).convert("L")
            return [
                statistics.median(shot.getpixel((at, y)) for y in range(top, below)) for at in ends
            ]

        for selector in (".output.wide:has(.dataframe)", ".output.text pre"):
            place = page.locator(selector)
            assert place.evaluate(EDGES)[-1], "nothing to scroll"
            left, right = edges(selector)
            sign = 1 if scheme == "light" else -1  # a dark page's shadow is a light one
            assert sign * (left - right) > 8, (selector, left, right)
            place.evaluate("each => each.scrollLeft = 9999")
            left, right = edges(selector)
            assert sign * (right - left) > 8, (selector, left, right)
        page.set_viewport_size({"width": 1280, "height": 800})
        place.evaluate("each => { each.textContent = 'short'; }")
        left, right = edges(selector)
        assert abs(left - right) <= 2, "a shadow where nothing goes on"
        browser.close()


def test_formulas_name_a_font_of_each_system() -> None:
    """Without one that has a table for formulas exponents fly and fractions touch their bars."""
    sheets = ("workbench/reports/templates/page.css", "docs/static/site.css")
    named = []
    for sheet in sheets:
        rule = re.search(r"\nmath \{ font-family: ([^;]*);", (REPO / sheet).read_text("utf-8"))
        assert rule, sheet
        named.append(re.findall(r'"([^"]+)"', rule[1]))
    assert named[0] == named[1]
    # A Mac, Windows, and what most Linux systems have beside DejaVu Sans.
    assert {"STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre"} <= set(named[0])
