"""How many threads a model gets when nobody says: measured once, kept, and weaker than a choice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events, settings
from workbench.core.errors import EngineError, StorageError
from workbench.models import thread_count
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.loading import load
from workbench.models.protocol import EngineSettings, ModelFiles
from workbench.models.thread_count import NAMESPACE, choose_threads, pick, tuning_key
from workbench.store.records import Records

FILES = ModelFiles("made")


class Measured(LlamaCppEngine):
    """An engine whose measurements are given."""

    rates: dict[int, float]
    asked: list[list[int]]

    @classmethod
    def measure_threads(cls, files: Any, settings: Any, counts: Any) -> dict[int, float]:
        cls.asked.append(list(counts))
        return {count: cls.rates[count] for count in counts}


@pytest.fixture
def engine() -> type[Measured]:
    Measured.rates, Measured.asked = {1: 49.0, 2: 80.0, 4: 82.0}, []
    return Measured


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    say_load(monkeypatch, 0.1)


def say_load(monkeypatch: pytest.MonkeyPatch, load_average: float) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load_average, 0.0, 0.0))


def choose(engine: type[Measured], limit: int) -> int:
    return choose_threads(FILES, EngineSettings(), engine, limit=limit)


def saved() -> dict[str, Any]:
    return dict(Records().get(NAMESPACE, tuning_key("made", "llamacpp")).document)


def test_it_is_measured_once_and_fits_every_limit(engine: type[Measured]) -> None:
    assert choose(engine, 4) == 2  # 4 win too little for two more cores
    assert [choose(engine, limit) for limit in (1, 2, 3, 4)] == [1, 2, 2, 2]
    assert engine.asked == [[1, 2, 4]]
    kept = saved()
    assert (kept["threads"], kept["tokens_per_s"], kept["by"]) == (2, 80.0, "load")
    assert abs(kept["measured_s"] - time.time()) < 60


def test_few_threads_are_kept_unless_more_win_something() -> None:
    assert pick({1: 49.0, 2: 30.0}) == 1
    assert pick({1: 100.0, 2: 103.0}) == 1
    assert pick({1: 100.0, 2: 140.0, 4: 200.0, 8: 150.0}) == 4


def test_what_tune_measured_is_taken(engine: type[Measured]) -> None:
    document = {"threads": 3, "tokens_per_s": 90.0, "measured_s": 0.0, "engine": "llamacpp"}
    Records().put(NAMESPACE, tuning_key("made", "llamacpp"), document=document)
    assert (choose(engine, 4), choose(engine, 2), engine.asked) == (3, 2, [])


def test_a_crowded_machine_gets_one_thread_and_no_record(
    engine: type[Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    say_load(monkeypatch, 10.0 * (os.cpu_count() or 1))
    assert choose(engine, 4) == 1
    assert engine.asked == []
    assert Records().find(NAMESPACE, tuning_key("made", "llamacpp")) is None


def test_what_was_measured_beside_others_is_measured_again_alone(
    engine: type[Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = 0.9 * (os.cpu_count() or 1)
    say_load(monkeypatch, busy)
    engine.rates = {1: 49.0, 2: 20.0, 4: 5.0}
    assert choose(engine, 4) == 1
    engine.rates = {1: 49.0, 2: 80.0, 4: 150.0}
    say_load(monkeypatch, 0.0)
    assert choose(engine, 4) == 1  # it is no ten minutes ago
    key = tuning_key("made", "llamacpp")
    Records().put(NAMESPACE, key, document={**saved(), "measured_s": time.time() - 3600})
    say_load(monkeypatch, busy)
    assert choose(engine, 4) == 1
    say_load(monkeypatch, 0.0)
    assert choose(engine, 4) == 4
    assert len(engine.asked) == 2


def test_a_fault_while_measuring_is_left_to_the_load(
    engine: type[Measured], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise EngineError("no memory")

    monkeypatch.setattr(engine, "measure_threads", fail)
    assert choose(engine, 2) == 2
    assert "no memory" in caplog.text


def test_a_home_that_cannot_be_written_is_no_obstacle(
    engine: type[Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise StorageError("read-only")

    monkeypatch.setattr(Records, "put", refuse)
    assert choose(engine, 2) == 2
    assert engine.asked == [[1, 2]]


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The limits with which a number was asked for, and what is answered: 3."""
    asked: list[int] = []

    def answer(*_: Any, limit: int) -> int:
        asked.append(limit)
        return min(3, limit)

    monkeypatch.setattr(thread_count, "choose_threads", answer)
    yield asked


@pytest.mark.model
def test_whoever_names_a_number_gets_it(
    chosen: list[int], smollm2_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = str(smollm2_gguf)

    def threads(**options: Any) -> int:
        with load(name, engine="llamacpp", context_tokens=64, **options) as model:
            return model.settings.threads

    cores = settings.default_threads()
    assert threads() == min(3, cores)
    assert chosen.pop() == cores
    assert threads(max_threads=1) == 1
    assert chosen.pop() == 1
    assert threads(threads=2) == 2
    with settings.override(threads=2):
        assert threads() == 2
    (tmp_path / "workbench.toml").write_text(f"[models.{smollm2_gguf.name}]\nthreads = 2\n")
    assert threads() == 2
    assert threads(max_threads=1) == 1
    assert chosen == []


@pytest.mark.model
def test_llama_cpp_is_measured_with_each_number(smollm2_gguf: Path) -> None:
    told: list[str] = []
    engine = LlamaCppEngine
    with events.listening(lambda event: told.append(event.data["label"]), "progress"):
        files = ModelFiles("smollm2", gguf=smollm2_gguf)
        threads = choose_threads(files, EngineSettings(), engine, limit=2)
    kept = Records().get(NAMESPACE, tuning_key("smollm2", "llamacpp")).document
    assert set(kept["by_threads"]) == {"1", "2"}
    assert all(rate > 0 for rate in kept["by_threads"].values())
    assert threads == kept["threads"]
    assert set(told) == {"measure how many threads suit smollm2"}
