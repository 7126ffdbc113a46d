"""Adapters out of a pool: one base in memory serves them all, and one that came later too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import settings
from workbench.core.errors import NotFoundError
from workbench.models.adapter_store import register_adapter
from workbench.models.adapters import KIND
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.pool import ModelPool
from workbench.models.pool.workshop import Workshop
from workbench.store.versions import Versions

pytestmark = pytest.mark.model


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A tiny base with two adapters, and a third that is not registered."""
    make_tiny_folder(tmp_path / "folder")
    gguf = write_gguf_of_folder(tmp_path / "folder", tmp_path / "tiny.gguf", type="F32")
    (tmp_path / "workbench.toml").write_text(f'[models.tiny]\npath = "{gguf}"\nthreads = 1\n')
    monkeypatch.chdir(tmp_path)
    with settings.override(home=tmp_path / "home"):
        for seed, name in enumerate(("a", "b", "late")):
            make_tiny_lora(tmp_path / name, gguf, name=name, base_model="tiny", seed=seed)
        for name in ("a", "b"):
            register_adapter(tmp_path / name)
        yield tmp_path


def answer(model: Model) -> str:
    return model.generate("Once upon a time there was", temperature=0, max_tokens=8).text


def test_one_base_serves_all_its_adapters(made: Path) -> None:
    names = ("tiny:a@1", "tiny", "tiny:b", "tiny:a")
    alone = {}
    for name in ("tiny", "tiny:a@1", "tiny:b@1"):
        with load(name, context_tokens=256) as model:
            alone[name] = answer(model)
    assert len(set(alone.values())) == 3
    with ModelPool(10**9, cores=1) as pool:
        for name in names:
            with pool.borrow(name) as loan:
                full = {"tiny:b": "tiny:b@1", "tiny:a": "tiny:a@1"}.get(name, name)
                assert (loan.model.name, loan.name) == (full, name)
                assert answer(loan.model) == alone[full]
        (resident,) = pool.state().models
        assert (resident.name, set(resident.adapters)) == ("tiny", {"a@1", "b@1"})
        assert pool.unload("tiny")
        assert pool.state().models == ()


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Before each load that follows: how many processes have the weights in memory already."""
    found: list[int] = []
    real = Workshop.load

    def load(self: Workshop, *given: Any, **more: Any) -> Any:
        found.append(len(weights_in_memory()))
        return real(self, *given, **more)

    monkeypatch.setattr(Workshop, "load", load)
    return found


_OTHERS: set[int] = set()


@pytest.fixture(autouse=True)
def _others() -> None:
    """What another file's tests left in memory for the whole session is not counted."""
    _OTHERS.clear()
    _OTHERS.update(weights_in_memory())


def weights_in_memory() -> list[int]:
    """The children of this process that run a model of llama.cpp."""
    children = psutil.Process().children(recursive=True)
    found = [one.pid for one in children if any("llamacpp_worker" in w for w in one.cmdline())]
    return [pid for pid in found if pid not in _OTHERS]


def test_an_adapter_that_came_later_is_loaded_with_its_base(made: Path, copies: list[int]) -> None:
    with ModelPool(10**9, cores=1) as pool:
        pool.pin("tiny")
        with pytest.raises(NotFoundError):
            pool.ask("tiny:late").result(timeout=60)
        register_adapter(made / "late")
        with pool.borrow("tiny:late") as loan:
            assert loan.loaded
            assert loan.model.adapter == "late@1"
            later = answer(loan.model)
        for name, as_before in (("tiny:late@1", True), ("tiny", False)):
            with pool.borrow(name) as again:
                assert not again.loaded
                assert (answer(again.model) == later) is as_before
        (resident,) = pool.state().models
        assert (resident.name, resident.pinned) == ("tiny", True)
        assert set(resident.adapters) == {"a@1", "b@1", "late@1"}
        assert len(weights_in_memory()) == 1
        with pool.borrow("tiny:a") as loan:
            assert not loan.loaded
            assert answer(loan.model) != later
    assert copies == [0, 0]  # the weights were never there twice


def test_the_base_goes_only_when_its_work_is_done(made: Path, copies: list[int]) -> None:
    with ModelPool(10**9, cores=1) as pool:
        with pool.borrow("tiny") as loan:
            before = answer(loan.model)
            register_adapter(made / "late")
            ticket = pool.ask("tiny:late")
            after = pool.ask("tiny")
            with pytest.raises(TimeoutError):
                ticket.result(timeout=0.5)
            assert answer(loan.model) == before
        with ticket.result(timeout=60) as late:
            assert late.model.adapter == "late@1"
        with after.result(timeout=60) as base:
            assert answer(base.model) == before
        assert len(pool.state().models) == 1
    assert copies == [0, 0]


def test_adapters_that_may_not_be_loaded_together_have_a_copy_each(made: Path) -> None:
    """The rule that keeps them from sending each other away; it also shows what is counted."""
    with settings.override(adapters_per_model=1), ModelPool(10**9, cores=1) as pool:
        for _ in range(2):
            for name in ("tiny:a", "tiny:b"):
                with pool.borrow(name) as loan:
                    assert loan.model.adapter == f"{name.removeprefix('tiny:')}@1"
        assert len(pool.state().models) == len(weights_in_memory()) == 2


def test_a_label_that_moves_is_followed(made: Path) -> None:
    with ModelPool(10**9, cores=1) as pool:
        for version in (1, 2):
            if version == 2:
                folder = made / "a2"
                gguf = made / "tiny.gguf"
                make_tiny_lora(folder, gguf, name="a", base_model="tiny", seed=9)
                register_adapter(folder)
            Versions().move_label(KIND, f"tiny:a@{version}", label="production", actor="test")
            with pool.borrow("tiny:a@production") as loan:
                assert loan.model.adapter == f"a@{version}"


@pytest.mark.slow
def test_an_engine_that_merges_has_each_adapter_as_a_model_of_its_own(made: Path) -> None:
    with ModelPool(4 * 10**9, cores=1) as pool:
        loans = [pool.ask(name, engine="mlx") for name in ("tiny:a", "tiny")]
        said = []
        for ticket in loans:
            with ticket.result(timeout=120) as loan:
                said.append(answer(loan.model))
        assert said[0] != said[1]
        assert {model.name for model in pool.state().models} == {"tiny:a@1", "tiny"}
