"""The parity check passes the forms that are written here, and fails forms that are wrong.

A tiny model with random weights: what its engines say is no sense, and the same. The figure on
SmolLM2 with a trained adapter and all 50 prompts is that of ``bench/finetuned_serving.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core import operations
from workbench.core.errors import CapabilityError
from workbench.finetuning.exporting import parity, sides
from workbench.finetuning.exporting.parity import check_parity, read_prompts
from workbench.finetuning.exporting.parity_result import Parity
from workbench.finetuning.exporting.sides import GGUF, MLX, PEFT, SIDES, Forms
from workbench.models import adapters, catalogue
from workbench.models.formats import lora_gguf

pytestmark = pytest.mark.model

TEXTS = ("Once upon a time", "What is blue?", "Count the birds on the roof")


def parts(found: Parity, engine: str) -> tuple[float, float]:
    apart, same = (one.value for one in found.checks if one.name.startswith(engine))
    return apart, same


def compared(texts: tuple[str, ...] = TEXTS, **options: object) -> Parity:
    return check_parity("mine@1", texts=texts, max_tokens=8, **options)  # type: ignore[arg-type]


def test_three_engines_say_the_same(tiny: Path) -> None:
    found = compared()
    assert (found.ok, found.reference, found.engines) == (True, PEFT, (PEFT, GGUF, MLX))
    assert [row.prompt for row in found.rows] == list(TEXTS)
    assert all(row.tokens == 8 for row in found.rows)
    for engine in (GGUF, MLX):
        apart, same = parts(found, engine)
        assert 0 < apart < 0.02, "nothing at all apart: was it compared?"
        assert same == len(TEXTS)
    assert "scale" not in str(found.notes)


def scale_not_divided(forms: Forms) -> None:
    config = forms.mlx / "adapter_config.json"
    said = json.loads(config.read_text())
    said["lora_parameters"]["scale"] *= said["lora_parameters"]["rank"]
    config.write_text(json.dumps(said))


def rows_not_permuted(forms: Forms) -> None:
    """The GGUF again, by a writer that leaves the rows of q in the order of PEFT."""
    from workbench.models.adapter_store import write_gguf
    from workbench.models.loading import model_files

    base = model_files(catalogue.find("tiny")).gguf
    assert base is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lora_gguf, "redo_storage", lambda name, numbers, *rest: numbers)
        write_gguf(forms.peft, base).rename(forms.gguf / "adapter.gguf")


@pytest.mark.parametrize(
    ("broken", "engine"), [(scale_not_divided, MLX), (rows_not_permuted, GGUF)]
)
def test_a_wrong_form_is_seen(tiny: Path, broken: Callable[[Forms], None], engine: str) -> None:
    both = {name: SIDES[name] for name in (PEFT, engine)}
    found = compared(TEXTS[:2], sides=both, alter=broken)
    assert not found.ok
    assert parts(found, engine)[0] > 0.02
    assert compared(TEXTS[:2], sides=both).ok


def test_what_has_not_all_forms_is_refused(tiny: Path) -> None:
    with pytest.raises(CapabilityError, match="DoRA"):
        check_parity("dora", texts=TEXTS)


def test_the_prompts_are_the_frozen_ones(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_prompts()) == 50
    only = {name: SIDES[name] for name in (PEFT, GGUF)}
    monkeypatch.setattr(parity, "check_parity", lambda *a, **o: check_parity(*a, sides=only, **o))
    found = operations.find("finetuning.parity").run(
        {"adapter": "mine@1", "prompts": 2, "max_tokens": 2}
    )
    assert [row.prompt for row in found.rows] == read_prompts()[:2]
    assert sides.SIDES.keys() == {PEFT, GGUF, MLX}
    assert adapters.find("mine@1").full_name == found.adapter
