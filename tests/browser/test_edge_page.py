"""A model in a page: what real Chromium works out offline is what Python works out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import edge
from workbench.core import settings
from workbench.edge.browser.passages import embed_passages, read_passages
from workbench.edge.browser.serving import PageDoor
from workbench.edge.onnx_encoder import OnnxEncoder, make_encoder

from ..edge.browser.made_pages import linked, replace, served, swap, write_index
from .conftest import Watched

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(600)]

TICKET = "What does a ticket for the ferry cost?"
QUESTIONS = (
    TICKET,
    "When is the library open?",
    "How old is the mill?",
    "Can a lorry cross the river?",
)
READY, FAULT = "#ask:not([hidden])", "#fault:not([hidden])"
MOST_MS = 120_000
LEAST_COSINE = 0.999
TEXTS = (
    "x",
    TICKET,
    "Ärzte in Zürich: naïve café, 中文字, emoji 👩‍🚀 and [CLS] [SEP] tokens.",
    "  spaces\tand\nlines  ",
    " ".join(f"On day {n} the wool was carried over bridge {n} and sold." for n in range(40)),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_index(tmp_path_factory.mktemp("index") / "town.sqlite")


@pytest.fixture(scope="module")
def folder(index: Path, shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 with the town's passages."""
    out = tmp_path_factory.mktemp("page") / "page"
    with settings.override(home=shared_home_path, threads=1):
        made = edge.page("smollm2-135m", index=index, out=out)
    assert made is not None and made.answers_with == "smollm2-135m" and made.passages == 8
    return out


@pytest.fixture(scope="module")
def encoder(shared_home_path: Path) -> OnnxEncoder:
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        return OnnxEncoder(make_encoder(model_files(catalogue.find("minilm-l6-v2")), "int8"))


@pytest.fixture(scope="module")
def door(folder: Path) -> Iterator[PageDoor]:
    with served(folder) as opened:
        yield opened


OpenPage = Callable[..., Watched]


def opened(open_page: OpenPage, address: str, **options: Any) -> Watched:
    """The page, once its models are there."""
    watched = open_page(address, **options)
    watched.page.locator(f"{READY}, {FAULT}").first.wait_for(timeout=MOST_MS)
    assert watched.page.locator(FAULT).count() == 0, watched.page.inner_text(FAULT)
    return watched


def ask(page: Any, question: str) -> Any:
    """Ask by keyboard and wait for the end; the newest turn."""
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    page.locator("#go:not([disabled])").wait_for(timeout=MOST_MS)
    return page.locator("#turns article").first


def fault(open_page: OpenPage, address: str, **options: Any) -> Any:
    page = open_page(address, **options).page
    page.locator(FAULT).wait_for(timeout=MOST_MS)
    return page


def test_it_answers_offline_and_starts_when_nobody_serves_it(
    open_page: OpenPage, folder: Path
) -> None:
    with served(folder) as here:
        watched = opened(open_page, here.address)
        page, context = watched.page, watched.page.context
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        context.set_offline(True)
        before = len(here.asked)
        turn = ask(page, TICKET)
        assert "four crowns" in turn.locator(".said").inner_text()
        assert turn.locator("li").first.inner_text().endswith(("one crown more.",))
        assert "tokens/s" in turn.locator(".figures").inner_text()
        assert len(here.asked) == before  # nothing at all was asked for
    page.reload()  # by now nobody serves it, either
    page.locator(READY).wait_for(timeout=MOST_MS)
    assert "four crowns" in ask(page, TICKET).locator(".said").inner_text()
    assert watched.outside == []
    assert watched.errors == []


def test_a_request_to_elsewhere_is_refused_and_would_be_seen(
    open_page: OpenPage, door: PageDoor
) -> None:
    watched = opened(open_page, door.address)
    refused = watched.page.evaluate(
        "fetch('http://192.0.2.1/').then(() => 'went out', error => error.message)"
    )
    assert refused == "Failed to fetch"
    violated = watched.page.evaluate(
        "new Promise(resolve => { addEventListener('securitypolicyviolation',"
        " event => resolve(event.effectiveDirective));"
        " new Image().src = 'http://192.0.2.1/x.png' })"
    )
    assert violated == "img-src"
    assert watched.page.evaluate("crossOriginIsolated")


def cosines(page: Any, encoder: OnnxEncoder) -> np.ndarray:
    """Of the page's vectors and Python's, a text each, with the texts side by side."""
    found = np.array(page.evaluate("texts => workbench.embed(texts)", list(TEXTS)))
    expected: np.ndarray = encoder.embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    return np.asarray((found * expected).sum(1))


def test_vectors_and_nearest_passages_are_those_of_python(
    open_page: OpenPage, door: PageDoor, encoder: OnnxEncoder, index: Path
) -> None:
    page = opened(open_page, door.address).page
    rows = encoder._tokenizer.tokenize_for_embedding(TEXTS, max_tokens=256)
    assert [page.evaluate("text => workbench.tokens(text)", text) for text in TEXTS] == rows
    assert len(rows[-1]) == 256
    assert cosines(page, encoder).min() >= LEAST_COSINE
    vectors = embed_passages(encoder, read_passages(index))
    for question in QUESTIONS:
        found = page.evaluate("question => workbench.ask(question, {maxTokens: 1}).whole", question)
        near = vectors @ encoder.embed([question])[0]
        first = np.argsort(-near, kind="stable")[:5]  # of equally near ones the earlier comes first
        assert [each["place"] for each in found["found"]] == first.tolist()
        told = [each["cosine"] for each in found["found"]]
        np.testing.assert_allclose(told, near[first], atol=2e-3)


def first_token_graph(content: bytes) -> bytes:
    """The encoder's graph with the first token's state where the mean was."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(content)
    by = {node.output[0]: node for node in model.graph.node}
    (norm,) = [node for node in model.graph.node if node.op_type == "LpNormalization"]
    mean = by[norm.input[0]]
    states = by[by[mean.input[0]].input[0]].input[0]  # of all tokens, before they are summed
    model.graph.initializer.append(numpy_helper.from_array(np.array(0, np.int64), "first place"))
    made = helper.make_node("Gather", [states, "first place"], list(mean.output), axis=1)
    mean.CopyFrom(made)
    return bytes(model.SerializeToString())


BROKEN: dict[str, tuple[str, Callable[[bytes], bytes], bool]] = {
    "no attention mask": ("search.js", swap("place < row.length ? 1 : 0", "1"), False),
    "no tokens around a text": (
        "search.js",
        swap(
            "this.tokenizer.encode(text);",
            "this.tokenizer.encode(text, { add_special_tokens: false });",
        ),
        False,
    ),
    "the first token instead of the mean": ("search/model.onnx", first_token_graph, True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_page_that_is_broken_fails_the_comparison(
    open_page: OpenPage, folder: Path, tmp_path: Path, encoder: OnnxEncoder, name: str
) -> None:
    changed = linked(folder, tmp_path / "page")
    place, change, told = BROKEN[name]
    replace(changed, place, change, told=told)
    with served(changed) as here:
        assert cosines(opened(open_page, here.address).page, encoder).min() < LEAST_COSINE


ASK = "question => workbench.ask(question, {maxTokens: 24}).whole"


def page_answers(page: Any) -> list[tuple[list[int], list[int]]]:
    """Tokens of each question's prompt, and of its answer."""
    found = [page.evaluate(ASK, question) for question in QUESTIONS]
    return [(each["promptIds"], each["ids"]) for each in found]


def largest_gaps(home: Path, answers: list[tuple[list[int], list[int]]]) -> list[float]:
    """How much likelier Python's likeliest token is than the page's, in nats, at most an answer."""
    from workbench.models import catalogue
    from workbench.models.engines.onnx_genai import OnnxEngine
    from workbench.models.loading import model_files
    from workbench.models.prompts import Prompts
    from workbench.models.protocol import EngineSettings

    entry = catalogue.find("smollm2-135m")
    gaps = []
    with settings.override(home=home):
        engine = OnnxEngine(model_files(entry), EngineSettings(variant="bytes", threads=1))
    prompts = Prompts(entry.name, engine, template=None, system=entry.system)
    (session,) = engine._sessions
    for question, (prompt, made) in zip(QUESTIONS, answers, strict=True):
        assert prompt == prompts.chat_ids([{"role": "user", "content": question}])
        session.clear()
        logits = session.read([*prompt, *made[:-1]], logits_from=len(prompt) - 1)
        gaps.append(float((logits.max(1) - logits[np.arange(len(made)), made]).max()))
    engine.close()
    return gaps


def without_passages(folder: Path, out: Path) -> Path:
    """The page with nothing put before its questions."""
    changed = linked(folder, out)
    said = json.loads((changed / "page.json").read_text())
    said["answer"]["passages"] = 0
    (changed / "page.json").unlink()
    (changed / "page.json").write_text(json.dumps(said))
    return changed


# Sums of bytes are exact, what lies between is not: a rounding that falls the other way moves the
# logits. Python's own, whole and token by token, differ by as much (docs/lab-log.md, 2026-11-28).
MOST_GAP = 1.0


def test_answers_are_those_of_python_on_the_same_graph(
    open_page: OpenPage, folder: Path, tmp_path: Path, shared_home_path: Path
) -> None:
    with served(without_passages(folder, tmp_path / "page")) as here:
        answers = page_answers(opened(open_page, here.address).page)
    gaps = largest_gaps(shared_home_path, answers)
    assert max(gaps) < MOST_GAP, gaps
    broken = without_passages(folder, tmp_path / "broken")
    replace(
        broken,
        "decoding.js",
        swap("start + AT_ONCE));", "start + AT_ONCE).reverse());"),
        told=False,
    )
    with served(broken) as here:
        gaps = largest_gaps(shared_home_path, page_answers(opened(open_page, here.address).page))
    assert max(gaps) > 5 * MOST_GAP


def test_what_is_typed_never_becomes_a_control_token(open_page: OpenPage, door: PageDoor) -> None:
    page = opened(open_page, door.address).page
    ids = page.evaluate("text => workbench.tokens(text, 'answer')", "a<|im_end|><|im_start|>b")
    plain = page.evaluate("text => workbench.tokens(text, 'answer')", "ab")
    assert [ids.count(token) for token in (1, 2)] == [plain.count(token) for token in (1, 2)]


def test_an_answer_is_stopped_and_the_next_one_comes(open_page: OpenPage, door: PageDoor) -> None:
    page = opened(open_page, door.address).page
    page.locator("#question").fill("Tell me a long story about a ferry and all who travel on it.")
    page.keyboard.press("Enter")
    page.locator("#doing", has_text="Writing").wait_for(timeout=MOST_MS)
    assert page.locator("#go").is_disabled()
    page.keyboard.press("Escape")
    page.locator("#doing", has_text="Stopped.").wait_for(timeout=MOST_MS)
    assert "stopped by you" in page.locator(".figures").first.inner_text()
    assert page.locator("#stop").is_disabled()
    page.locator("#question").fill("Tell me a long story about a mill.")
    page.keyboard.press("Enter")
    page.locator("#stop:not([disabled])").click()
    page.locator("#doing", has_text="Stopped.").wait_for(timeout=MOST_MS)
    assert "four crowns" in ask(page, TICKET).locator(".said").inner_text()


def test_it_is_used_by_keyboard_alone_and_says_what_it_does(
    open_page: OpenPage, door: PageDoor
) -> None:
    page = opened(open_page, door.address).page
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert page.locator("#question").input_value() == "one\ntwo"
    assert page.locator("article").count() == 0
    places = []
    for _ in range(2):
        page.keyboard.press("Tab")
        places.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert places == ["go", "SUMMARY"]
    page.keyboard.press("Enter")
    assert "onnxruntime-web 1.30.0; licence: MIT" in page.locator("#facts").inner_text()
    assert page.get_by_role("textbox", name="Question").count() == 1
    assert page.get_by_role("status").count() == 1  # the other one is gone with the loading
    long = page.locator("#question")
    long.fill("word " * 2000)
    page.keyboard.press("Enter")
    page.locator(FAULT).wait_for()
    assert page.locator(FAULT).get_attribute("data-code") == "input"
    assert long.input_value().startswith("word word")  # nothing that was typed is lost
    page.get_by_role("button", name="Try again").click()
    assert page.evaluate("document.activeElement.id") == "question"


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_dark(open_page: OpenPage, door: PageDoor, scheme: str) -> None:
    page = opened(
        open_page, door.address, color_scheme=scheme, viewport={"width": 340, "height": 700}
    ).page
    ask(page, TICKET)
    ground = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (ground > 0.5) == (scheme == "light")
    for what in ("h1", ".quiet", ".near", ".said", "summary", "#doing"):
        ink = luminance(page.evaluate(f"getComputedStyle(document.querySelector('{what}')).color"))
        assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 4.5, what
    assert page.evaluate("document.documentElement.scrollWidth") <= 340


NO_WEBASSEMBLY = "delete globalThis.WebAssembly"
LITTLE_MEMORY = """
const { Memory } = WebAssembly;
WebAssembly.Memory = function (given) {
  if (given.initial > 1000) throw new RangeError("could not allocate memory");
  return new Memory(given);
};
"""


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (NO_WEBASSEMBLY, "no-webassembly", "This browser runs no WebAssembly"),
        (LITTLE_MEMORY, "memory", "There is too little memory"),
    ],
)
def test_a_browser_that_cannot_is_told_before_anything_is_loaded(
    open_page: OpenPage, folder: Path, script: str, code: str, words: str
) -> None:
    with served(folder) as here:
        watched = open_page()
        watched.page.add_init_script(script)
        watched.page.goto(here.address)
        watched.page.locator(FAULT).wait_for(timeout=MOST_MS)
        assert watched.page.locator(FAULT).get_attribute("data-code") == code
        assert words in watched.page.locator(FAULT).inner_text()
        assert not any(name.startswith(("answer/", "search/")) for name in here.asked)
        assert watched.errors == []


def flipped(content: bytes) -> bytes:
    return content[:5_000_000] + bytes([content[5_000_000] ^ 1]) + content[5_000_001:]


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("search/model.onnx", flipped, "damaged"),
        ("answer/model.onnx.data", lambda content: content[:-1], "damaged"),
        ("runtime/ort-wasm-simd-threaded.wasm", lambda content: content + b"\0", "damaged"),
        ("search/passages.json", None, "missing"),
    ],
)
def test_a_damaged_file_is_named_and_not_used_and_mended_without_loading_anew(
    open_page: OpenPage,
    folder: Path,
    tmp_path: Path,
    name: str,
    change: Callable[[bytes], bytes] | None,
    code: str,
) -> None:
    changed = linked(folder, tmp_path / "page")
    if change is None:
        (changed / name).unlink()
    else:
        replace(changed, name, change, told=False)
    with served(changed) as here:
        page = fault(open_page, here.address)
        assert page.locator(FAULT).get_attribute("data-code") == code
        assert name in page.locator("#fault-message").inner_text()
        (changed / name).unlink(missing_ok=True)
        (changed / name).write_bytes((folder / name).read_bytes())
        here.asked.clear()
        page.get_by_role("button", name="Try again").click()
        page.locator(READY).wait_for(timeout=MOST_MS)
        assert name in here.asked
        if name.startswith("answer/"):
            assert "search/model.onnx" not in here.asked  # it was found well, and is kept


def test_what_is_kept_and_damaged_is_fetched_again(open_page: OpenPage, folder: Path) -> None:
    with served(folder) as here:
        page = opened(open_page, here.address).page
        sha256 = json.loads((folder / "page.json").read_text())["files"]["search/vectors.f32"][
            "sha256"
        ]
        page.evaluate(
            "async sha256 => (await caches.open('workbench-page-files'))"
            ".put(`kept/${sha256}`, new Response('other bytes'))",
            sha256,
        )
        here.asked.clear()
        page.reload()
        page.locator(READY).wait_for(timeout=MOST_MS)
        assert "search/vectors.f32" in here.asked
        assert "search/model.onnx" not in here.asked


def test_an_encoder_alone_finds_passages(
    open_page: OpenPage, index: Path, shared_home_path: Path, tmp_path: Path
) -> None:
    with settings.override(home=shared_home_path, threads=1):
        made = edge.page("minilm-l6-v2", index=index, out=tmp_path / "page")
    assert made is not None and made.answers_with is None
    assert made.size_bytes < 45_000_000
    with served(tmp_path / "page") as here:
        page = opened(open_page, here.address).page
        assert page.get_by_role("button", name="Find").count() == 1
        turn = ask(page, "opening hours of the library")
        assert turn.locator("li").first.inner_text().startswith("0.")
        assert "Library" in turn.locator("li").first.inner_text()
        assert turn.locator("li").count() == 5
        assert turn.locator(".said").count() == 0


def test_the_command_shows_a_page_until_it_is_stopped(index: Path, shared_home_path: Path) -> None:
    import urllib.request

    from workbench.core import events
    from workbench.core.cancellation import CancelToken, cancellable
    from workbench.core.errors import CancelledError

    token, addresses, found = CancelToken(), [], []

    def listen(event: Any) -> None:
        label = str(event.data.get("label", ""))
        if label.startswith("Open at ") and not addresses:
            addresses.append(label.removeprefix("Open at "))
            shown.set()

    shown = threading.Event()

    def show() -> None:
        with settings.override(home=shared_home_path, threads=1), cancellable(token):
            try:
                edge.page("minilm-l6-v2", index=index, port=0)
            except CancelledError:
                found.append("stopped")

    with events.listening(listen):
        thread = threading.Thread(target=show)
        thread.start()
        assert shown.wait(120)
    with urllib.request.urlopen(addresses[0]) as answer:
        assert b"Everything is worked out here" in answer.read()
    token.cancel()
    thread.join(30)
    assert found == ["stopped"]
    assert not list((shared_home_path / "pages").glob(".shown-*"))
