"""An engine in a child process answers as it would here, and takes nothing with it when it ends."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from workbench.core import errors, events, settings
from workbench.core.cancellation import cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    ContextLengthError,
    DeadlineError,
    EngineError,
    InputError,
    NotFoundError,
    WorkbenchError,
)
from workbench.models.engines.isolated import IsolatedEngine
from workbench.models.engines.isolated_wire import Frame, plain_error, read_error
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.protocol import EngineSettings, ModelFiles, Sampling

GREEDY = Sampling(temperature=0, max_tokens=12, seed=1)
PERSON = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["age"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_tiny_folder(tmp_path_factory.mktemp("isolated") / "tiny")
    config = json.loads((made / "config.json").read_text())
    longer = {**config, "max_position_embeddings": 4096}  # room for work that goes on
    (made / "config.json").write_text(json.dumps(longer))
    return made


@pytest.fixture(scope="module")
def files(folder: Path) -> ModelFiles:
    return ModelFiles("tiny", folder=folder)


@pytest.fixture(scope="module")
def here(files: ModelFiles) -> Iterator[TransformersEngine]:
    engine = TransformersEngine(files, EngineSettings(cache_prompt=False))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def there(files: ModelFiles) -> Iterator[IsolatedEngine]:
    engine = IsolatedEngine(files, EngineSettings(cache_prompt=False), engine="transformers")
    yield engine
    engine.close()


def child_of(engine: IsolatedEngine) -> psutil.Process:
    return psutil.Process(engine._process.pid)


def wait_until(true: Callable[[], bool], *, seconds: float = 60.0) -> None:
    deadline_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"temperature": 0.9, "seed": 5, "top_k": 0},
        {"logprobs": 2},
        {"stop": ("a", "zz")},
        {"json_schema": PERSON, "max_tokens": 40},
        {"repeat_penalty": 1.3},
    ],
)
def test_it_answers_as_it_would_here(
    here: TransformersEngine, there: IsolatedEngine, change: dict[str, Any]
) -> None:
    sampling = dataclasses.replace(GREEDY, **change)
    prompt = here.tokenize("Once upon a time 日本 there was")
    assert list(there.stream(prompt, sampling)) == list(here.stream(prompt, sampling))
    one, other = here.answer(prompt, sampling), there.answer(prompt, sampling)
    assert dataclasses.replace(one, decode_s=0) == dataclasses.replace(other, decode_s=0)


def test_everything_else_is_as_it_would_be_here(
    here: TransformersEngine, there: IsolatedEngine
) -> None:
    text = "a <|im_start|> naïve 🙂"
    for special in (False, True):
        ids = here.tokenize(text, special=special)
        assert there.tokenize(text, special=special) == ids
        assert there.detokenize(ids) == here.detokenize(ids)
    assert there.score_ids(ids[:2], ids[2:]) == here.score_ids(ids[:2], ids[2:])
    np.testing.assert_array_equal(
        there.embed(["one", "two words"]), here.embed(["one", "two words"])
    )
    assert there.embed(["one"]).flags.writeable
    for name in ("info", "special_tokens", "chat_template", "bos_id", "adapters", "name"):
        assert getattr(there, name) == getattr(here, name)
    assert there.capabilities == here.capabilities - {"gradients"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: list(engine.stream([], GREEDY)),
        lambda engine: engine.answer([10**7], GREEDY),
        lambda engine: engine.answer([5] * 5000, GREEDY),
        lambda engine: engine.score_ids([5], []),
        lambda engine: engine.answer([5], dataclasses.replace(GREEDY, json_schema={"type": "no"})),
        lambda engine: engine.answer([5], GREEDY, adapter="none@1"),
        lambda engine: engine.embed(["a", ""]),
    ],
)
def test_errors_keep_class_message_and_hint(
    here: TransformersEngine, there: IsolatedEngine, ask: Callable[[Any], Any]
) -> None:
    with pytest.raises(WorkbenchError) as expected:
        ask(here)
    with pytest.raises(type(expected.value)) as found:
        ask(there)
    for part in ("message", "hint", "code", "context"):
        assert getattr(found.value, part) == getattr(expected.value, part)
    assert there.answer([5, 6], GREEDY).ids  # and it goes on


def test_every_error_of_the_tree_crosses_the_line() -> None:
    for cls in errors.all_errors():
        found = read_error(plain_error(cls("what", hint="how", size=3, path=Path("x"))))
        assert type(found) is cls
        assert (found.message, found.hint, found.context) == (
            "what",
            "how",
            {"size": 3, "path": "x"},
        )

    class OwnError(ContextLengthError):
        """Of a plugin, unknown here."""

    assert type(read_error(plain_error(OwnError("long")))) in (OwnError, ContextLengthError)
    told = read_error(plain_error(ZeroDivisionError("by zero")))
    assert type(told) is EngineError
    assert "ZeroDivisionError: by zero" in told.message


def test_a_request_that_cannot_be_written_down_is_an_input_error(there: IsolatedEngine) -> None:
    odd = dataclasses.replace(GREEDY, json_schema={"enum": [object()]})
    with pytest.raises(InputError, match="JSON"):
        there.answer([5], odd)


LONG = dataclasses.replace(
    GREEDY,
    max_tokens=1900,
    json_schema={
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 3000,
    },
)


def cpu_s(engine: IsolatedEngine) -> float:
    return float(sum(child_of(engine).cpu_times()[:2]))


@pytest.fixture
def hundred_s(there: IsolatedEngine) -> float:
    """What a hundred tokens of the long answer cost the child."""
    started_s = cpu_s(there)
    there.answer([5, 6, 7], dataclasses.replace(LONG, max_tokens=200))
    return max((cpu_s(there) - started_s) / 2, 0.05)


@pytest.mark.parametrize("stop", ["close", "cancel"])
def test_what_is_not_wanted_is_not_worked_on(
    there: IsolatedEngine, hundred_s: float, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by what the child computes until it has answered the next: of 1,900 tokens a few."""
    started_s = cpu_s(there)
    stop_at_work(there, stop, hundred_s)
    assert there.answer([5], GREEDY).ids  # its turn comes after what was left of the long one
    assert cpu_s(there) - started_s < 5 * hundred_s
    # The same check sees a child that is not told.
    real = there._process._send
    monkeypatch.setattr(
        there._process, "_send", lambda head: None if "cancel" in head else real(head)
    )
    started_s = cpu_s(there)
    stop_at_work(there, stop, hundred_s)
    assert there.answer([5], GREEDY).ids
    assert cpu_s(there) - started_s > 10 * hundred_s


def stop_at_work(engine: IsolatedEngine, stop: str, some_s: float) -> None:
    """Begin the long answer, and no longer want it."""
    if stop == "close":
        stream: Any = engine.stream([5, 6, 7], LONG)
        for _ in range(3):
            next(stream)
        stream.close()
        return
    before_s = cpu_s(engine)
    with pytest.raises(CancelledError, match="enough"), cancellable() as token:

        def cancel_at_work() -> None:
            wait_until(lambda: cpu_s(engine) > before_s + some_s / 2)
            token.cancel("enough")

        thread = threading.Thread(target=cancel_at_work)
        thread.start()
        engine.answer([5, 6, 7], LONG)
    thread.join()


def test_the_tokenizer_answers_while_an_answer_is_made(there: IsolatedEngine) -> None:
    stream: Any = there.stream([5, 6, 7], LONG)
    next(stream)
    assert there.detokenize(there.tokenize("beside it")) == "beside it"
    stream.close()


def test_many_threads_may_ask(here: TransformersEngine, there: IsolatedEngine) -> None:
    prompts = [here.tokenize(f"number {place} of") for place in range(8)]
    expected = [here.answer(prompt, GREEDY).text for prompt in prompts]
    found: dict[int, str] = {}

    def ask(place: int) -> None:
        found[place] = there.answer(prompts[place], GREEDY).text

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[place] for place in range(8)] == expected


def test_its_threads_are_said_before_torch_is_there(there: IsolatedEngine) -> None:
    said = child_of(there).environ()
    assert (said["OMP_NUM_THREADS"], said["MKL_NUM_THREADS"]) == ("1", "1")
    assert said["OMP_WAIT_POLICY"].lower() == "passive"


def test_an_interrupt_of_the_terminal_does_not_reach_it(there: IsolatedEngine) -> None:
    assert os.getpgid(there._process.pid) != os.getpgid(0)


def test_its_warnings_are_in_our_log(
    there: IsolatedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    head = {"call": 1, "kind": "log", "logger": "of.the.child", "level": 30, "message": "mind 100%"}
    assert there._process._pass_on(Frame(head))
    assert ("of.the.child", logging.WARNING, "mind 100%") in caplog.record_tuples


@pytest.mark.slow
def test_memory_is_the_childs_and_comes_back(files: ModelFiles) -> None:
    engine = IsolatedEngine(files, EngineSettings(), engine="transformers")
    child = child_of(engine)
    assert engine.memory_bytes() == pytest.approx(child.memory_info().rss, rel=0.2)
    engine.close()
    engine.close()
    assert not child.is_running()
    for use in (
        lambda: engine.answer([5], GREEDY),
        lambda: list(engine.stream([5], GREEDY)),
        lambda: engine.tokenize("a"),
        engine.memory_bytes,
    ):
        with pytest.raises(EngineError, match="tiny on transformers was closed"):
            use()


OWNER = """
import sys
from pathlib import Path
from workbench.models.engines.isolated import IsolatedEngine
from workbench.models.protocol import EngineSettings, ModelFiles, Sampling
files = ModelFiles("tiny", folder=Path(sys.argv[1]))
engine = IsolatedEngine(files, EngineSettings(), engine="mlx")
heavy = [name for name in ("mlx", "mlx_lm", "transformers", "torch") if name in sys.modules]
print(engine._process.pid, *heavy, flush=True)
for chunk in engine.stream([5], Sampling(max_tokens=10**6, json_schema={"type": "array", "items":
    {"type": "integer"}, "minItems": 3000})):
    pass
sys.stdin.read()
"""


@pytest.mark.slow
def test_it_ends_with_its_owner_amid_its_work(folder: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert owner.stdout is not None
        told = owner.stdout.readline().split()
        assert len(told) == 1, "the owner has loaded a heavy library"
        child = psutil.Process(int(told[0]))
        assert child.is_running()
        owner.kill()
        owner.wait()
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    finally:
        owner.kill()
        owner.communicate()


def test_a_load_that_fails_leaves_no_process(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(NotFoundError, match=r"config\.json"):
        IsolatedEngine(ModelFiles("no", folder=tmp_path), EngineSettings(), engine="transformers")
    with pytest.raises(DeadlineError, match="did not load"):
        IsolatedEngine(
            ModelFiles("no", folder=tmp_path),
            EngineSettings(load_timeout_s=0.01),
            engine="transformers",
        )
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert after <= before


@pytest.mark.slow
def test_it_is_heard_while_it_loads_and_its_crash_is_not_ours(folder: Path, tmp_path: Path) -> None:
    """The first load of a GGUF unpacks it, with progress, into the home of an override."""
    gguf = write_gguf_of_folder(folder, tmp_path / "tiny.gguf", type="F32")
    told: list[Any] = []
    home = tmp_path / "of an override"
    with settings.override(home=home), events.listening(told.append, "progress"):
        model = load(str(gguf), engine="mlx", isolated=True, threads=1)
    assert any(home.iterdir())
    labels = {event.data["label"] for event in told}
    assert "load tiny into mlx" in labels
    assert len(labels) > 1  # the others are the child's
    with pytest.raises(CapabilityError, match="gradients") as caught:
        assert model.module
    assert "isolated=False" in str(caught.value.hint)
    engine: Any = model._engine
    stream: Any = engine.stream([5, 6, 7], LONG)
    next(stream)
    os.kill(engine._process.pid, signal.SIGSEGV)
    with pytest.raises(EngineError, match="was ended by SIGSEGV") as crash:
        list(stream)
    assert crash.value.hint
    assert crash.value.context["status"] == -signal.SIGSEGV
    for use in (lambda: engine.answer([5], GREEDY), engine.memory_bytes):
        with pytest.raises(EngineError, match="SIGSEGV"):
            use()
    model.close()


def test_llama_cpp_has_a_process_of_its_own_already(smollm2_gguf: Path) -> None:
    options = {"engine": "llamacpp", "threads": 1, "context_tokens": 64}
    with load(str(smollm2_gguf), isolated=True, **options) as model:
        assert isinstance(model._engine, LlamaCppEngine)
        assert isinstance(model, Model)
