"""What models take here: measured, kept, and reckoned where nothing was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.models import catalogue, estimates, footprints
from workbench.models.footprints import Footprint, find_footprint, save_footprint, update_footprint
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.models.loading import load

ONE = Footprint("m", "llamacpp", 4096, 1, resident_bytes=100, peak_bytes=100, load_s=8.0)


def test_what_was_measured_is_kept_for_each_way_of_loading() -> None:
    assert find_footprint("m", "llamacpp", context_tokens=4096) is None
    save_footprint(ONE)
    assert find_footprint("m", "llamacpp", context_tokens=4096) == ONE
    assert find_footprint("m", "llamacpp", context_tokens=4096, parallel=2) is None
    assert find_footprint("m", "llamacpp", context_tokens=2048) is None
    assert find_footprint("m", "mlx", context_tokens=4096) is None
    assert find_footprint("m", "llamacpp", context_tokens=4096, weights="int8") is None
    assert footprints.list_footprints() == [ONE]


def test_a_record_of_another_version_is_read_as_far_as_it_goes() -> None:
    from workbench.store.records import Records

    save_footprint(ONE)
    (record,) = Records().list(footprints.NAMESPACE)
    Records().put(footprints.NAMESPACE, record.key, document={**record.document, "colour": "blue"})
    assert find_footprint("m", "llamacpp", context_tokens=4096) == ONE
    Records().put(footprints.NAMESPACE, record.key, document={"name": "m"})
    assert find_footprint("m", "llamacpp", context_tokens=4096) is None
    assert footprints.list_footprints() == []


def test_the_peak_stays_and_the_first_load_time_does_not() -> None:
    save_footprint(ONE)
    update_footprint(replace(ONE, peak_bytes=150, tokens_per_s=30.0))
    update_footprint(replace(ONE, peak_bytes=120))
    for load_s in (1.0, 2.0):
        again = Footprint("m", "llamacpp", 4096, 1, 110, 110, load_s)
        kept = save_footprint(again)
    assert (kept.peak_bytes, kept.resident_bytes, kept.loads) == (150, 110, 3)
    assert kept.load_s == 1.5
    assert kept.tokens_per_s == 30.0


def test_another_machines_figures_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    save_footprint(ONE)
    monkeypatch.setattr(footprints, "machine_id", lambda: "another")
    assert find_footprint("m", "llamacpp", context_tokens=4096) is None
    assert footprints.list_footprints() == []


@pytest.mark.model
@pytest.mark.parametrize("parallel", [1, 2])
def test_the_estimate_comes_near_what_llama_cpp_takes(
    parallel: int, smollm2_gguf: Path, shared_home_path: Path
) -> None:
    entry = catalogue.find("smollm2-135m")
    reckoned = estimates.estimate_bytes(
        entry, "llamacpp", context_tokens=2048, parallel=parallel, dtype="float32"
    )
    with (
        settings.override(home=shared_home_path),
        load(
            "smollm2-135m", engine="llamacpp", context_tokens=2048, parallel=parallel, threads=1
        ) as model,
    ):
        model.generate("a word and another " * 200, max_tokens=2)
        taken = model.memory_bytes()
    assert 0.9 < taken / reckoned < 1.1
    blind = round(1.2 * (entry.size_bytes or 0))  # what the size of the file alone would say
    assert not 0.9 < taken / blind < 1.1


def test_a_gguf_of_ones_own_says_its_shape(tmp_path: Path) -> None:
    path = make_tiny_gguf(tmp_path / "own.gguf")
    entry = estimates.with_shape(catalogue.find(str(path)))
    assert (entry.layers, entry.kv_heads, entry.head_size) == (2, 2, 16)
    assert entry.parameters == 139_584
    path.write_bytes(b"no model")
    assert estimates.with_shape(catalogue.find(str(path))).layers is None
