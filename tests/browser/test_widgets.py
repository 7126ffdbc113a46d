"""The widgets in Chromium, in a page that Voila shows: real keys, painted colours, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import Server, Watched, notebook, watch_page
from .test_home import focused, press_until

PAGE = "/voila/render/widgets.ipynb"
# Scores drawn at random; they mean nothing.
_MADE = """
import ipywidgets, numpy as np
from workbench.interpretability.attribution.result import Attribution
from workbench.studio import compare, heat_map, saliency
def made(tokens, targets, seed=3):
    scores = np.random.default_rng(seed).normal(size=(len(targets), len(tokens)))
    ids, to = tuple(range(100, 100 + len(tokens))), tuple(range(len(targets)))
    groups = tuple((i, i + 1) for i in range(len(tokens)))
    return Attribution('made', tuple(tokens), tuple(targets), ids, to, groups, scores,
                       'occlusion', 'space', None, -1.0)
broken = chr(0xFFFD)
prompt = ['The', ' capital', ' of', ' France', ' is', f' {broken}', broken, '?']
targets = [' Paris', ',', ' yes']
"""
_ALIVE = """
def alive(shown):
    widget, told = shown.live(), ipywidgets.Label('chosen: nothing')
    widget.observe(lambda c: setattr(told, 'value', f'chosen: {c.new}'), 'chosen')
    return ipywidgets.VBox([widget, told])
alive(saliency(made(prompt, targets)))
"""
_MAP = """
values = np.random.default_rng(5).normal(size=(2, 4, 5))
alive(heat_map(values, list('abcd'), prompt[:5], unit='nats', title='Made map',
               row_title='layer', column_title='position', panels=['one', 'two']))
"""
_PAIR = (
    "alive(compare(made(prompt, targets), made([*prompt[:3], ' Italy', *prompt[4:]], targets, 4)))"
)
_LARGE = "made([f' w{i}' for i in range(512)], [f' t{i}' for i in range(64)])"
SALIENCY, MAP, PAIR, LARGE = range(4)


@pytest.fixture(scope="module")
def contexts(browser: Any, dashboards: Server) -> Iterator[Callable[..., Watched]]:
    """Pages of the widgets that several tests share: a kernel for each test would take minutes."""
    page = dashboards.project / "notebooks" / "dashboards" / "widgets.ipynb"
    page.write_text(notebook(_MADE, _ALIVE, _MAP, _PAIR, _LARGE, text="# Widgets"))
    opened = []

    def open_one(scheme: str) -> Watched:
        size = {"width": 1280, "height": 900}
        context = browser.new_context(color_scheme=scheme, viewport=size, accept_downloads=True)
        opened.append(context)
        watched = watch_page(context, dashboards.url(PAGE))
        watched.page.wait_for_function("document.querySelectorAll('.wb-w .alive').length == 4")
        watched.page.wait_for_selector("#loading", state="detached")
        return watched

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def light(contexts: Callable[..., Watched]) -> Watched:
    return contexts("light")


@pytest.fixture(scope="module")
def dark(contexts: Callable[..., Watched]) -> Watched:
    return contexts("dark")


def widget(watched: Watched, number: int) -> Any:
    return watched.page.locator(".wb-w:has(> .alive)").nth(number)


def told(watched: Watched, number: int) -> str:
    """What Python was told of the choice."""
    said: str = watched.page.locator(".widget-label").nth(number).inner_text()
    return said


def wait_told(watched: Watched, number: int, said: str) -> None:
    watched.page.locator(".widget-label").nth(number).get_by_text(said, exact=True).wait_for()


def test_512_tokens_by_64_targets_are_all_drawn(light: Watched) -> None:
    large = widget(light, LARGE)
    assert large.locator(".wb-chips .chip").count() == 512
    assert large.locator(".pick .opt").count() == 65
    assert large.get_attribute("data-cells") == str(512 * 64)
    painted = """canvas => { const { data } = canvas.getContext('2d')
      .getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set(); for (let i = 0; i < data.length; i += 4)
        seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return [seen.size, data.every((value, i) => i % 4 != 3 || value == 255)]; }"""
    colours, is_covered = large.locator("canvas").evaluate(painted)
    assert colours > 50
    assert is_covered
    # A map with room for names has them, and numbers; this one says its cells one by one.
    assert large.get_attribute("data-numbers") is None
    assert int(widget(light, SALIENCY).get_attribute("data-numbers")) > 0
    # One tab stop for 512 tokens, and one for the targets.
    assert large.locator('[tabindex="0"]').count() == 2


def test_a_target_is_chosen_by_keyboard_and_python_is_told(light: Watched) -> None:
    page, shown = light.page, widget(light, SALIENCY)
    page.evaluate("document.activeElement.blur()")
    press_until(page, lambda: focused(page) == "whole answer")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = shown.locator(".chip small").all_inner_texts()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    wait_told(light, SALIENCY, "chosen: 1")
    assert shown.locator('.opt[aria-selected="true"] code').inner_text() == ","
    after = shown.locator(".chip small").all_inner_texts()
    assert len(before) == len(after) == 7  # two pieces of a character are one
    assert before != after
    page.keyboard.press("End")
    assert focused(page) == "·yes"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")  # there is nothing before: it stays
    assert focused(page) == "whole answer"
    page.keyboard.press("Escape")
    wait_told(light, SALIENCY, "chosen: -1")
    assert shown.locator(".chip small").all_inner_texts() == before


def test_a_prompt_token_is_read_and_pinned_by_keyboard(light: Watched) -> None:
    page, shown = light.page, widget(light, SALIENCY)
    press_until(page, lambda: focused(page).startswith("The"))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert "tokens 6 to 7, ids 105, 106" in label
    assert "tokens 6 to 7" in shown.locator(".read").inner_text()
    page.keyboard.press("Enter")
    assert shown.locator('.chip[aria-selected="true"]').count() == 1
    said = shown.locator(".opt small").all_inner_texts()
    whole = shown.locator('.chip[aria-selected="true"] small').inner_text()
    assert said[0] == whole
    assert len(said) == 4 and all(said)
    page.keyboard.press("Escape")
    assert not any(shown.locator(".opt small").all_inner_texts())


def test_up_and_down_go_by_lines(light: Watched) -> None:
    page, large = light.page, widget(light, LARGE)
    large.locator(".chip").nth(3).focus()
    top = "document.activeElement.getBoundingClientRect().top"
    left = "document.activeElement.getBoundingClientRect().left"
    first_top, first_left = page.evaluate(top), page.evaluate(left)
    page.keyboard.press("ArrowDown")
    assert 10 < page.evaluate(top) - first_top < 80
    assert abs(page.evaluate(left) - first_left) < 80
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.place") == "3"


def test_a_map_is_gone_through_by_keyboard(light: Watched) -> None:
    page, shown = light.page, widget(light, MAP)
    cursor = shown.locator(".cursor")
    press_until(page, lambda: page.evaluate("document.activeElement.role == 'gridcell'"))
    moves = (("Control+Home", 1, 1), ("ArrowDown", 2, 1), ("ArrowRight", 2, 2), ("End", 2, 5),
             ("ArrowRight", 2, 5), ("Control+End", 4, 5))  # fmt: skip
    for key, row, column in moves:
        page.keyboard.press(key)
        found = cursor.locator("..").get_attribute("aria-rowindex")
        assert (found, cursor.get_attribute("aria-colindex")) == (str(row), str(column)), key
    label = cursor.get_attribute("aria-label")
    assert label.startswith("layer d, position ·is: ")
    assert shown.locator(".read").inner_text() == label
    grid = shown.get_by_role("grid")
    assert (grid.get_attribute("aria-rowcount"), grid.get_attribute("aria-colcount")) == ("4", "5")
    page.keyboard.press("PageDown")
    wait_told(light, MAP, "chosen: 1")
    assert cursor.get_attribute("aria-label") != label
    page.keyboard.press("PageUp")
    wait_told(light, MAP, "chosen: 0")
    assert shown.get_attribute("data-numbers") == "20"


def test_a_comparison_is_read_by_keyboard(light: Watched) -> None:
    page, shown = light.page, widget(light, PAIR)
    press_until(page, lambda: page.evaluate(
        "document.activeElement.closest('.wb-chips')?.ariaLabel?.startsWith('second prompt less')"
    ) is True)  # fmt: skip
    page.keyboard.press("ArrowRight")
    read = shown.locator(".read").inner_text()
    assert read.startswith("·capital: first prompt ")
    assert "difference" in read
    assert shown.locator('.chip[aria-selected="true"]').count() == 3
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert "second prompt: not there" in shown.locator(".read").inner_text()
    assert "first prompt only" in focused(page)


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_is_saved_by_keyboard(light: Watched, form: str) -> None:
    page, shown = light.page, widget(light, SALIENCY)
    shown.locator(".chip").first.focus()
    press_until(page, lambda: focused(page) == form.upper())
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    download = waiting.value
    assert download.suggested_filename == f"occlusion-made.{form}"
    begin = download.path().read_bytes()[:5]
    assert begin == (b"<svg " if form == "svg" else b"\x89PNG\r")
    shown.locator(".bar").get_by_text("Saved.").wait_for()


CONTRAST = """all => all.map(element => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = rgb => rgb.slice(0, 3).map(v => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  // What is painted: every ground from the page up, each laid over the one below.
  const grounds = [];
  for (let each = element; each; each = each.parentElement)
    grounds.unshift(parts(getComputedStyle(each).backgroundColor));
  const ground = grounds.reduce((under, over) => {
    const alpha = over[3] ?? 1;
    return [0, 1, 2].map(i => alpha * over[i] + (1 - alpha) * under[i]);
  }, [255, 255, 255]);
  const pair = [parts(getComputedStyle(element).color), ground];
  const [low, high] = pair.map(light).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
})"""
PARTS = ".chip code, .chip small, .opt code, .wb-key span, .hint, .read, button"
TEXTS = f".wb-w:has(> .alive) :is({PARTS})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable_as_it_is_painted(
    scheme: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(scheme).page
    found = page.locator(TEXTS).evaluate_all(CONTRAST)
    assert len(found) > 1000
    assert min(found) >= 4.5
    # A shade that is laid on too thick is seen.
    sheet = page.add_style_tag(content=".wb.wb-w { --k: 1 !important; }")
    assert min(page.locator(TEXTS).evaluate_all(CONTRAST)) < 4.5
    sheet.evaluate("element => element.remove()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_on_the_canvas_are_readable(scheme: str, request: pytest.FixtureRequest) -> None:
    """The darkest and the lightest pixel of each cell: its ink against its ground."""
    watched = request.getfixturevalue(scheme)
    measure = """canvas => {
      const grid = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      const cursor = canvas.parentElement.querySelector('.cursor').getBoundingClientRect();
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      const [wide, tall] = [cursor.width - 2, cursor.height - 2].map(v => v * scale);
      const found = [];
      for (let row = 0; row < 4; row += 1) for (let column = 0; column < 5; column += 1) {
        const x = canvas.width - 4 * scale - wide * (5 - column) + 3;
        const y = canvas.height - 2 * scale - tall * (4 - row) + 3;
        let [low, high] = [1, 0];
        for (let i = 0; i < wide - 6; i += 1) for (let j = 0; j < tall - 6; j += 1) {
          const at = 4 * (Math.round(y + j) * grid.width + Math.round(x + i));
          const light = [0, 1, 2].reduce((sum, k) =>
            sum + linear(grid.data[at + k] / 255) * [0.2126, 0.7152, 0.0722][k], 0);
          low = Math.min(low, light); high = Math.max(high, light);
        }
        found.push((high + 0.05) / (low + 0.05));
      }
      return found; }"""
    found = widget(watched, MAP).locator("canvas").evaluate(measure)
    assert len(found) == 20
    assert min(found) >= 4.5


def test_the_dark_theme_has_shades_of_its_own(light: Watched, dark: Watched) -> None:
    ground = "each => getComputedStyle(each).backgroundColor"
    ink = "each => getComputedStyle(each).color"
    for number in (SALIENCY, PAIR):
        shades = [
            {widget(side, number).locator(".chip").nth(i).evaluate(ground) for i in range(5)}
            for side in (light, dark)
        ]
        assert shades[0].isdisjoint(shades[1])
    assert widget(dark, SALIENCY).locator(".chip").first.evaluate(ink) == "rgb(226, 228, 231)"
    # It follows a page that turns dark while it is open, the canvas too.
    canvas = widget(light, MAP).locator("canvas")
    before = canvas.evaluate("each => each.toDataURL()")
    turn = "document.body.dataset.jpThemeLight = '{}'"
    light.page.evaluate(turn.format("false"))
    light.page.wait_for_timeout(100)
    assert canvas.evaluate("each => each.toDataURL()") != before
    light.page.evaluate(turn.format("true"))


def test_it_fits_a_phone(light: Watched) -> None:
    page = light.page
    page.set_viewport_size({"width": 400, "height": 850})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    for number in range(4):
        box = widget(light, number).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 400
    page.set_viewport_size({"width": 1280, "height": 900})


def test_nothing_leaves_the_machine_and_a_planted_load_is_caught(
    light: Watched, dark: Watched
) -> None:
    for watched in (light, dark):
        assert watched.outside == []
        assert watched.errors == []
    planted = "import('http://192.0.2.1/widget.js').catch(() => {})"
    light.page.evaluate(f"() => {{ {planted} }}")
    light.page.wait_for_timeout(200)
    assert light.outside == ["http://192.0.2.1/widget.js"]
