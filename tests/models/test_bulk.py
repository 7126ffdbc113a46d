"""How an embedder is loaded for many texts: all threads, quick numbers, unless the user chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from workbench.core import settings
from workbench.models import bulk


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What is asked of ``load``, in a folder without settings."""
    asked: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bulk, "_others_are_busy", lambda: False)
    monkeypatch.setattr(bulk, "load", lambda name, **given: asked.append((name, given)))
    return asked


@pytest.mark.parametrize(
    ("can", "dtype"),
    [({"avx512_bf16": True}, "bfloat16"), ({"amx_bf16": True}, "bfloat16"),
     ({"avx512_bf16": False, "avx2": True}, "float32"), ({"neon": True, "bf16": True}, "float32")],
)  # fmt: skip
def test_it_has_all_threads_and_what_the_processor_is_quick_at(
    can: dict[str, bool],
    dtype: str,
    loaded: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: can)
    with settings.override(threads=3):
        bulk.load_for_many("minilm-l6-v2")
    assert loaded == [("minilm-l6-v2", {"threads": 3, "dtype": dtype})]


@pytest.mark.parametrize(("load", "threads"), [(2.4, 3), (3.9, 3), (4.1, 1), (12.0, 1)])
def test_where_others_keep_two_cores_busy_it_has_one_thread(
    load: float, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bulk, "load", lambda name, **given: asked.append(given["threads"]))
    monkeypatch.setattr(bulk, "usable_cores", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    with settings.override(threads=3):
        bulk.load_for_many("minilm-l6-v2")
    assert asked == [threads]


def test_what_the_user_set_goes_before(
    loaded: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    table = '[models.minilm-l6-v2]\nthreads = 1\ndtype = "float32"\n'
    (tmp_path / "workbench.toml").write_text(table, encoding="utf-8")
    bulk.load_for_many("minilm-l6-v2")
    assert loaded == [("minilm-l6-v2", {"threads": 1, "dtype": "float32"})]
