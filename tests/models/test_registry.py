"""Models with what they can do, cost and take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core import operations
from workbench.core.errors import ConfigError, NotFoundError
from workbench.core.plain import to_plain
from workbench.models import loading
from workbench.models.footprints import Footprint, save_footprint
from workbench.models.operations import registry
from workbench.models.registry import Price, find_price, list_prices


def test_what_was_measured_stands_beside_what_is_reckoned() -> None:
    taken = Footprint("smollm2-135m", "llamacpp", 4096, 2, 300, 350, 0.4, tokens_per_s=99.0)
    save_footprint(taken)
    rows = {row.name: row for row in registry()}
    smol, embedder = rows["smollm2-135m"], rows["minilm-l6-v2"]
    assert smol.measured == (taken,)
    assert smol.estimated_bytes is not None
    assert 250e6 < smol.estimated_bytes < 280e6
    assert (smol.license, smol.kind) == ("Apache-2.0", "chat")
    assert {"chat", "score"} <= set(smol.capabilities)
    assert (embedder.capabilities, embedder.measured) == (("embed",), ())
    assert json.dumps(to_plain(list(rows.values())))


def test_one_model_by_name_and_near_matches() -> None:
    assert [row.name for row in registry("minilm-l6-v2")] == ["minilm-l6-v2"]
    with pytest.raises(NotFoundError, match="smollm2-135m"):
        operations.find("models.registry").run({"name": "smolm2-135m"})


def test_a_machine_without_an_engine_still_lists_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "available", lambda package: False)
    (row,) = registry("smollm2-135m")
    assert (row.engine, row.estimated_bytes, row.capabilities) == (None, None, ())


def test_a_price_is_the_bases_and_nothing_unless_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "workbench.toml"
    file.write_text(
        '[models."smollm2-135m"]\nprompt_usd_per_million_tokens = 0.1\n'
        "completion_usd_per_million_tokens = 2\n"
    )
    assert find_price("smollm2-135m") == Price(0.0, 0.0)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    assert find_price("smollm2-135m") == find_price("smollm2-135m:mine@2") == Price(0.1, 2.0)
    assert find_price("minilm-l6-v2") == Price()
    assert registry("smollm2-135m")[0].price == Price(0.1, 2.0)
    assert list_prices() == {"smollm2-135m": Price(0.1, 2.0)}
    with file.open("a") as more:  # the gateway's table has the last word, here as there
        more.write('[prices."smollm2-135m"]\nprompt_usd_per_million_tokens = 0.3\n')
    assert find_price("smollm2-135m:mine@2") == Price(0.3, 0.0)
    assert registry("smollm2-135m")[0].price == Price(0.3, 0.0)
    assert list_prices() == {"smollm2-135m": Price(0.3, 0.0)}
    file.write_text('[models."smollm2-135m"]\nprompt_usd_per_million_tokens = -1\n')
    with pytest.raises(ConfigError, match="prompt_usd_per_million_tokens"):
        find_price("smollm2-135m")
