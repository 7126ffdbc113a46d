"""How two versions differ, against the large matrices themselves."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.versions.diff import diff_versions
from workbench.finetuning.versions.lineage import trace_lineage
from workbench.finetuning.versions.names import promote_version
from workbench.finetuning.versions.operations import list_versions
from workbench.finetuning.versions.weights import read_low_rank
from workbench.models.adapter_store import remove_adapter
from workbench.models.formats.lora_merge import read_changes

from ..conftest import Make

NOTES = {
    "data": {"snapshot": "s1", "rows": 60},
    "seed": 1,
    "recipe": {"lr": 0.002, "steps": 70},
    "metrics": {"eval_loss": 0.5, "tasks": {"faults": 0.75}},
}


def test_norms_and_cosines_are_those_of_the_whole_matrices(make: Make) -> None:
    one, two = make(seed=1, rank=4), make(seed=2, rank=6, size=0.5)
    found = diff_versions(one.full_name, two.full_name)
    first, second = (
        {
            name: change.scale * (change.up @ change.down)
            for name, change in read_changes(each.folder)
        }
        for each in (one, two)
    )
    assert first.keys() == second.keys()
    for line in found.layers:
        names = [name for name in first if f".layers.{line.layer}." in name]
        assert line.maps == len(names) > 0
        a = np.concatenate([first[name].ravel() for name in names]).astype(float)
        b = np.concatenate([second[name].ravel() for name in names]).astype(float)
        assert line.norm_before == pytest.approx(np.linalg.norm(a), rel=1e-5)
        assert line.norm_after == pytest.approx(np.linalg.norm(b), rel=1e-5)
        assert line.norm_change == pytest.approx(np.linalg.norm(b - a), rel=1e-5)
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert line.cosine == pytest.approx(cosine, abs=1e-6)
    assert found.whole is not None
    assert found.whole.norm_change == pytest.approx(
        np.sqrt(sum(line.norm_change**2 for line in found.layers))
    )


def test_a_version_against_itself_and_a_twin(make: Make) -> None:
    one, twin = make(seed=1), make(seed=1)
    found = diff_versions(one.full_name, twin.full_name)
    assert found.same_weights
    assert found.whole is not None
    assert found.whole.norm_change == pytest.approx(0.0, abs=1e-5)
    assert found.whole.cosine == pytest.approx(1.0)
    assert (found.recipe, found.data, found.figures) == ((), (), ())


def test_the_gguf_speaks_as_peft_does(make: Make) -> None:
    one, two = make(seed=1), make(seed=2)
    ggufs = [{"adapter.gguf": each.record.files["adapter.gguf"]} for each in (one, two)]
    (form, a), (_, b) = (read_low_rank(e.folder, f) for e, f in zip((one, two), ggufs, strict=True))
    assert form == "gguf"
    inner = sum(a[name].inner(b[name]) for name in a)
    (_, p), (_, q) = (read_low_rank(e.folder, e.record.files) for e in (one, two))
    assert inner == pytest.approx(sum(p[name].inner(q[name]) for name in p), rel=1e-4)


def test_recipe_data_and_figures(make: Make) -> None:
    changed = {
        **NOTES,
        "data": {"snapshot": "s2", "rows": 60},
        "recipe": {"lr": 0.001, "steps": 70},
        "metrics": {"eval_loss": 0.4, "tasks": {"faults": 1.0, "fish": 0.1}},
    }
    one, two = make(notes=NOTES), make(notes=changed, rank=8)
    found = diff_versions(one.full_name, two.full_name)
    recipe = {each.what: (each.before, each.after) for each in found.recipe}
    assert recipe["recipe.lr"] == (0.002, 0.001)
    assert recipe["rank"] == (4, 8)
    assert "recipe.steps" not in recipe
    assert [(each.what, each.after) for each in found.data] == [("data.snapshot", "s2")]
    figures = {each.what: each.change for each in found.figures}
    assert figures["eval_loss"] == pytest.approx(-0.1)
    assert figures["tasks.faults"] == pytest.approx(0.25)
    assert figures["tasks.fish"] is None


def test_weights_that_are_not_there_are_said(make: Make) -> None:
    one, two = make(), make(seed=1)
    remove_adapter(one.full_name)
    found = diff_versions(one.full_name, two.full_name)
    assert found.layers == ()
    assert "were removed" in found.note
    with pytest.raises(NotFoundError):
        diff_versions("tiny:a@1", "tiny:a@9")
    with pytest.raises(InputError):
        diff_versions("tiny:a@1", "x:y:z")


def test_the_list_and_the_family(make: Make) -> None:
    make(notes=NOTES)
    make(seed=1, parents=("tiny:a@1", "tiny:elsewhere@3"))
    make("merged", seed=2, parents=("tiny:a@1", "tiny:a@2"))
    promote_version("tiny:a@2", reason="x")
    remove_adapter("tiny:a@1")
    rows = {row.name: row for row in list_versions()}
    assert rows["tiny:a@1"].seed == 1
    assert rows["tiny:a@1"].metrics["eval_loss"] == 0.5
    assert not rows["tiny:a@1"].is_here
    assert rows["tiny:a@2"].labels == ["champion"]
    assert len({row.digest for row in rows.values()}) == 3
    assert [row.name for row in list_versions("merged")] == ["tiny:merged@1"]
    found = trace_lineage("tiny:a@2")
    assert [each.name for each in found.versions] == ["tiny:a@1", "tiny:a@2", "tiny:merged@1"]
    assert [each.generation for each in found.versions] == [0, 1, 2]
    assert found.links == (
        ("tiny:a@1", "tiny:a@2"),
        ("tiny:a@1", "tiny:merged@1"),
        ("tiny:a@2", "tiny:merged@1"),
    )
    assert found.unknown == ("tiny:elsewhere@3",)
