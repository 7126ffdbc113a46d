"""Tuning measures what it says, chooses by rule, and what it chose is loaded."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import events, settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, CapabilityError, InputError, NotFoundError
from workbench.core.operations import find
from workbench.core.progress import progress
from workbench.models import catalogue
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.models.loading import choose_engine, load, model_files
from workbench.models.tuning import measuring, record
from workbench.models.tuning.bandwidth import measure_bandwidth
from workbench.models.tuning.busy_core import busy_core
from workbench.models.tuning.candidates import Candidate, list_candidates
from workbench.models.tuning.measuring import Measured
from workbench.models.tuning.quality import Quality, agreement, measure_quality
from workbench.models.tuning.tune import TunedRow, Tuning, compare, keep, mark
from workbench.models.variants import take_variant


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", type="F32")


def row(**changes: Any) -> TunedRow:
    made = TunedRow("llamacpp", "shipped", 1, 50.0, 40.0, 1.0, 20.0, 1.0, 1.0, 0.2, 0.4, 1 << 20)
    return dataclasses.replace(made, **changes)


def test_the_fastest_within_two_hundredths_is_chosen() -> None:
    rows = mark(
        [
            row(),
            row(variant="Q4_0", tokens_per_s=90.0, perplexity=26.0, perplexity_ratio=1.3),
            row(engine="onnx", tokens_per_s=80.0, perplexity=20.2, perplexity_ratio=1.01),
            row(engine="onnx", variant="int8", tokens_per_s=60.0, perplexity=20.1),
            row(variant="Q8_0", tokens_per_s=45.0, perplexity=20.1),
        ]
    )
    assert [each.chosen for each in rows] == [False, False, True, False, False]
    assert [each.acceptable for each in rows] == [True, False, True, True, True]
    assert [each.frontier for each in rows] == [True, True, True, True, False]


def test_a_rate_that_falls_beside_a_busy_core_counts() -> None:
    rows = mark([row(), row(threads=2, tokens_per_s=80.0, tokens_per_s_busy=4.0)])
    assert [each.chosen for each in rows] == [True, False]


def test_a_thread_that_brings_nearly_nothing_is_left_to_others() -> None:
    fast = {"engine": "onnx", "tokens_per_s": 100.0, "tokens_per_s_busy": 100.0}
    more = {**fast, "threads": 2, "tokens_per_s": 104.0, "tokens_per_s_busy": 104.0}
    assert [each.chosen for each in mark([row(), row(**fast), row(**more)])] == [False, True, False]
    more["tokens_per_s"] = more["tokens_per_s_busy"] = 106.0
    assert [each.chosen for each in mark([row(), row(**fast), row(**more)])] == [False, False, True]


def test_rates_are_told_as_ratios_to_the_reference(tiny: Path) -> None:
    first, second = Candidate("llamacpp", "shipped", 1), Candidate("llamacpp", "shipped", 2)
    quality = Quality(20.0, 100, ("one", "two"))

    def measured(candidate: Candidate, drift: float, speed: float) -> Measured:
        its = tuple(drift * rate for rate in (50.0, 60.0, 55.0))
        mine = tuple(speed * rate for rate in its)
        return Measured(candidate, mine, its, mine, its, 0.4, 1, quality)

    files = model_files(catalogue.find(str(tiny)))
    slow_hour = compare([measured(first, 1.0, 1.0), measured(second, 0.1, 1.5)], files)
    assert [each.ratio for each in slow_hour] == pytest.approx([1.0, 1.5])
    assert slow_hour[1].tokens_per_s == pytest.approx(1.5 * slow_hour[0].tokens_per_s)


def test_what_was_chosen_is_loaded_and_can_be_forgotten(tiny: Path) -> None:
    entry = catalogue.find(str(tiny))
    assert choose_engine(entry, "auto") == "llamacpp"
    rows = mark([row(), row(variant="Q8_0", threads=1, tokens_per_s=70.0)])
    keep(Tuning(entry.name, "here", rows, "these", 0.1, 1.0))
    with load(str(tiny), context_tokens=64) as model:
        assert model.info.weights_dtype == "Q8_0"
    with load(str(tiny), context_tokens=64, variant="shipped") as model:
        assert model.info.weights_dtype == "F32"
    keep(Tuning(entry.name, "here", mark([row(), row(engine="onnx", tokens_per_s=99.0)]), "", 0, 1))
    assert choose_engine(entry, "auto") == "onnx"
    assert choose_engine(entry, "auto", tuned=False) == "llamacpp"
    assert choose_engine(entry, "llamacpp") == "llamacpp"
    assert {each.name for each in find("models.tuned").run({})} == {
        entry.name,
        f"{entry.name}/llamacpp",
        f"{entry.name}/onnx",
    }
    assert find("models.untune").run({"name": str(tiny)}) == 3
    assert choose_engine(entry, "auto") == "llamacpp"
    assert record.list_records() == {}
    with pytest.raises(NotFoundError, match="nothing is known"):
        find("models.untune").run({"name": str(tiny)})


def test_a_record_of_threads_from_a_load_chooses_no_variant(tiny: Path) -> None:
    from workbench.models.thread_count import tuning_key

    record.save_record(tuning_key("tiny", "llamacpp"), {"threads": 1, "by": "load", "variant": "x"})
    assert record.find_variant("tiny", "llamacpp") is None


def test_candidates_begin_with_the_reference(tiny: Path) -> None:
    entry = catalogue.find(str(tiny))
    files = model_files(entry)
    found = list_candidates(entry, files, engines=None, threads=[2, 1], full=False)
    assert found[0] == Candidate("llamacpp", "shipped", 1)
    assert {(each.engine, each.variant) for each in found} == {
        ("llamacpp", "shipped"),
        ("onnx", "shipped"),
        ("onnx", "int8"),
    }
    more = list_candidates(entry, files, engines=None, threads=[1], full=True)
    assert Candidate("llamacpp", "Q4_0", 1) in more
    only = list_candidates(entry, files, engines=["transformers"], threads=[1], full=False)
    assert only == [Candidate("transformers", "", 1)]
    with pytest.raises(InputError, match="threads"):
        list_candidates(entry, files, engines=None, threads=[0], full=False)
    with pytest.raises(CapabilityError, match="no chat model"):
        embedder = catalogue.find("minilm-l6-v2")
        list_candidates(embedder, files, engines=None, threads=None, full=False)


def test_a_variant_that_there_is_not_is_refused(tiny: Path) -> None:
    files = model_files(catalogue.find(str(tiny)))
    with pytest.raises(InputError, match="not to be had on llamacpp: it has shipped"):
        take_variant(files, "llamacpp", "Q3_X")
    with pytest.raises(InputError, match="it has none"):
        take_variant(files, "transformers", "int8")
    made = take_variant(files, "llamacpp", "Q8_0")
    assert made.gguf is not None and made.gguf.parent.parent == settings.home() / "converted"
    stamp = made.gguf.stat().st_mtime_ns
    again = take_variant(files, "llamacpp", "Q8_0").gguf
    assert again is not None and again.stat().st_mtime_ns == stamp


class Scripted:
    """A model whose every token costs one nat, and that answers with the prompt's beginning."""

    def tokenize(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def detokenize(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))

    def score(self, prompt: str, continuation: str) -> list[float]:
        return [-1.0] * len(continuation)

    def chat(self, messages: list[dict[str, str]], **_: Any) -> Any:
        return type("Reply", (), {"text": messages[0]["content"][:5]})()


def test_perplexity_is_over_all_tokens_but_the_first_of_each_passage() -> None:
    with progress("test") as task:
        found = measure_quality(Scripted(), task, full=False)  # type: ignore[arg-type]
    assert found.perplexity == pytest.approx(2.718281828)
    assert len(found.answers) == 6


def test_agreement_is_the_share_before_the_first_difference() -> None:
    first = Quality(1.0, 1, ("abcd", "abcd"))
    assert agreement(first, first) == 1.0
    assert agreement(first, Quality(1.0, 1, ("abXd", "abcd"))) == 0.75
    assert agreement(first, Quality(1.0, 1, ("", "abcdefgh"))) == pytest.approx(4 / 12)


def test_a_busy_core_is_busy_and_ends_with_its_block() -> None:
    with busy_core():
        spinning = [
            child
            for child in psutil.Process().children()
            if child.cmdline()[1:4] == ["-S", "-E", "-c"]
        ]
        before = sum(spinning[0].cpu_times()[:2])
        deadline_s = time.monotonic() + 30
        while sum(spinning[0].cpu_times()[:2]) < before + 0.1:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
    assert len(spinning) == 1 and not spinning[0].is_running()


def test_bandwidth_is_measured_in_bytes() -> None:
    assert 1e8 < measure_bandwidth(1) < 1e13


@pytest.mark.slow
def test_a_whole_run_keeps_its_choice(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "QUICK", None)  # only `tune` names the pace
    monkeypatch.setattr(
        "workbench.models.tuning.tune.QUICK", measuring.Pace(rounds=1, busy_rounds=1, tokens=8)
    )
    monkeypatch.setattr("workbench.models.tuning.quality._QUICK_PASSAGES", 1)
    monkeypatch.setattr("workbench.models.tuning.quality._QUICK_PROMPTS", 1)
    monkeypatch.setattr("workbench.models.tuning.measuring.CONTEXT_TOKENS", 256)
    short = [{"text": "The quick brown fox jumps over the lazy dog. " * 2}] * 2
    monkeypatch.setattr("workbench.models.tuning.quality.read_set", lambda name: _set(name, short))
    monkeypatch.setattr("workbench.models.tuning.measuring.read_set", lambda name: short)
    found = find("models.tune").run(
        {"name": str(tiny), "engines": ["llamacpp", "onnx"], "threads": [1]}
    )
    assert [(each.engine, each.variant) for each in found.rows] == [
        ("llamacpp", "shipped"),
        ("onnx", "shipped"),
        ("onnx", "int8"),
    ]
    assert found.rows[0].perplexity_ratio == 1.0 and found.rows[0].agreement == 1.0
    assert abs(found.rows[1].perplexity_ratio - 1) < 0.02
    kept = record.find_choice(catalogue.find(str(tiny)).name)
    assert kept is not None
    assert (kept["engine"], kept["variant"]) == (found.choice.engine, found.choice.variant)


def _set(name: str, passages: list[dict[str, str]]) -> list[dict[str, str]]:
    return passages if name == "passages" else [{"prompt": "What is the capital?"}] * 2


def test_a_run_that_is_cancelled_keeps_nothing_and_leaves_no_process(tiny: Path) -> None:
    token = CancelToken()

    def cancel(event: events.Event) -> None:
        if event.data["label"].startswith("tuning") and event.data["done"] >= 1:
            token.cancel("enough")

    before = set(psutil.Process().children(recursive=True))
    with (
        events.listening(cancel, "progress"),
        cancellable(token),
        pytest.raises(CancelledError),
    ):
        find("models.tune").run({"name": str(tiny), "engines": ["llamacpp"], "threads": [1]})
    assert record.find_choice(catalogue.find(str(tiny)).name) is None
    assert set(psutil.Process().children(recursive=True)) <= before
